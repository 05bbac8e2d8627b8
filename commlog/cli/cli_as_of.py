"""The option --as-of: answering from the log as it stood at a day or a commit."""

from typing import Any

import typer

from commlog.cli.session import Session, speak
from commlog.cli.terminal import warn
from commlog.messages import current_language, mark, translate

as_of_option: Any = typer.Option(
    "",
    "--as-of",
    metavar="DATE|COMMIT",
    show_default=False,
    help=mark("Answer as the log stood at the end of a day, or at a commit, without what was not committed."),
)


def go_back(session: Session, as_of: str) -> None:
    """Let a session answer from the log as it stood, in its language of then, and say from which commit.

    "" leaves it as it is.

    Raises:
        NoLogError: there is no git repository, or the commit holds no log.
        NotFoundError: there is no such commit, or none is that old.
        InvalidError: the settings of that time have mistakes.
    """
    if not as_of.strip():
        return
    from commlog.team.past_log import find_past, open_past

    asked = current_language()
    present = session.workspace
    state = find_past(present, as_of)
    told = translate("as of {now}: answering from commit {commit}, committed {committed}")
    now = present.now if session.now_text else state.now
    shown = {
        name: instant.strftime("%Y-%m-%d %H:%M") for name, instant in (("now", now), ("committed", state.committed_at))
    }
    warn(told.format(commit=state.commit[:10], **shown))
    past = open_past(present, state, now)
    # Opening the log of today put its language in the place of the environment's.
    speak(asked)
    session.adopt_language(past.log)
    session.use(past)
