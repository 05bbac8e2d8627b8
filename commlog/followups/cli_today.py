"""commlog without a command: what is due for the member who asks."""

from dataclasses import replace

from commlog.cli.options import labels_of, terminal_width
from commlog.cli.session import Session
from commlog.cli.terminal import finish, say
from commlog.followups.pending import list_follow_ups
from commlog.messages import translate
from commlog.output.formats import choose_columns, format_listing
from commlog.output.listing import Page
from commlog.records.list import list_records


def show_today(session: Session) -> int:
    """Today: overdue and due follow-ups of the member, and what was recorded since yesterday."""
    workspace = session.workspace
    member = workspace.member
    owner = [("owner", [workspace.require_member(member)])] if member else []
    late = list_follow_ups(workspace, "", [*owner, ("due", ["overdue"])], Page())
    due = list_follow_ups(workspace, "", [*owner, ("due..", ["today", "tomorrow"])], Page())
    sections = (
        (translate("Overdue"), late),
        # What was due this morning is overdue already, and told once.
        (
            translate("Due today and tomorrow"),
            replace(due, rows=tuple(row for row in due.rows if row not in late.rows)),
        ),
        (
            translate("Recorded since yesterday"),
            list_records(workspace, "", [("recorded..", ["yesterday", "today"])], Page("", 20)),
        ),
    )
    head = translate("{day}, {member}").format(
        day=workspace.now.strftime("%Y-%m-%d %H:%M"), member=member or translate("everybody")
    )
    blocks = [head]
    for title, listing in sections:
        if listing.rows:
            table = format_listing(
                choose_columns(listing, None, "table"), "table", labels_of(session), terminal_width()
            )
            blocks.append(f"{title} ({len(listing.rows)})\n\n{table}")
    if len(blocks) == 1:
        blocks.append(translate("Nothing is overdue, nothing is due."))
    say("\n\n".join(blocks))
    return finish(session)
