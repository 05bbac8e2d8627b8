"""Reminders when something goes wrong: nothing is lost, nothing comes twice but what the fault itself took the memory of."""

import json
import random
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commlog.errors import ExitCode

MONDAY = "2026-03-16T10:00:00+08:00"
DONE = (ExitCode.DONE, "", "")


@pytest.fixture
def busy_office(office, promise):
    """Six overdue follow-ups: three of each agent, all of them the lead's as well."""
    for number in range(3):
        due = f"2026-03-1{number}T18:00:00+08:00"
        office.record(number, promise(1, "wang", due), promise(2, "li", due))
    return office


def hours(first, last, minutes=60):
    """Instants of Shanghai from one to another, as texts."""
    moment, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    while moment <= end:
        yield f"{moment.isoformat()}+08:00"
        moment += timedelta(minutes=minutes)


def test_of_two_runs_at_once_one_works(busy_office):
    """While one delivers, another says so and ends with 0 at once; every notice comes once."""
    busy_office.robots.delay = 20.0
    first = busy_office.start(MONDAY)
    while not busy_office.robots.requests:
        assert first.poll() is None
    second = busy_office.start(MONDAY)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (0, "")
    assert "another reminder is running" in err
    assert first.poll() is None
    busy_office.robots.going_on.set()
    assert (*first.communicate(timeout=60), first.returncode) == ("", "", 0)
    assert busy_office.counts() == {"wang": [3], "li": [3], "zhou": [6]}


def test_of_many_runs_at_once_none_repeats_another(busy_office):
    """Eight runs started at once send three messages and all end with 0."""
    runs = [busy_office.start(MONDAY) for _ in range(8)]
    ended = [(*run.communicate(timeout=60), run.returncode) for run in runs]
    assert {code for *_, code in ended} == {0}
    assert {err.partition(";")[0] for _, err, _ in ended} <= {"", "commlog: another reminder is running"}
    assert busy_office.counts() == {"wang": [3], "li": [3], "zhou": [6]}


def test_a_server_that_is_down_for_two_days_holds_up_nobody_else(office, promise):
    """The others are told each time, each run ends with 8, and then one message brings everything."""
    dues = list(hours("2026-03-16T09:30:00", "2026-03-17T17:30:00"))[:33]
    for number, due in enumerate(dues):
        office.record(number, promise(1, "wang", due), promise(2, "li", due))
    office.down = {"wang"}
    codes, told = Counter(), Counter()
    for now in hours("2026-03-16T10:00:00", "2026-03-17T18:00:00", 30):
        code, out, err = office.remind(now)
        assert out == ""
        assert err.count("not delivered to wang") == 1
        codes[code] += 1
        told.update({name: len(texts) for name, texts in office.taken().items()})
    assert codes == {ExitCode.NOT_DELIVERED: 65}
    assert told["li"] >= 33
    assert "wang" not in told
    office.down = set()
    assert office.remind("2026-03-17T18:15:00+08:00") == DONE
    arrived = office.taken()
    assert list(arrived) == ["wang"]
    (text,) = arrived["wang"]
    assert text.count("commlog done") == len(dues) == 33
    assert len(office.remembered()) == len(set(office.remembered()))
    assert office.remind("2026-03-17T18:30:00+08:00") == DONE
    assert office.taken() == {}


def test_a_server_that_does_not_answer_is_left_as_the_settings_say(busy_office, make_settings):
    """`notify.timeout` says how many seconds are waited; what is not said to be taken is delivered by the next run."""
    busy_office.write("commlog.yaml", f"{make_settings()}notify: {{timeout: 1}}\n")
    busy_office.robots.delay = 20.0
    code, out, err = busy_office.remind(MONDAY)
    assert (code, out) == (ExitCode.NOT_DELIVERED, "")
    assert err.count("no answer within 1 s") == 3
    assert busy_office.remembered() == []
    busy_office.robots.going_on.set()
    busy_office.robots.delay = 0.0
    while len(busy_office.robots.posts) < 3:
        """Somewhen the server takes what nobody waits for any more."""
    busy_office.taken()
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.counts() == {"wang": [3], "li": [3], "zhou": [6]}


def damages(data, dice):
    """What may happen to a file: its bytes after each of several accidents."""
    place = dice.randrange(len(data))
    yield "random bytes", dice.randbytes(len(data))
    yield "cut", data[:place]
    yield "a flipped bit", data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
    yield "a hole", data[: place // 2] + data[place:]
    yield "zeroes", data[:place] + bytes(len(data) - place)
    yield "empty", b""
    yield "deleted", None


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_ledger_costs_one_message_each_at_most(busy_office, seed):
    """Whatever happens to the file, that is said, each recipient gets one message at most, and then all is quiet."""
    dice = random.Random(seed)
    for now in hours("2026-03-10T17:30:00", "2026-03-16T17:30:00", 720):
        assert busy_office.remind(now) == DONE
    whole = busy_office.ledger.read_bytes()
    known = set(busy_office.remembered())
    busy_office.taken()
    for kind, data in damages(whole, dice):
        if data is None:
            busy_office.ledger.unlink()
        else:
            busy_office.ledger.write_bytes(data)
        code, out, err = busy_office.remind("2026-03-16T17:45:00+08:00")
        counts = busy_office.counts()
        assert (code, out) == (ExitCode.DONE, ""), kind
        assert all(len(messages) == 1 for messages in counts.values()), kind
        if counts and kind not in {"cut", "empty"}:
            # What is cut off at the end looks like what was never written.
            assert "the ledger of reminders" in err, kind
        if kind in {"random bytes", "empty", "deleted"}:
            assert counts == {"wang": [3], "li": [3], "zhou": [6]}, kind
        holding = {key for key in known if key[-1].startswith(("overdue", "escalated"))}
        assert holding <= set(busy_office.remembered()), kind
        assert busy_office.remind("2026-03-16T17:50:00+08:00") == DONE, kind
        assert busy_office.taken() == {}, kind
        busy_office.ledger.write_bytes(whole)


@pytest.mark.parametrize("back", ["2026-03-16T09:00:00+08:00", "2026-02-16T10:00:00+08:00"])
def test_a_clock_put_back_repeats_nothing(busy_office, promise, back):
    """An hour or a month earlier nothing is told again, the clock is spoken of, and what is new is told once."""
    assert busy_office.remind(MONDAY) == DONE
    busy_office.taken()
    code, _, err = busy_office.remind(back)
    assert code == ExitCode.DONE
    assert "was the clock set back?" in err
    assert busy_office.taken() == {}
    busy_office.record(9, promise(1, "wang", "2026-02-13"))
    assert busy_office.remind(back)[0] == ExitCode.DONE
    assert busy_office.counts()["wang"] == [1]
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.taken().get("wang") is None
    assert len(busy_office.remembered()) == len(set(busy_office.remembered()))


def test_a_record_that_cannot_be_read_is_told_with_the_rest(busy_office):
    """The lead's message names the file, stderr does, the code is 6; when it is mended its follow-ups are not told again."""
    path = busy_office.root / "records/interactions/2026/03/20260302-000002.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "<<<<<<< HEAD\n", encoding="utf-8")
    code, out, err = busy_office.remind(MONDAY)
    assert (code, out) == (ExitCode.UNREADABLE, "")
    assert "20260302-000002.yaml" in err
    arrived = busy_office.taken()
    assert ["20260302-000002.yaml" in text for text in arrived["zhou"]] == [True]
    assert {name: [text.count("commlog done") for text in texts] for name, texts in arrived.items()} == {
        "wang": [2],
        "li": [2],
        "zhou": [4],
    }
    path.write_text(text, encoding="utf-8")
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.counts() == {"wang": [1], "li": [1], "zhou": [2]}


def test_a_thousand_overdue_are_one_message(office, promise, make_settings):
    """One message of bounded size says how many there are; group robots get ten pieces at most, each as long as they take."""
    text = make_settings().replace('"webhook:$HOOK_ZHOU"', '"wecom:$WECOM_KEY"')
    office.write("commlog.yaml", f"{text}notify: {{wecom: $ROBOTS}}\n")
    office.monkeypatch.setenv("WECOM_KEY", "k")
    office.monkeypatch.setenv("ROBOTS", office.robots.url)
    for number in range(100):
        office.record(number, *(promise(n, "wang", "2026-03-12", action="给客户回电话" * 12) for n in range(1, 11)))
    assert office.remind(MONDAY) == DONE
    posts = dict.fromkeys(path for path, _ in office.robots.posts)
    assert list(posts) == ["/wang", "/cgi-bin/webhook/send?key=k"]
    (message,) = [body for path, body in office.robots.posts if path == "/wang"]
    assert message["subject"] == "[commlog] 1000 overdue"
    assert message["text"].count("commlog done") == 40
    assert "… and 960 more: commlog pending" in message["text"]
    assert len(json.dumps(message).encode()) < 100_000
    pieces = [body["text"]["content"].encode() for path, body in office.robots.posts if path != "/wang"]
    assert 1 < len(pieces) <= 10
    assert max(map(len, pieces)) <= 2048
    assert b"1000 overdue" in pieces[0]
    assert len(office.remembered()) == 2000
    office.robots.posts.clear()
    assert office.remind(MONDAY) == DONE
    assert office.robots.posts == []


SWITCHES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
}


@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, days in SWITCHES.items() for day in days])
def test_clocks_that_are_changed_lose_and_repeat_nothing(office, promise, make_settings, zone, day):
    """Around the change every stage is told once: hours before as they elapse, days as their morning comes."""
    office.write("commlog.yaml", make_settings(zone, "{before: 3h, repeat: 6h, ladder: [{overdue: 1wd, to: lead}]}"))
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    dues = [midnight + timedelta(minutes=minutes) for minutes in (-75, 45, 75, 105, 135, 165, 195, 225)]
    for number, due in enumerate(dues):
        office.record(number, promise(1, "wang", due.isoformat()))
    said = {}
    for number in range(-8, 3 * 48):
        now = midnight + timedelta(minutes=30 * number)
        wall = now.astimezone(ZoneInfo(zone))
        # The nights and the mornings are enough; the clocks change at night.
        if 13 <= number < 90 and wall.minute == 30 and wall.hour not in {8, 9}:
            continue
        before = set(office.remembered()) if office.ledger.exists() else set()
        assert office.remind(wall.isoformat()) == DONE
        for key in set(office.remembered()) - before:
            said[key[1], key[-1]] = now
    assert len(office.remembered()) == len(set(office.remembered()))
    monday = next(now for now in (midnight + timedelta(minutes=30 * n) for n in range(144)) if is_opening(now, zone))
    for number, due in enumerate(dues):
        item = f"20260302-{number:06}/1"
        half_hours = [midnight + timedelta(minutes=30 * n) for n in range(-8, 20)]
        assert said[item, "soon"] == next(now for now in half_hours if now >= due - timedelta(hours=3))
        assert said[item, "overdue"] == next(now for now in half_hours if now > due)
        assert said[item, "escalated/1wd/lead"] == monday
        assert timedelta() <= said[item, "overdue+1"] - due - timedelta(hours=6) <= timedelta(hours=1)


def is_opening(now, zone):
    """Whether it is nine o'clock on a Monday there."""
    wall = now.astimezone(ZoneInfo(zone))
    return (wall.weekday(), wall.hour, wall.minute) == (0, 9, 0)


def test_a_holiday_declared_late_moves_stages_and_repeats_nothing(office, promise):
    """The due time stays as it was until it is moved on request; how far off it is follows the new calendar at once."""
    office.record(1, promise(1, "wang", "2026-03-13T18:00:00+08:00", due_rule="3wd", priority="important"))
    office.record(2, promise(1, "li", "2026-03-12T18:00:00+08:00"))
    assert office.remind("2026-03-12T18:15:00+08:00") == DONE
    assert office.counts() == {"li": [1]}
    office.write("calendar.yaml", "off:\n  2026-03-13: declared late\n")
    # On the day off: no hour of work is left before the due time, which is told; nobody is escalated to.
    assert office.remind("2026-03-13T09:00:00+08:00") == DONE
    assert office.counts() == {"wang": [1]}
    assert office.remind("2026-03-13T18:15:00+08:00") == DONE
    assert office.counts() == {"wang": [1]}
    assert office.remind("2026-03-16T08:45:00+08:00") == DONE
    assert office.counts() == {}
    assert office.remind("2026-03-16T09:00:00+08:00") == DONE
    assert office.counts() == {"zhou": [2]}
    assert office.remind("2026-03-16T18:15:00+08:00") == DONE
    assert office.counts() == {}
    assert len(office.remembered()) == len(set(office.remembered()))


def test_a_due_time_moved_by_a_new_calendar_is_told_anew(office):
    """After `calendar diff --apply` the later due time is told in its turn, as another promise is."""
    words = (
        "create",
        "member",
        "-s",
        "customer=acme",
        "-s",
        "channel=phone",
        "-s",
        "subject=s",
        "-s",
        "core_request=c",
    )
    more = ("-s", "summary=s", "-s", "agent=wang", "--follow-up", "call; owner=wang; priority=important")
    office.monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    assert office.call("2026-03-10T10:00:00+08:00", *words, *more)[0] == ExitCode.DONE
    assert office.remind("2026-03-13T18:15:00+08:00") == DONE
    assert office.counts() == {"wang": [1]}
    office.write("calendar.yaml", "off:\n  2026-03-12: declared late\n")
    assert office.remind("2026-03-13T18:30:00+08:00") == DONE
    assert office.counts() == {}
    assert office.call("2026-03-13T18:30:00+08:00", "calendar", "diff", "--apply")[0] == ExitCode.DONE
    told = []
    for now in hours("2026-03-13T18:45:00", "2026-03-16T18:45:00", 60):
        assert office.remind(now) == DONE
        told += [(now[:16], name) for name in office.taken()]
    assert [name for _, name in told] == ["wang"] * len(told)
    dues = {key[3] for key in office.remembered()}
    assert len(dues) == 2
    assert {key[-1] for key in office.remembered() if key[3] == max(dues)} == {"today", "soon", "overdue"}


def test_what_is_closed_and_opened_again_is_told_anew(office, promise):
    """Between two runs somebody closes a follow-up and opens it again: its stage is told once more, and once only."""
    office.monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    office.record(1, promise(1, "wang", "2026-03-16T09:30:00+08:00"))
    assert office.remind(MONDAY) == DONE
    assert office.counts() == {"wang": [1]}
    for minute, words in enumerate(
        (("done", "--result", "r"), ("reopen", "--reason", "again", "--due", "2026-03-16 09:30"))
    ):
        moment = f"2026-03-16T10:0{minute + 1}:00+08:00"
        assert office.call(moment, words[0], "20260302-000001/1", *words[1:])[0] == ExitCode.DONE
    for counts in ({"wang": [1]}, {}):
        assert office.remind("2026-03-16T10:15:00+08:00") == DONE
        assert office.counts() == counts


def test_what_was_dropped_waits_for_a_server_that_is_down(office):
    """Who could not be told is told by the run after the server is back, once; the others hear nothing twice."""
    for number, agent in enumerate(("wang", "li", "zhou")):
        office.dropped(number, agent)
    office.down.add("li")
    for told in ({"wang", "zhou"}, set()):
        assert office.remind(MONDAY)[0] == ExitCode.NOT_DELIVERED
        assert office.taken().keys() == told
    office.down.clear()
    for told in ({"li"}, set(), set()):
        assert office.remind("2026-03-17T10:00:00+08:00") == DONE
        assert office.taken().keys() == told
    assert sorted(key[1:] for key in office.remembered()) == [
        (f"20260302-{number:06}", "unanswered-contact", "", "dropped") for number in range(3)
    ]


def test_a_ledger_that_is_compacted_remembers_what_is_dropped(office):
    """A large ledger lets go of what is over, not of what is still dropped; weeks later nothing comes again."""
    from commlog.reminders.ledger import LARGE, open_ledger

    office.dropped(1, "wang")
    issue = "id: 20260105-000002\ntemplate: issue\ncustomer: acme\nowner: li\nreported_on: 2026-01-05\nstatus: open\n"
    work = '{"n": 1, "action": "look", "status": "done", "history": [{"at": "2026-03-10T10:00:00+08:00", "status": "done"}]}'
    file = office.write("records/issues/2026/20260105-000002.yaml", f"{issue}followups: [{work}]\n")
    assert office.remind(MONDAY) == DONE
    assert office.taken().keys() == {"wang", "li"}
    for day, ended in (("2026-04-20", "2026-04-16"), ("2026-06-22", "2026-06-18")):
        file.write_text(f"{issue}followups: [{work.replace('2026-03-10', ended)}]\n", encoding="utf-8")
        now = datetime.fromisoformat(f"{day}T10:00:00+08:00")
        with open_ledger(office.root, now) as ledger:
            old = now - timedelta(days=60)
            ledger.add([(f"x/{number}", "o" * 20, "d", "overdue") for number in range(LARGE // 40)], "old", old)
        before = office.ledger.stat().st_size
        assert before > LARGE
        assert office.remind(f"{day}T10:00:00+08:00") == DONE
        assert office.ledger.stat().st_size < before
        assert office.taken() == {}


def test_a_full_disk_delivers_nothing_it_cannot_remember(busy_office):
    """While the ledger cannot grow nothing is delivered, which is said; with room again each is told once."""
    assert busy_office.remind("2026-03-02T10:00:00+08:00") == DONE
    old = json.loads('["x/1","2026-03-02T01:30:00Z","2026-03-12T18:00:00+08:00","overdue"]')
    from commlog.reminders.ledger import open_ledger

    now = datetime.fromisoformat("2026-03-15T10:00:00+08:00")
    with open_ledger(busy_office.root, now) as ledger:
        ledger.add([(f"x/{number}", *old[1:]) for number in range(5000)], "webhook:$HOOK_WANG", now)
    size = busy_office.ledger.stat().st_size
    assert size > (busy_office.root / ".commlog/index.sqlite").stat().st_size + 1024
    limited = ["/bin/sh", "-c", f'ulimit -f {size // 512}; exec "$@"', "sh", *busy_office.command(MONDAY)]
    for _ in range(3):
        done = subprocess.run(limited, env=busy_office.environment(), capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (ExitCode.NOT_DELIVERED, "")
        assert done.stderr.count("could not be recorded") == 3
        assert busy_office.ledger.stat().st_size == size
    assert busy_office.taken() == {}
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.counts() == {"wang": [3], "li": [3], "zhou": [6]}


@pytest.mark.parametrize("left", [b" " * 300, b'{"at":"2026-03-16T10:00:00+08:00","to":"webh', b'{"at"'])
def test_what_a_killed_run_left_at_the_end_is_no_damage(busy_office, left):
    """Blanks that held a place, or half a line, are taken away without a word; nothing is told again."""
    assert busy_office.remind(MONDAY) == DONE
    whole = busy_office.ledger.read_bytes()
    busy_office.taken()
    with busy_office.ledger.open("ab") as file:
        file.write(left)
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.taken() == {}
    assert busy_office.ledger.read_bytes() == whole


@pytest.mark.parametrize("place", [".commlog", ".commlog/reminders.jsonl"])
def test_a_place_that_takes_no_ledger_delivers_nothing(busy_office, place):
    """Something else in the ledger's place, as on a disk that cannot be written: said, another code, no message."""
    path = busy_office.root / place
    if place == ".commlog":
        path.write_text("a file", encoding="utf-8")
    else:
        path.mkdir(parents=True)
    for _ in range(2):
        code, out, err = busy_office.remind(MONDAY)
        assert (code, out) == (ExitCode.NO_LOG, "")
        assert ".commlog" in err
    assert busy_office.taken() == {}


def test_an_older_branch_and_back_repeats_nothing(busy_office, promise):
    """Follow-ups that are away for some runs and come back are not told again."""

    def git(*words):
        who = ["-c", "user.name=wang", "-c", "user.email=wang@example.com"]
        subprocess.run(["git", "-C", str(busy_office.root), *who, *words], check=True, capture_output=True)

    busy_office.write(".gitignore", "/.commlog/\n")
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message=first")
    git("branch", "older")
    busy_office.record(7, promise(1, "wang", "2026-03-13"))
    busy_office.record(0, promise(1, "wang", "2026-03-10T18:00:00+08:00", status="in_progress"))
    git("add", "--all")
    git("commit", "--quiet", "--message=second")
    assert busy_office.remind(MONDAY) == DONE
    assert busy_office.counts() == {"wang": [4], "li": [2], "zhou": [6]}
    for branch, counts in (("older", {"li": [1], "zhou": [1]}), ("main", {}), ("older", {}), ("main", {})):
        git("checkout", "--quiet", branch)
        assert busy_office.remind(MONDAY) == DONE
        assert busy_office.counts() == counts, branch
    assert len(busy_office.remembered()) == len(set(busy_office.remembered()))
