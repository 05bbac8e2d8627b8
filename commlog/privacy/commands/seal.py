"""The commands `commlog seal` and `commlog retention`."""

from pathlib import Path
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.terminal import command, confirm, finish, is_interactive, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.messages import mark, translate
from commlog.output.text import shell_word
from commlog.privacy.cipher import new_identity, vault_of
from commlog.privacy.retention import FORGET, list_retention, unknown_rules
from commlog.privacy.seal import SealResult, destroy_keys, keys_to_destroy, rotate, trust_recipients, turn_on
from commlog.privacy.seal_state import seal_state
from commlog.privacy.text import format_seal_state
from commlog.workspace import Workspace

_NAMED = 10
_KEY_FILE = Path(".config", "commlog", "age-key.txt")

recipient_option: Any = options.text_option(
    "--recipient", "AGE1…", mark("Who may read, by public key. Repeatable."), "-r", default=[]
)


@command(mark("Show what is sealed, for whom, and whether you can read it."))
def seal_status_command(context: typer.Context, output_format: str = options.text_format_option) -> int:
    state = seal_state(session_of(context).workspace)
    say(format_seal_state(state, output_format))
    for one in state.damaged:
        warn(translate("{file}:{line}: {field}: damaged").format(file=one.file, line=one.line, field=one.field))
    return ExitCode.FOUND if state.damaged else ExitCode.DONE


@command(mark("Create your own key; prints the public key."))
def seal_init_command(
    context: typer.Context,
    file: str = options.text_option(
        "--file", "PATH", mark("The file for the key (default: ~/.config/commlog/age-key.txt).")
    ),
) -> None:
    from commlog.privacy.seal_keys import KEY_FILE_VARIABLE, write_identity

    session = session_of(context)
    path = Path(file).expanduser().absolute() if file else Path.home() / _KEY_FILE
    root = session.workspace.log.root if session.has_log() else None
    if root is not None and path.resolve().is_relative_to(root):
        raise UsageError(
            mark("a key must not be in the log's folder: it would be shared together with the records"),
            remedy=mark("give a file outside the log with --file"),
        )
    identity, recipient = new_identity()
    write_identity(path, identity, recipient, session.now().isoformat())
    say(recipient)
    warn(
        translate("the key is in {file}; keep a copy in a safe place: without it sealed values are lost").format(
            file=path
        )
    )
    warn(translate("use it: export {variable}={file}").format(variable=KEY_FILE_VARIABLE, file=path))
    warn(translate("seal with it: commlog seal on --recipient {recipient}").format(recipient=recipient))


@command(mark("Seal the personal fields that are plain now, and all later ones."))
def seal_on_command(
    context: typer.Context,
    recipients: list[str] = recipient_option,
    per_customer: bool = options.flag(
        "--per-customer",
        mark("Use a separate key for each customer, which is destroyed when the customer is forgotten."),
    ),
) -> int:
    workspace, result = turn_on(session_of(context).workspace, recipients, per_customer=per_customer)
    code = _tell(workspace, result)
    if per_customer:
        folder = vault_of(workspace).customer_keys.folder
        warn(
            translate(
                "customers' keys are in {folder}; they are not in git: copy the folder to everybody who works with this log, and to a backup"
            ).format(folder=folder)
        )
    return code


@command(mark("Seal everything again, for other recipients."))
def seal_rotate_command(
    context: typer.Context,
    add: list[str] = options.text_option(
        "--add", "AGE1…", mark("Who may read from now on, by public key. Repeatable."), default=[]
    ),
    remove: list[str] = options.text_option(
        "--remove", "AGE1…", mark("Who may no longer read, by public key. Repeatable."), default=[]
    ),
) -> int:
    workspace, result = rotate(session_of(context).workspace, add, remove)
    return _tell(workspace, result)


@command(mark("Confirm on this machine the public keys in the settings."))
def seal_trust_command(
    context: typer.Context,
    recipients: list[str] = options.argument(
        "[AGE1…]...", mark("The public keys to trust (default: all in commlog.yaml)."), None
    ),
) -> None:
    workspace = session_of(context).workspace
    rules = workspace.log.settings.seal
    if not recipients and rules and is_interactive():
        warn("\n".join(rules.recipients))
        if not confirm(translate("Are you sure that these keys are your team's?"), default=False):
            raise typer.Abort
    for one in trust_recipients(workspace, recipients or ()):
        say(one)


@command(mark("Destroy the keys of customers who were forgotten elsewhere."))
def seal_destroy_command(context: typer.Context, yes: bool = options.yes_option) -> int:
    workspace = session_of(context).workspace
    found = destroy_keys(workspace) if yes else keys_to_destroy(workspace)
    for hint in found:
        say(hint)
    if yes:
        warn(translate("keys destroyed: {count}").format(count=len(found)))
    elif found:
        warn(translate("nothing was changed; to destroy these keys for good: commlog seal destroy --yes"))
    else:
        warn(translate("there is no key of a forgotten customer here"))
    return ExitCode.DONE


def _tell(workspace: Workspace, result: SealResult) -> int:
    say(
        translate("sealed: {sealed}; sealed again: {renewed}; files written: {files}").format(
            sealed=result.sealed, renewed=result.renewed, files=result.files
        )
    )
    rules, vault = workspace.log.settings.seal, vault_of(workspace)
    if rules and vault.identities and not set(vault.own_recipients()) & set(rules.recipients):
        warn(
            translate(
                "your own key is not among the recipients: you will not be able to read what is sealed from now on"
            )
        )
    elif not vault.identities:
        warn(
            translate("no key file is set: sealed values show as [sealed] until $COMMLOG_AGE_KEY_FILE is set to yours")
        )
    if result.files:
        warn(translate("git still has the earlier content of the files, and whoever could read it still can"))
    for place in result.left[:_NAMED]:
        warn(translate("not changed, no available key opens it: {place}").format(place=place))
    if len(result.left) > _NAMED:
        warn(translate("… and {count} more").format(count=len(result.left) - _NAMED))
    return ExitCode.UNREADABLE if result.left else ExitCode.DONE


@command(mark("List records whose retention time is over; deletes nothing."))
def retention_command(
    context: typer.Context,
    columns: str = options.columns_option,
    output_format: str = options.format_option,
    apply_hint: bool = options.flag(
        "--apply-hint", mark("Print the commands that would do this instead, one per line.")
    ),
    exit_code: bool = options.exit_code_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    workspace = session.workspace
    for name in unknown_rules(workspace):
        warn(
            translate("retention: '{name}' is neither a kind nor a template; its rule applies to nothing").format(
                name=name
            )
        )
    if not workspace.log.settings.retention:
        warn(
            translate("no retention time is set; e.g. in commlog.yaml: retention: {example}").format(
                example="{interactions: 3y, anonymous: 1y}"
            )
        )
    listing = list_retention(workspace, reveal=reveal)
    if apply_hint:
        for row in listing.rows:
            say(_command(dict(zip(listing.columns, row, strict=True))))
        code = finish(session)
    else:
        code = options.answer_listing(session, listing, columns, output_format)
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


def _command(row: dict[str, object]) -> str:
    if row["action"] == FORGET:
        return f"commlog customer forget --yes {shell_word(str(row['id']))}"
    return f"git rm -- {shell_word(str(row['path']))}"
