"""What the follow-up verbs share: telling how a follow-up stands now."""

from commlog.cli.options import labels_of
from commlog.cli.session import Session
from commlog.cli.terminal import say, warn
from commlog.messages import translate
from commlog.model.follow_up import FollowUp
from commlog.render.follow_up import format_due
from commlog.services.find_record import Address


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
