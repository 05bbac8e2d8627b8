"""What the follow-up verbs share: the simple ones themselves, and telling how a follow-up stands now."""

from collections.abc import Callable

import typer

from commlog.cli.options import address_argument, by_option, due_option, labels_of, note_option
from commlog.cli.session import Session
from commlog.cli.terminal import say, session_of, warn
from commlog.followups.change import Details, move_follow_up
from commlog.followups.rules.follow_up import FollowUp
from commlog.messages import translate
from commlog.output.text import format_due
from commlog.records.find import Address


def tell(session: Session, changed: tuple[Address, FollowUp]) -> None:
    """Print the address on stdout, for scripts, and how the follow-up stands on stderr, for people."""
    address, follow_up = changed
    labels = labels_of(session)
    say(str(address))
    warn(
        translate("{address} is {status}; owner {owner}, due {due}").format(
            address=address,
            status=labels.value("followups.status", follow_up.status),
            owner=labels.value("owner", follow_up.owner or "-"),
            due=format_due(follow_up.due),
        )
    )


def make_move(verb: str) -> Callable[..., None]:
    """The command of a verb that takes a remark and, if wanted, another due time."""

    def move(
        context: typer.Context,
        address: str = address_argument,
        note: str = note_option,
        due: str = due_option,
        by: str = by_option,
    ) -> None:
        session = session_of(context)
        details = Details(by=by or None, note=note or None, due=due or None)
        tell(session, move_follow_up(session.workspace, address, verb, details))

    return move
