"""Forgetting a customer as people read it: the preview of every change, what to look at, and what git still holds."""

from collections.abc import Sequence

from commlog.messages import translate
from commlog.output.text import harmless, shell_word
from commlog.privacy.rules.forgetting import Forgetting, ManualCheck

_SHOWN_DOUBTS = 200


def format_preview(forgetting: Forgetting) -> str:
    """Every change of every file, and what a person has to look at; says nothing of what is taken out."""
    lines = [
        translate("{customer} becomes {pseudonym}; files that change: {count}").format(
            customer=harmless(forgetting.customer), pseudonym=forgetting.pseudonym, count=len(forgetting.files)
        )
    ]
    for file in forgetting.files:
        moved = f" → {file.becomes}" if file.becomes != file.path else ""
        lines.append(harmless(f"{file.path}{moved}"))
        lines += [harmless(f"  {one.field}{f': {one.left}' if one.left else ''}") for one in file.removals]
    return "\n".join((*lines, *format_manual_checks(forgetting.doubts)))


def format_manual_checks(doubts: Sequence[ManualCheck]) -> list[str]:
    """What a person has to look at, one line each under a heading; nothing when there is nothing."""
    if not doubts:
        return []
    shown = [
        harmless(f"  {doubt.path}{f':{doubt.line}' if doubt.line else ''}: {doubt.reason}")
        for doubt in doubts[:_SHOWN_DOUBTS]
    ]
    if len(doubts) > _SHOWN_DOUBTS:
        shown.append("  " + translate("… and {count} more").format(count=len(doubts) - _SHOWN_DOUBTS))
    return [translate("Check these yourself, a program cannot decide them:"), *shown]


def format_left_behind(forgetting: Forgetting, prefix: str | None, purge_list: str) -> str:
    """What git, its copies and the log's own state still hold, with the commands that take it out.

    `prefix` is the log's folder inside its repository, None without git.
    """
    lines = [
        translate("The index (.commlog/index.sqlite) is deleted and built again without them."),
        translate(
            "The ledger of reminders (.commlog/) may contain the customer's id; to remove it, delete .commlog/: some reminders may then be sent again."
        ),
        translate(
            "Backups, clones, exports and sent messages still contain the old content: you must deal with them yourself."
        ),
    ]
    if forgetting.keys:
        lines += [
            translate(
                "Keys of the customer that were destroyed: {count}; what they sealed can no longer be read in any commit. Other key folders and backups of this one still have them; to destroy them there: commlog seal destroy"
            ).format(count=len(forgetting.keys))
        ]
    if prefix is None:
        return "\n".join(lines)
    paths = [prefix + file.path for file in forgetting.files if file.becomes != file.path]
    listed = shell_word(purge_list)
    named = " ".join(f"--path {shell_word(path)}" for path in paths)
    lines += [
        translate(
            "Git keeps every earlier version. To remove them from the history, run in a fresh clone, after this change is committed:"
        ),
        f"  git filter-repo --invert-paths {named} --replace-text {listed} --replace-message {listed}",
        translate("or, with BFG:"),
        f"  bfg --delete-files {shell_word(paths[0].rpartition('/')[2])} --replace-text {listed}" if paths else "",
        "  git remote add origin URL",
        "  git push --force --all && git push --force --tags",
        "  git reflog expire --expire=now --all && git gc --prune=now",
        translate(
            "Every commit gets a new hash: everybody else must clone again, and a hosting service may keep the old commits until it is asked to remove them."
        ),
        translate("Then: {command}").format(command=f"commlog customer forget --verify {listed}"),
    ]
    return "\n".join(line for line in lines if line)
