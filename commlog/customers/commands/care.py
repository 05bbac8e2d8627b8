"""The commands about one customer or those who need attention: `brief`, `timeline`, `care`."""

from contextlib import suppress
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.customers.brief import brief_customer
from commlog.customers.care import CareView, list_care
from commlog.customers.rules.care import CONSENT_WITHDRAWN, DO_NOT_CONTACT, KINDS, ExcludedCustomer
from commlog.customers.text.brief import BRIEF_FORMATS, format_brief
from commlog.customers.text.timeline import format_timeline
from commlog.customers.timeline import list_timeline
from commlog.errors import ExitCode, UsageError
from commlog.messages import mark, translate
from commlog.output.formats import TEXT_FORMATS
from commlog.records.rules.consistency import fold_text, split_names
from commlog.worktime.periods import Interval, parse_interval

_NAMED = 10
_REASONS = {
    DO_NOT_CONTACT: mark("left out, asked not to be contacted: {names}"),
    CONSENT_WITHDRAWN: mark("left out, consent withdrawn: {names}"),
}
# Words for kinds beside their slugs.
_KIND_WORDS = {
    "生日": "birthday",
    "纪念日": "anniversary",
    "回访": "visit",
    "拜访": "visit",
    "沉睡": "dormant",
    "久未联系": "dormant",
    "核对": "verify",
    "核对信息": "verify",
}

within_option: Any = options.text_option(
    "--within",
    "INTERVAL",
    mark("How far ahead to look: 7d, 2w, 3m; what is already due is always listed."),
    default="1w",
)
kind_option: Any = options.text_option(
    "--kind", "A,B", mark("Only these kinds: birthday, anniversary, visit, dormant, verify.")
)
owner_option: Any = options.text_option("--owner", "MEMBER", mark("Only customers a member looks after."))


@command(mark("List birthdays, visits and other customer care that is due."))
def care_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    within: str = within_option,
    kind: str = kind_option,
    owner: str = owner_option,
    exit_code: bool = options.exit_code_option,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    terms = [("owner", owner.split(","))] if owner else []
    view = CareView(_interval_of(within), _kinds_of(kind), sort, limit or options.NO_LIMIT, reveal)
    care = list_care(session.workspace, " ".join(query or ()), terms, view)
    code = options.answer_listing(session, care.listing, columns, output_format)
    _tell_left_out(care.left_out)
    if count := session.workspace.shut_dates:
        text = translate("sealed dates: {count}; to include them, set $COMMLOG_AGE_KEY_FILE to your key file")
        warn(text.format(count=count))
    return ExitCode.FOUND if exit_code and care.listing.rows and not code else code


def _interval_of(text: str) -> Interval:
    """The interval --within names.

    Raises:
        UsageError: it names none.
    """
    interval = None
    with suppress(ValueError):
        interval = parse_interval(text.strip())
    if interval is None:
        raise UsageError(
            mark("invalid value for --within: '{value}' is not a length of time"),
            value=text,
            remedy=mark("write a number of days, weeks, months or years: 30d, 2w, 3m, 1y"),
        )
    return interval


def _kinds_of(text: str) -> tuple[str, ...]:
    """The kinds --kind names, by slug or Chinese word.

    Raises:
        UsageError: there is no such kind; names all there are.
    """
    names = map(fold_text, split_names(text))
    kinds = tuple(_KIND_WORDS.get(name, name) for name in names)
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(
                mark("invalid value for --kind: there is no kind '{value}'"),
                value=kind,
                remedy=mark("use some of: {known}"),
                known=", ".join(KINDS),
            )
    return kinds


def _tell_left_out(left_out: tuple[ExcludedCustomer, ...]) -> None:
    """Name the customers who are left alone, on stderr."""
    for reason, text in _REASONS.items():
        names = [one.customer_name for one in left_out if one.reason == reason]
        if names:
            more = translate("… and {count} more").format(count=len(names) - _NAMED)
            shown = names[:_NAMED] + ([more] if len(names) > _NAMED else [])
            warn(translate(text).format(names=", ".join(shown)))


@command(mark("Show on one screen what to know before talking to a customer."))
def brief_command(
    context: typer.Context,
    customer: list[str] = options.argument(
        "CUSTOMER", mark("The customer's id, name, alias, phone or e-mail; or the number of an incoming call.")
    ),
    output_format: str = options.format_choice(*BRIEF_FORMATS),
    reveal: bool = options.reveal_option,
    as_of: str = options.as_of_option,
) -> int:
    session = session_of(context)
    options.go_back(session, as_of)
    brief = brief_customer(session.workspace, " ".join(customer), reveal=reveal)
    say(format_brief(brief, output_format, options.labels_of(session)))
    return finish(session)


@command(mark("Show all that happened with a customer, the newest first."))
def timeline_command(
    context: typer.Context,
    customer: list[str] = options.argument("CUSTOMER", mark("The customer's id, name, alias, phone or e-mail.")),
    since: str = options.text_option(
        "--since",
        "PERIOD",
        mark("Only from this time on: 2026-03, 2026-Q1, last-month, 上月, or 30d, 3m before today."),
    ),
    limit: int = options.limit_option,
    output_format: str = options.format_choice(*TEXT_FORMATS),
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    timeline = list_timeline(session.workspace, " ".join(customer), since, limit or options.NO_LIMIT, reveal=reveal)
    text = format_timeline(timeline, output_format, options.labels_of(session), options.terminal_width())
    if text:
        say(text)
    return finish(session)
