"""The figures of a summary computed from the YAML files of a log alone, in plain Python, as the metrics define them."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

import yaml

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PENDING = {"open", "in_progress", "awaiting_customer"}
STEPS = {"very_satisfied": 5, "satisfied": 4, "fair": 3, "dissatisfied": 2, "very_dissatisfied": 1}
MOODS = {"satisfied": 0, "calm": 1, "neutral": 2, "anxious": 3, "impatient": 3, "dissatisfied": 3, "angry": 4}
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DAY = timedelta(days=1)


def load(path):
    """A YAML file with every scalar as text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)


def later(day, interval):
    """The day an interval such as 10d, 2w, 6m or 1y after another; the last day of a shorter month."""
    amount, unit = int(interval[:-1]), interval[-1]
    if unit in "dw":
        return day + amount * (DAY if unit == "d" else 7 * DAY)
    year, month = divmod(day.year * 12 + day.month - 1 + amount * (12 if unit == "y" else 1), 12)
    number = day.day
    while True:
        try:
            return date(year, month + 1, number)
        except ValueError:
            number -= 1


def share(flags):
    """How many of some truths are true, over all of them."""
    told = list(flags)
    return sum(map(bool, told)), len(told)


def number(count):
    """A plain count."""
    return count, None


def mean(values):
    """The sum of some values and how many they are."""
    told = list(values)
    return sum(told), len(told)


def spread(values):
    """How many durations there are, their median and the nearest-rank 90 percent."""
    told = sorted(values)
    return (len(told), None, median(told), told[ceil(len(told) * 9 / 10) - 1]) if told else (0, None)


class Log:
    """The files of a log as they stand at an instant."""

    def __init__(self, root, now):
        self.root, self.now = root, now
        self.known_days, self.known_ages = {}, {}
        self.settings = load(root / "commlog.yaml")
        self.zone = ZoneInfo(self.settings["timezone"])
        self.today = now.astimezone(self.zone).date()
        self.records = [load(path) for path in sorted((root / "records").rglob("*.yaml"))]
        self.by_id = {one["id"]: one for one in self.records}
        self.talks = [one for one in self.records if "started_at" in one]
        self.issues = [one for one in self.records if one["template"] == "issue"]
        self.surveys = [one for one in self.records if one["template"] == "survey"]
        self.customers = [one for one in self.records if one["template"] == "customer"]
        self.follow_ups = [(item, one) for one in self.records for item in one.get("followups", [])]
        for talk in self.talks:
            talk["at"] = self.instant(talk["started_at"])
            talk["day"] = talk["at"].astimezone(self.zone).date()
            talk["two_way"] = talk.get("reached", "true") == "true"
        self.talks.sort(key=lambda one: (one["at"], one["id"]))

    def instant(self, text):
        """The instant a stored text means; a date alone the closing time of that day, of a day off the latest of the week."""
        if "T" in text:
            return datetime.fromisoformat(text)
        day = date.fromisoformat(text)
        if spans := self.spans(day):
            return datetime.fromtimestamp(spans[-1][1], self.zone)
        return datetime.combine(day, max(end for spans in self.spans_of_week for _, end in spans), self.zone)

    def day(self, text):
        """The day a stored text lies on."""
        return self.instant(text).astimezone(self.zone).date()

    @cached_property
    def spans_of_week(self):
        """The working spans of each weekday, Monday first."""
        week = [[] for _ in WEEKDAYS]
        for names, spans in self.settings["calendar"]["hours"].items():
            first, _, last = names.partition("-")
            for place in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
                week[place] = [tuple(map(time.fromisoformat, span.split("-"))) for span in spans]
        return week

    @cached_property
    def dated(self):
        """The dated days off and the make-up working days."""
        file = self.root / "calendar.yaml"
        found = load(file) if file.is_file() else {}
        return {"off": {}, "work": {}, **found}

    def spans(self, day):
        """The working spans of a day, in seconds since 1970."""
        if day not in self.known_days:
            text = day.isoformat()
            told = [] if text in self.dated["off"] else self.spans_of_week[day.weekday()]
            if text in self.dated["work"]:
                told = self.spans_of_week[0]
            self.known_days[day] = [
                tuple(datetime.combine(day, one, self.zone).timestamp() for one in span) for span in told
            ]
        return self.known_days[day]

    def worked(self, begin, end):
        """The working seconds between two instants; none when the second is the earlier one."""
        first, last = begin.timestamp(), end.timestamp()
        total, day, until = 0, begin.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= until:
            total += sum(max(0, min(closes, last) - max(opens, first)) for opens, closes in self.spans(day))
            day += DAY
        return int(total)

    def working_days_since(self, day):
        """How many working days began after a day, today included."""
        if day not in self.known_ages:
            days = ((day + DAY * place) for place in range(1, (self.today - day).days + 1))
            self.known_ages[day] = sum(bool(self.spans(one)) for one in days)
        return self.known_ages[day]

    def net(self, history, until):
        """The working seconds from the first entry of a history to an instant, less those spent waiting for the customer."""
        total = self.worked(self.instant(history[0]["at"]), until)
        for entry, following in zip(history, [*history[1:], None], strict=True):
            begin = self.instant(entry["at"])
            end = min(until, self.instant(following["at"])) if following else until
            if entry["status"] == "awaiting_customer" and begin < end:
                total -= self.worked(begin, end)
        return total

    def rounds(self, history, resolving, reopening):
        """The rounds of a history as (resolved, closed, reopened), each an instant or None; the last may be unfinished."""
        found = [[None, None, None]]
        for entry in history:
            at, status, current = self.instant(entry["at"]), entry["status"], found[-1]
            if status in reopening and (current[0] or current[1]):
                current[2] = at
                found.append([None, None, None])
            current = found[-1]
            if status in resolving and not current[0]:
                current[0] = at
            if status == "closed" and not current[1]:
                current[1] = at
        return found

    @cached_property
    def threads(self):
        """The name of each record's thread."""
        above = {}

        def top(name):
            while above.setdefault(name, name) != name:
                name = above[name]
            return name

        for one in self.records:
            top(one["id"])
            for link in one.get("links", []):
                if not link["to"].startswith("ref:"):
                    above[top(link["to"])] = top(one["id"])
        return {one["id"]: top(one["id"]) for one in self.records}

    @cached_property
    def talks_of_threads(self):
        """The conversations of each thread, the earliest first."""
        found = defaultdict(list)
        for talk in self.talks:
            found[self.threads[talk["id"]]].append(talk)
        return found

    def survivor(self, customer):
        """The customer another one was merged into, or itself."""
        into = self.by_id.get(customer, {}).get("merged_into")
        return self.survivor(into) if into else customer

    @cached_property
    def contact_days(self):
        """The days of two-way contacts by surviving customer, the earliest first, none in the future."""
        found = defaultdict(list)
        for talk in self.talks:
            if talk["two_way"] and talk["day"] <= self.today:
                found[self.survivor(talk["customer"])].append(talk["day"])
        return found


def category(record):
    """What a record is about."""
    return record.get("category") or record.get("need_type") or record.get("scenario")


def in_charge(record):
    """Who is in charge of a record, else who wrote it."""
    return record.get("owner") or record.get("agent")


class Metrics:
    """All figures of one period, [first, after) in days of the log: `figures` by (figure, dimension, group)."""

    def __init__(self, log, first, after):
        self.log, self.first, self.after = log, first, after
        self.figures, self.lists = {}, {}
        self.talks = [one for one in log.talks if first <= one["day"] < after]
        for measure in (
            self.interactions,
            self.recording,
            self.first_response,
            self.limits,
            self.standing,
            self.resolution,
            self.issues,
            self.first_contact,
            self.satisfaction,
            self.surveys,
            self.problems,
            self.low_scores,
            self.moods,
            self.care,
            self.dormancy,
            self.flow,
        ):
            measure()
        self.weak_spots()

    def is_within(self, moment):
        """Whether an instant, a day or a stored text lies in the period."""
        if isinstance(moment, str):
            moment = self.log.day(moment)
        if isinstance(moment, datetime):
            moment = moment.astimezone(self.log.zone).date()
        return moment is not None and self.first <= moment < self.after

    def put(self, figure, measure, things, dimensions=None):
        """A figure of all things, and of the groups that functions of a thing name."""
        self.figures[figure, "", None] = measure(things)
        for dimension, groups_of in (dimensions or {}).items():
            grouped = defaultdict(list)
            for thing in things:
                groups = groups_of(thing)
                for group in groups if isinstance(groups, list) else [groups]:
                    grouped[group].append(thing)
            for group, some in grouped.items():
                self.figures[figure, dimension, group] = measure(some)

    def interactions(self):
        """Metric 1."""
        fields = {name: lambda one, name=name: one.get(name) for name in ("template", "channel", "direction", "agent")}
        self.put(
            "interactions",
            lambda told: number(len(told)),
            self.talks,
            fields
            | {
                "level": lambda one: self.log.by_id.get(one["customer"], {}).get("level"),
                "tag": lambda one: one.get("tags") or [None],
            },
        )
        self.put(
            "reached",
            lambda told: share(one["two_way"] for one in told),
            [one for one in self.talks if one["direction"] == "outbound"],
        )

    def recording(self):
        """Metric 2."""
        lags = {
            one["id"]: self.log.instant(one["recorded_at"]) - self.log.instant(one.get("ended_at", one["started_at"]))
            for one in self.talks
        }

        def is_late(one):
            usual = "30m" if one["template"] == "service" else "24h"
            limit = self.log.settings.get("record_within", {}).get(one["template"], usual)
            return lags[one["id"]] > int(limit[:-1]) * UNITS[limit[-1]]

        self.put(
            "recorded_in_time",
            lambda told: share(not is_late(one) for one in told),
            self.talks,
            {"template": lambda one: one["template"]},
        )
        self.put("recording_lag", spread, [int(lag.total_seconds()) for lag in lags.values()])
        self.lists["late_records"] = {one["id"] for one in self.talks if is_late(one)}

    def first_response(self):
        """Metric 3."""
        waits, ages = [], []
        for one in self.log.talks:
            if one["direction"] != "inbound" or "received_at" not in one or not self.is_within(one["received_at"]):
                continue
            arrived = self.log.instant(one["received_at"])
            answers = [
                other["at"]
                for other in self.log.talks_of_threads[self.log.threads[one["id"]]]
                if arrived <= other["at"] <= self.log.now and (other["direction"] == "outbound" or other["two_way"])
            ]
            if answers:
                waits.append(self.log.worked(arrived, min(answers)))
            elif arrived <= self.log.now:
                ages.append(self.log.worked(arrived, self.log.now))
        self.put("first_response", spread, waits)
        self.put("unanswered_age", spread, ages)

    def rounds_of(self, item):
        """The rounds of a follow-up."""
        return self.log.rounds(item.get("history", []), {"done"}, PENDING)

    def ended(self, item):
        """When the last round of a follow-up that is no longer pending was done, and when it ended."""
        if item["status"] in PENDING:
            return None, None
        done, closed, _ = self.rounds_of(item)[-1]
        return done, done or closed

    def limits(self):
        """Metrics 4, 6 and the breaches of 13."""
        judged = []
        for item, record in self.log.follow_ups:
            if "due" not in item or not self.is_within(item["due"]):
                continue
            due, (done, _) = self.log.instant(item["due"]), self.ended(item)
            if item["status"] == "closed" and not done:
                continue
            if done:
                state = "met" if done <= due else "breached"
            elif item["status"] != "awaiting_customer" and due < self.log.now:
                state = "breached"
            else:
                state = "not judged"
            judged.append((state, item, record))
        by = {
            "priority": lambda one: one[1].get("priority"),
            "owner": lambda one: one[1].get("owner"),
            "category": lambda one: category(one[2]),
        }
        settled = [one for one in judged if one[0] != "not judged"]

        def met(told):
            return share(one[0] == "met" for one in told)

        self.put("follow_ups_on_time", met, judged, {name: by[name] for name in ("priority", "owner")})
        self.put("limit_kept", met, settled, {"priority": by["priority"]})
        self.put(
            "breached",
            lambda told: share(one[0] == "breached" for one in told),
            settled,
            {name: by[name] for name in ("category", "owner")},
        )

    def standing(self):
        """Metric 5."""
        pending = [item for item, _ in self.log.follow_ups if item["status"] in PENDING]

        def is_overdue(item):
            return (
                item["status"] != "awaiting_customer" and "due" in item and self.log.instant(item["due"]) < self.log.now
            )

        def age(item):
            return self.log.working_days_since(self.log.day(item["due"]))

        by = {"owner": lambda item: item.get("owner")}
        self.put("pending", lambda told: number(len(told)), pending, by)
        self.put("overdue", lambda told: share(map(is_overdue, told)), pending, by)
        self.put("overdue_age", lambda told: spread(map(age, told)), list(filter(is_overdue, pending)), by)

    def resolution(self):
        """Metric 7, of follow-ups."""
        firsts, lasts = [], []
        for item, record in self.log.follow_ups:
            history = item.get("history", [])
            done = [one[0] for one in self.rounds_of(item) if one[0]]
            if done and self.is_within(done[0]):
                firsts.append(self.log.net(history, done[0]))
            last, _ = self.ended(item)
            if last and self.is_within(last):
                lasts.append((self.log.net(history, last), item.get("owner"), category(record)))
        self.put("first_resolution", spread, firsts)
        self.put(
            "resolution",
            lambda told: spread(one[0] for one in told),
            lasts,
            {"owner": lambda one: one[1], "category": lambda one: one[2]},
        )

    def issues(self):
        """Metrics 7, 8 and 9, of issues."""
        firsts, lasts, closed = [], [], []
        for issue in self.log.issues:
            history = issue["history"]
            rounds = self.log.rounds(history, {"fixed", "closed"}, {"open", "in_progress"})
            resolved = [one[0] for one in rounds if one[0]]
            if resolved and self.is_within(resolved[0]):
                firsts.append(self.log.net(history, resolved[0]))
            if rounds[-1][0] and self.is_within(rounds[-1][0]):
                lasts.append(self.log.net(history, rounds[-1][0]))
            closings = [one for one in rounds if one[1] and self.is_within(one[1])]
            if closings:
                closed.append((issue, any(one[2] for one in closings), self.said(issue, rounds.index(closings[-1]))))
        self.put("issue_first_resolution", spread, firsts)
        self.put("issue_resolution", spread, lasts)
        self.put(
            "reopened",
            lambda told: share(one[1] for one in told),
            closed,
            {"category": lambda one: category(one[0]), "owner": lambda one: in_charge(one[0])},
        )
        self.put("confirmed_closing", lambda told: share(one[2] == "satisfied" for one in told), closed)
        self.closed = [one for one, *_ in closed]

    def said(self, issue, number):
        """The customer's last answer in a round of an issue: what its history kept, or what stands in the record."""
        answer, current, is_resolved = None, 0, False
        for entry in issue["history"]:
            begins = entry["status"] in {"open", "in_progress"} and is_resolved
            if current == number:
                parts = entry.get("note", "").replace("\n", "; ").split("; ")
                kept = [part.split("=")[1].split()[0] for part in parts if part.startswith("confirmation=")]
                answer = kept[-1] if kept else answer
            current += begins
            is_resolved = entry["status"] in {"fixed", "closed"} or (is_resolved and not begins)
        return issue.get("confirmation", {}).get("result", answer) if current == number else answer

    def first_contact(self):
        """Metric 10."""
        seen, settled = set(), []
        for one in self.talks:
            thread = self.log.threads[one["id"]]
            if one.get("outcome") == "resolved" and thread not in seen:
                seen.add(thread)
                others = [
                    other
                    for other in self.log.talks_of_threads[thread]
                    if other is not one
                    and other["two_way"]
                    and other["at"] <= min(one["at"] + timedelta(days=7), self.log.now)
                ]
                settled.append(one["two_way"] and not others)
        self.put("first_contact_resolution", share, settled)

    def satisfaction(self):
        """Metric 11, the answers of conversations."""
        steps = [STEPS[one["satisfaction"]] for one in self.talks if one.get("satisfaction") in STEPS]
        self.put("satisfaction", mean, steps)
        self.put("satisfied", lambda told: share(step >= 4 for step in told), steps)
        self.put("dissatisfied", lambda told: share(step <= 2 for step in told), steps)
        self.figures["satisfaction_answers", "", None] = number(len(steps))
        for name, step in STEPS.items():
            self.figures["satisfaction_answers", "satisfaction", name] = steps.count(step), len(steps)

    def surveys(self):
        """Metric 11, the surveys."""
        given, reactions = {"customer": [], "staff": []}, []
        for one in self.log.surveys:
            if "assessed_on" not in one or not self.is_within(one["assessed_on"]):
                continue
            scores = [(name, int(score)) for name, score in one.get("scores", {}).items()]
            given[one["entered_by"]] += scores
            if any(score <= 2 for _, score in scores):
                reactions += self.reaction(one)
        for who, scores in given.items():
            by = {"score": lambda one: one[0]}
            self.put(f"{who}_scores", lambda told: mean(score for _, score in told), scores, by)
            self.put(f"{who}_scores_high", lambda told: share(score >= 4 for _, score in told), scores, by)
            self.put(f"{who}_scores_low", lambda told: share(score <= 2 for _, score in told), scores, by)
        asked = [one for one in self.log.surveys if "requested_on" in one and self.is_within(one["requested_on"])]
        answered = (bool(one.get("scores")) and self.log.day(one["assessed_on"]) <= self.log.today for one in asked)
        self.put("survey_responses", share, list(answered))
        self.put("low_scores_followed_up", share, reactions)

    def reaction(self, survey):
        """Whether somebody reacted to a survey within 24 hours, of a day alone on it or the next; empty while that may still come."""
        told, written = date.fromisoformat(survey["assessed_on"]), self.log.instant(survey["recorded_at"])
        begin = datetime.combine(told, time(), self.log.zone) - timedelta(seconds=1)
        end = begin + 2 * DAY
        if written.astimezone(self.log.zone).date() == told:
            begin, end = written, written + DAY
        customer = survey["customer"]
        moments = [
            one["at"]
            for one in self.log.talks
            if one["customer"] == customer and (one["direction"] == "outbound" or one["two_way"])
        ]
        for item, record in self.log.follow_ups:
            if record["customer"] == customer and item.get("history"):
                moments.append(self.opened(item))
        if any(begin < moment <= min(end, self.log.now) for moment in moments):
            return [True]
        return [] if end > self.log.now else [False]

    def problems(self):
        """Metric 12."""
        kinds = {"complaint", "service_complaint"}
        self.put("complaints", share, [category(one) in kinds for one in self.talks])
        opened = [one for one in self.log.issues if self.is_within(one["reported_on"])]
        for name in ("scenario", "need_type", "category"):
            told = [one[name] for one in (*self.talks, *opened) if name in one]
            for group, count in Counter(told).items():
                self.figures["problems", name, group] = count, len(told)
        for tag, count in Counter(tag for one in self.talks for tag in one.get("tags", [])).items():
            self.figures["problems", "tag", tag] = count, len(self.talks)
        contacts = defaultdict(list)
        for one in self.log.talks:
            if one["direction"] == "inbound" and one["customer"] != "anonymous" and category(one):
                contacts[self.log.survivor(one["customer"]), category(one)].append(one)
        again = [
            any(
                self.is_within(one["day"]) and one["at"] - other["at"] <= timedelta(days=30)
                for other, one in pairwise(told)
            )
            for told in contacts.values()
            if any(self.is_within(one["day"]) for one in told)
        ]
        self.put("repeat_contacts", share, again)

    def low_scores(self):
        """The low scores of metric 13: answers of conversations and scores of issues closed."""
        told = [(STEPS[one["satisfaction"]], one) for one in self.talks if one.get("satisfaction") in STEPS]
        told += [(int(one["score"]), one) for one in self.closed if "score" in one]
        self.put(
            "low_scores",
            lambda some: share(score <= 2 for score, _ in some),
            told,
            {"category": lambda one: category(one[1]), "owner": lambda one: in_charge(one[1])},
        )

    def weak_spots(self):
        """The flags of metric 13: groups of five and more, ten points or a quarter of the median above the whole."""
        self.lists["weak_spots"] = set()
        for (figure, dimension, group), told in self.figures.items():
            is_judged = figure in {"breached", "reopened", "low_scores", "resolution"}
            if not is_judged or dimension not in {"category", "owner"} or group is None:
                continue
            whole = self.figures[figure, "", None]
            if figure != "resolution":
                is_weak = told[1] >= 5 and (told[0] * whole[1] - whole[0] * told[1]) * 10 >= told[1] * whole[1]
            else:
                is_weak = told[0] >= 5 and told[2] * 4 >= whole[2] * 5 > 0
            if is_weak:
                self.lists["weak_spots"].add((dimension, group, figure))

    def moods(self):
        """Metric 14."""
        told = [one["mood"] for one in self.talks if "mood" in one]
        self.figures["moods", "", None] = number(len(told))
        for mood, count in Counter(told).items():
            self.figures["moods", "mood", mood] = count, len(told)
        seen = {self.log.survivor(one["customer"]) for one in self.talks if one.get("mood") in MOODS} - {"anonymous"}
        moods = defaultdict(list)
        for one in self.log.talks:
            customer = self.log.survivor(one["customer"])
            if one["day"] < self.after and customer in seen and one.get("mood") in MOODS:
                moods[customer].append(MOODS[one["mood"]])
        last = {customer: found[-3:] for customer, found in moods.items() if len(found) >= 3}
        worse = {customer for customer, (a, b, c) in last.items() if a <= b <= c and a < c}
        self.figures["worsened_customers", "", None] = len(worse), len(last)
        self.lists["worsened_customers"] = worse

    def kept_customers(self):
        """Each customer who was not merged away with the days of two-way contacts and the day they were added."""
        for one in self.log.customers:
            if "merged_into" not in one:
                added = self.log.day(one["recorded_at"]) if "recorded_at" in one else None
                if added is None and "cooperation_since" in one:
                    added = date.fromisoformat(one["cooperation_since"])
                yield one, self.log.contact_days[one["id"]], added

    def yearly_days(self, told):
        """The days of the period on which a birthday or anniversary falls."""
        from lunardate import LunarDate

        is_lunar = isinstance(told, dict)
        text = told["lunar"] if is_lunar else told
        month, day = int(text[-5:-3]), int(text[-2:])
        for year in range(self.first.year - 1, self.after.year + 1):
            if is_lunar:
                try:
                    found = LunarDate(year, month, day).to_solar_date()
                except ValueError:
                    found = LunarDate(year, month, day - 1).to_solar_date()
            elif (month, day) == (2, 29) and year % 4:
                found = date(year, 2, 28)
            else:
                found = date(year, month, day)
            if self.is_within(found) and (is_lunar or len(text) < 10 or found >= date.fromisoformat(text)):
                yield found

    def care(self):
        """Metric 15."""
        served, today = [], self.log.today
        for one, days, added in self.kept_customers():
            if one.get("consent", {}).get("status") != "granted" or one.get("do_not_contact") == "true":
                continue
            begun = min([*days[:1], *([added] if added else [])], default=None)
            told = [("birthday", one["birthday"])] if "birthday" in one else []
            told += [("anniversary", each["date"]) for each in one.get("anniversaries", [])]
            for kind, text in told:
                for day in self.yearly_days(text):
                    if begun and day < begun:
                        continue
                    is_kept = any(abs(contact - day) <= 3 * DAY for contact in days)
                    if is_kept or day + 3 * DAY < today:
                        served.append((kind, is_kept))
            for due, is_kept in self.visits(one, days, added):
                if is_kept or due + 7 * DAY < today:
                    served.append(("visit", is_kept))
        self.put(
            "care_served", lambda told: share(is_kept for _, is_kept in told), served, {"care": lambda one: one[0]}
        )

    def visits(self, customer, days, added):
        """The visits due in the period and whether each was kept: by a contact after the last one, up to a week late."""
        every = customer.get("visit_every") or self.log.settings.get("visit_every", {}).get(customer.get("level"))
        if every in {None, "none"} or customer["stage"] == "lost":
            return
        earlier = [day for day in days if day < self.first]
        if not earlier and added and added < self.first:
            earlier = [added]
        last = earlier[-1] if earlier else min([*days[:1], *([added] if added else [])], default=None)
        while last is not None and (due := later(last, every)) < self.after:
            kept = [day for day in days if last < day <= due + 7 * DAY]
            if due >= self.first:
                yield due, bool(kept)
            last = kept[-1] if kept else next((day for day in days if day > due + 7 * DAY), None)

    def dormancy(self):
        """Metric 16."""
        dormant, returned = [], []
        for one, days, added in self.kept_customers():
            limit = self.log.settings.get("dormant_after", {}).get(one.get("level"))
            if limit in {None, "none"}:
                continue
            last = days[-1] if days else added
            if one["stage"] not in {"dormant", "lost"} and last:
                dormant.append((later(last, limit) <= self.log.today, one))
            before = [day for day in days if day < self.first] or [added] * bool(added and added < self.first)
            is_known = self.first <= self.log.today and one["stage"] != "lost"
            if is_known and before and later(before[-1], limit) <= self.first:
                returned.append(any(map(self.is_within, days)))
        self.put(
            "dormant",
            lambda told: share(is_silent for is_silent, _ in told),
            dormant,
            {"level": lambda one: one[1].get("level")},
        )
        self.put("reactivated", share, returned)

    def opened(self, item):
        """When a follow-up was last opened."""
        history = item["history"]
        begun = self.log.instant(history[0]["at"])
        for before, entry in pairwise(history):
            if before["status"] in {"done", "closed"} and entry["status"] == "open":
                begun = self.log.instant(entry["at"])
        return begun

    def flow(self):
        """Metric 17."""
        items = [item for item, _ in self.log.follow_ups]
        came = sum(self.is_within(self.opened(item)) for item in items)
        went = sum(self.is_within(self.ended(item)[1]) for item in items)
        reported = sum(self.is_within(one["reported_on"]) for one in self.log.issues)
        closed = sum(one["status"] == "closed" and self.is_within(one["closed_on"]) for one in self.log.issues)
        for name, count in (
            ("follow_ups_opened", came),
            ("follow_ups_finished", went),
            ("follow_ups_net", came - went),
            ("issues_opened", reported),
            ("issues_closed", closed),
            ("issues_net", reported - closed),
        ):
            self.figures[name, "", None] = number(count)
        pending = [(item, record) for item, record in self.log.follow_ups if item["status"] in PENDING]
        busy = {record["id"] for _, record in pending}
        still_open = [one for one in self.log.issues if one["status"] != "closed"]
        orphans = [not item.get("owner") for item, _ in pending]
        orphans += [not (one.get("owner") or one.get("department")) for one in still_open]
        self.put("without_owner", share, orphans)
        linked = defaultdict(set)
        for one in self.log.records:
            for link in one.get("links", []):
                linked[one["id"]].add(link["to"])
                linked[link["to"]].add(one["id"])
        idle = {one["id"] for one in still_open if not busy & {one["id"], *linked[one["id"]]}}
        self.figures["issues_without_next_action", "", None] = len(idle), len(still_open)
        self.lists["issues_without_next_action"] = idle
        loose, promised = {}, 0
        for one in self.talks:
            ours = sum(agreement["by"] == "us" for agreement in one.get("agreements", []))
            promised += ours
            if ours > len(one.get("followups", [])):
                loose[one["id"]] = ours - len(one.get("followups", []))
        self.figures["commitments_without_follow_up", "", None] = sum(loose.values()), promised
        self.lists["commitments_without_follow_up"] = set(loose)
