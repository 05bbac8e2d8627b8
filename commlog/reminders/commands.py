"""The command `commlog remind`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer

from commlog.cli.options import exit_code_option, flag, format_choice, text_option
from commlog.cli.session import Session, variable
from commlog.cli.terminal import command, finish, is_interactive, say, session_of, warn
from commlog.customers.care import care_for_reminders
from commlog.errors import CommlogError, ExitCode, InvalidError, NotFoundError, UsageError
from commlog.log.members import Member
from commlog.messages import mark, translate
from commlog.privacy.rules.masking import mask_text
from commlog.reminders import send
from commlog.reminders import text as texts
from commlog.reminders.ledger import LedgerBusy, ReminderLedger, open_ledger, read_ledger
from commlog.reminders.plan import plan_reminders, print_digest
from commlog.reminders.queries import open_items
from commlog.reminders.rules.digest import Digest, Item, digest_of

# Under this name the ledger remembers what --once has printed.
PRINTED = "print"


@dataclass(frozen=True, slots=True)
class RemindOptions:
    """What a call asks for."""

    notify: bool = False
    once: bool = False
    dry_run: bool = False
    to: str = ""
    reveal: bool = False
    output_format: str = "text"


@command(
    mark(
        "Report what is due, due soon, overdue or dropped. Made for cron: prints it, or sends a digest to each recipient."
    )
)
def remind_command(
    context: typer.Context,
    notify: bool = flag("--notify", mark("Send each member what was not sent to them yet, instead of printing it.")),
    once: bool = flag("--once", mark("Print only what an earlier run with --once has not printed.")),
    dry_run: bool = flag("--dry-run", mark("Show what would be sent to whom; send and record nothing.")),
    to: str = text_option("--to", "MEMBER", mark("Send to this member only.")),
    test: bool = flag("--test", mark("Send a short message to test your own addresses, or those of --to.")),
    reveal: bool = flag("--reveal", mark("Show personal data; works only for what is printed.")),
    output_format: str = format_choice("text", "json"),
    exit_code: bool = exit_code_option,
) -> int:
    session = session_of(context)
    wish = RemindOptions(notify or (dry_run and not once), once, dry_run, to, reveal, output_format)
    if test:
        _refuse(notify or once or dry_run, "--test", "--notify, --once, --dry-run")
        return _test(session, to)
    _refuse(notify and once, "--notify", "--once")
    _refuse(wish.notify and reveal, "--reveal", "--notify, --dry-run")
    _refuse(notify and not dry_run and output_format == "json", "--format json", "--notify")
    if to and not wish.notify:
        raise UsageError(mark("--to works only with --notify, --dry-run or --test"))
    items = plan_reminders(session.workspace, care_for_reminders(session.workspace))
    act = _notify if wish.notify else _print_once if once else _print
    delivered, found = act(session, items, wish)
    code = finish(session)
    if not delivered:
        return ExitCode.NOT_DELIVERED
    return ExitCode.FOUND if exit_code and found and not code else code


def _refuse(is_wrong: bool, option: str, others: str) -> None:
    if is_wrong:
        raise UsageError(mark("{option} cannot be used with {others}"), option=option, others=others)


def _reading(session: Session, wish: RemindOptions) -> texts.DigestContext:
    names = {member.id: member.name for member in session.workspace.log.settings.members}
    return texts.DigestContext(names, wish.reveal)


# Each way to tell gives whether everything arrived, and whether there was something.
Told = tuple[bool, bool]


def _print(session: Session, items: tuple[Item, ...], wish: RemindOptions) -> Told:
    """Print everything that holds."""
    digest = print_digest(session.workspace, items)
    _say_digest(digest, _reading(session, wish), wish)
    return True, bool(digest.lines)


def _print_once(session: Session, items: tuple[Item, ...], wish: RemindOptions) -> Told:
    """Print what was not printed yet, and remember it."""
    workspace = session.workspace
    whole = print_digest(workspace, items)

    def say_new(ledger: ReminderLedger) -> Digest:
        digest = digest_of(whole.at, send.unsent_lines(whole.lines, ledger, PRINTED), whole.unreadable)
        _say_digest(digest, _reading(session, wish), wish)
        return digest

    if wish.dry_run:
        return True, bool(say_new(read_ledger(workspace.log.root, workspace.now)).lines)
    try:
        with open_ledger(workspace.log.root, workspace.now) as ledger:
            _tell_remarks(ledger)
            digest = say_new(ledger)
            # What a closed pipe did not take was not printed.
            sys.stdout.flush()
            ledger.add(send.new_keys(digest, ledger, PRINTED), PRINTED, workspace.now)
            _compact(session, ledger, items)
            return True, bool(digest.lines)
    except LedgerBusy:
        return _say_busy()


def _notify(session: Session, items: tuple[Item, ...], wish: RemindOptions) -> Told:
    """Deliver to each address what was not sent there yet, or show what would be delivered."""
    workspace = session.workspace
    settings = workspace.log.settings
    parcels, lost = send.lines_by_address(items, settings.members, workspace.now.date())
    if wish.to:
        member = _member(session, wish.to)
        parcels, lost = tuple(parcel for parcel in parcels if member in parcel.members), ()
    for one in lost:
        _tell_lost(session, one)
    if wish.dry_run:
        return not lost, _show_plan(session, parcels, wish)

    try:
        with open_ledger(workspace.log.root, workspace.now) as ledger:
            _tell_remarks(ledger)
            went = _deliver_all(session, parcels, ledger)
            _compact(session, ledger, items)
    except LedgerBusy:
        return _say_busy()
    if is_interactive():
        arrived = sum(delivery.fault is None for delivery in went)
        warn(translate("digests sent: {count}").format(count=arrived))
    return not lost and not any(delivery.fault for delivery in went), bool(went)


def _deliver_all(
    session: Session, parcels: tuple[send.AddressedLines, ...], ledger: ReminderLedger
) -> list[send.DigestDelivery]:

    workspace = session.workspace
    planned = send.plan_deliveries(parcels, ledger, workspace.now, tuple(workspace.unreadable_files()))
    reading = _reading(session, RemindOptions())
    deliver = _delivery(session)

    def deliver_digest(address: str, digest: Digest) -> None:
        ledger.make_room(send.new_keys(digest, ledger, address), address, digest.at)
        deliver(
            address,
            texts.format_subject(digest),
            texts.format_digest(digest, reading),
            texts.format_html(digest, reading),
        )

    went = []
    for delivery in send.send_digests(planned, ledger, deliver_digest):
        went.append(delivery)
        if delivery.fault is not None:
            _tell_fault(session, delivery.address, delivery.fault)
    return went


def _delivery(session: Session) -> Callable[[str, str, str, str], None]:
    """What delivers a subject, a text and its HTML to an address."""
    # Loaded when something is delivered: a run that prints needs no network.
    from commlog.reminders.connection import outside_of
    from commlog.reminders.deliver import deliver
    from commlog.reminders.message import Message

    outside, now = outside_of(session.workspace.log.settings.notify, variable), session.workspace.now
    return lambda address, subject, text, html: deliver(address, Message(subject, text, html, now), outside)


def _show_plan(session: Session, parcels: tuple[send.AddressedLines, ...], wish: RemindOptions) -> bool:
    """Print what would be sent to each address now."""
    workspace = session.workspace
    ledger = read_ledger(workspace.log.root, workspace.now)
    _tell_remarks(ledger)
    planned = send.plan_deliveries(parcels, ledger, workspace.now, tuple(workspace.unreadable_files()))
    readers = {parcel.address: parcel.members for parcel in parcels}
    reading = _reading(session, wish)
    if wish.output_format == "json":
        say(texts.format_deliveries([(one.address, readers[one.address], one.digest) for one in planned], reading))
        return bool(planned)
    for delivery in planned:
        names = translate(", ").join(member.name for member in readers[delivery.address])
        head = translate("To {names} <{address}>").format(names=names, address=mask_text(delivery.address))
        subject = translate("Subject: {subject}").format(subject=texts.format_subject(delivery.digest))
        say(f"{head}\n{subject}\n\n{texts.format_digest(delivery.digest, reading)}\n")
        if delivery is not planned[-1]:
            typer.echo()
    return bool(planned)


def _say_digest(digest: Digest, reading: texts.DigestContext, wish: RemindOptions) -> None:
    """Print a digest; nothing at all when it holds nothing, for cron mails whatever is printed."""
    if wish.output_format == "json":
        say(texts.format_items(digest, reading))
    elif digest.lines:
        say(f"{texts.format_subject(digest)}\n\n{texts.format_digest(digest, reading)}")


def _test(session: Session, to: str) -> int:
    """Deliver a test to the addresses of one member."""
    workspace = session.workspace
    member = _member(session, to or workspace.require_member(None))
    if not member.notify:
        raise InvalidError(
            mark("{name} has no address for reminders"),
            name=member.name,
            file="commlog.yaml",
            remedy=mark("give the member `notify:`, e.g. notify: mailto:name@example.com"),
        )
    subject = translate("[commlog] test")
    text = translate("Reminders for {name} are sent here.").format(name=member.name)
    deliver = _delivery(session)
    failures = 0
    for address in member.notify:
        try:
            deliver(address, subject, text, "")
        except CommlogError as fault:
            failures += 1
            _tell_fault(session, address, fault)
        else:
            warn(translate("sent to {address}").format(address=mask_text(address)))
    return ExitCode.NOT_DELIVERED if failures else ExitCode.DONE


def _member(session: Session, name: str) -> Member:
    settings = session.workspace.log.settings
    member = settings.find_member(name)
    if member is None:
        raise NotFoundError(
            mark("there is no member '{name}'"),
            name=name,
            remedy=mark("members are: {names}"),
            names=", ".join(one.id for one in settings.members) or "-",
        )
    return member


def _compact(session: Session, ledger: ReminderLedger, items: tuple[Item, ...]) -> None:
    """Let the ledger forget what is not pending, not dropped and no issue that is open, once it is large."""
    still = open_items(session.workspace.index).union(item.address for item in items)
    ledger.compact(still, session.workspace.now)


def _say_busy() -> Told:
    warn(translate("another reminder is running; it reports what is due"))
    return True, False


def _tell_remarks(ledger: ReminderLedger) -> None:
    for remark in ledger.remarks:
        warn(remark)


def _tell_fault(session: Session, address: str, fault: CommlogError) -> None:
    reason = getattr(fault, "reason", fault.message)
    readers = [member.name for member in session.workspace.log.settings.members if address in member.notify]
    text = translate("not delivered to {names} <{address}>: {reason}").format(
        names=translate(", ").join(readers), address=mask_text(address), reason=mask_text(str(reason))
    )
    warn(translate("; ").join(filter(None, (text, fault.remedy))))


def _tell_lost(session: Session, lost: send.UndeliverableItems) -> None:
    owner = _reading(session, RemindOptions()).owner(lost.owner)
    reasons = translate("; ").join(reason.message for reason in lost.reasons)
    warn(
        translate("{owner}: reminders that reach nobody: {count}; {reasons}").format(
            count=lost.number, owner=owner, reasons=reasons
        )
    )
