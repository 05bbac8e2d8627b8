"""Privacy as people read it: what forgetting a customer changes and what git still holds; the state of sealing."""

import json
from collections.abc import Sequence

from commlog.messages import translate
from commlog.output.text import harmless, shell_word
from commlog.privacy.rules.forgetting import Forgetting, ManualCheck
from commlog.privacy.rules.sealing import BROKEN, CLOSED, OPEN
from commlog.privacy.seal_state import SealState
from commlog.values import Data

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


def format_seal_state(state: SealState, output_format: str) -> str:
    """The state of sealing, as text or json."""
    if output_format == "json":
        return json.dumps(_seal_data(state), ensure_ascii=False, indent=2)
    if not state.is_on and not state.sealed:
        return translate("nothing is sealed; to begin: commlog seal init")
    lines = [
        translate("sealed values: {sealed}, files: {files}; readable with your key: {readable}").format(
            sealed=state.sealed, files=state.files, readable=state.counts[OPEN]
        ),
        translate("still plain: {plain}").format(plain=state.plain),
    ]
    if state.plain:
        lines[-1] += "  " + translate("(seal them: commlog seal on)")
    lines.append(translate("fields: {fields}").format(fields=_shown_fields(state)))
    lines += _customer_lines(state)
    for one in state.recipients:
        remark = translate("yours") if one.is_own else translate("confirmed here")
        if not one.is_trusted:
            remark = translate("not confirmed here: commlog seal trust")
        lines.append(f"  {one.key}  {remark}")
    if not state.has_key:
        lines.append(translate("no key file is set: $COMMLOG_AGE_KEY_FILE"))
    if state.is_rotating:
        lines.append(translate("a rotation is not finished: commlog seal rotate"))
    return "\n".join(lines)


def _seal_data(state: SealState) -> dict[str, Data]:
    return {
        "on": state.is_on,
        "fields": "personal" if state.fields is None else list(state.fields),
        "recipients": [{"key": one.key, "trusted": one.is_trusted, "own": one.is_own} for one in state.recipients],
        "has_key": state.has_key,
        "files": state.files,
        "sealed": state.sealed,
        "readable": state.counts[OPEN],
        "closed": state.counts[CLOSED],
        "damaged": state.counts[BROKEN],
        "plain": state.plain,
        "rotation_unfinished": state.is_rotating,
        "per_customer": state.per_customer,
        "customer_keys": state.customer_keys,
        "missing_keys": len(state.missing_keys),
        "sealed_for_the_team": state.for_the_team,
    }


def _customer_lines(state: SealState) -> list[str]:
    lines = []
    if state.per_customer or state.customer_keys:
        told = translate("customers' keys: {count} in {folder}")
        lines.append(told.format(count=state.customer_keys, folder=state.key_folder))
    if state.missing_keys:
        told = translate("missing keys of customers: {count}; copy them from another key folder")
        lines.append(told.format(count=len(state.missing_keys)))
    if state.for_the_team:
        told = translate(
            "values of customers that are sealed with the team's keys: {count}  (seal them again: commlog seal on)"
        )
        lines.append(told.format(count=state.for_the_team))
    return lines


def _shown_fields(state: SealState) -> str:
    return translate("every personal field") if state.fields is None else ", ".join(state.fields)
