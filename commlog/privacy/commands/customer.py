"""The commands of `commlog customer` about a person's own rights: export, forget, consent."""

import json
from pathlib import Path
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.session import choose_random
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.customers.consent import ConsentChange, record_consent
from commlog.errors import ConflictError, ExitCode, UsageError
from commlog.git.run import find_prefix
from commlog.log.files import write_new
from commlog.log.log import not_writable
from commlog.messages import mark, translate
from commlog.output.text import shell_word
from commlog.privacy.dossier import collect_customer, format_customer_export, pack_files
from commlog.privacy.forget import REMOVED, forget_customer, plan_forgetting
from commlog.privacy.rules.forgetting import Forgetting, purge_lines, receipt_of
from commlog.privacy.text import format_left_behind, format_manual_checks, format_preview
from commlog.privacy.verify_forgotten import verify_forgotten
from commlog.records.rules.consistency import split_names
from commlog.values import texts_of
from commlog.workspace import Workspace

forgotten_argument: Any = options.argument("[CUSTOMER]", mark("The customer: id, name, alias, phone or e-mail."), "")
receipt_option: Any = options.text_option("--receipt", "FILE", mark("Write the receipt to a new file, not to stdout."))
purge_list_option: Any = options.text_option(
    "--purge-list",
    "FILE",
    mark("Write a list of what to look for to a file outside the log: for purging git's history and for --verify."),
)
verify_option: Any = options.text_option("--verify", "FILE", mark("Use a purge list to look for what is left."))


@command(mark("Export everything about one person, at their request."))
def customer_export_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    output: str = options.text_option(
        "--output",
        "DIR|FILE.zip",
        mark("Write everything, with attachments, to a new folder or archive outside the log."),
        "-o",
    ),
    output_format: str = options.format_choice("text", "json", help_text=mark("On stdout: {formats}.")),
) -> int:
    session = session_of(context)
    workspace = session.workspace
    dossier = collect_customer(workspace, customer)
    document, text = format_customer_export(dossier, workspace.catalog.get)
    if not output:
        say(document if output_format == "json" else text)
        return finish(session)
    files = {"customer.json": document.encode("utf-8"), "customer.txt": text.encode("utf-8")}
    files |= {f"attachments/{place}": workspace.log.read_bytes(place) for place in dossier.attachments}
    _write_files(workspace, output, files)
    warn(translate("written: {file}").format(file=output))
    warn(translate("this contains personal data in full: hand it over safely, and delete it afterwards"))
    return finish(session)


def _write_files(workspace: Workspace, output: str, files: dict[str, bytes]) -> None:
    target = _outside(workspace, output)
    if output.endswith(".zip"):
        _write_new(target, pack_files(files, workspace.now))
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(mark("already exists"), file=output, remedy=mark("give a new or empty folder"))
    for name, data in files.items():
        _write_new(target / name, data)


def _outside(workspace: Workspace, name: str) -> Path:
    """The place of a file that holds personal data and must not be committed with the log.

    Raises:
        UsageError: it lies in the log's folder.
    """
    target = Path(name).absolute()
    if target.resolve().is_relative_to(workspace.log.root):
        raise UsageError(
            mark("{name} is inside the log, and would be committed with it"),
            name=name,
            remedy=mark("give a place outside the log"),
        )
    return target


def _is_there(file: str) -> ConflictError:
    return ConflictError(mark("already exists"), file=file, remedy=mark("choose another name, or move the file away"))


def _write_new(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_new(target, data)
    except FileExistsError:
        raise _is_there(str(target)) from None
    except OSError as fault:
        raise not_writable(str(target), fault) from None


@command(mark("Remove a person from every record. Only shows what would change unless --yes is given."))
def customer_forget_command(
    context: typer.Context,
    customer: str = forgotten_argument,
    yes: bool = options.yes_option,
    receipt: str = receipt_option,
    purge_list: str = purge_list_option,
    verify: str = verify_option,
    dry_run: bool = options.dry_run_option,
) -> int:
    workspace = session_of(context).workspace
    if verify:
        return _verify(workspace, verify)
    if not customer.strip():
        raise UsageError(
            mark("missing argument: the customer to forget"),
            remedy=mark("give the customer: id, name, alias, phone or e-mail"),
        )
    if yes and not dry_run:
        return _forget(workspace, customer, receipt, purge_list)
    plan = _plan(workspace, customer, purge_list)
    say(format_preview(plan))
    warn(
        translate("nothing was changed; to forget the customer: commlog customer forget --yes {customer}").format(
            customer=shell_word(plan.customer)
        )
    )
    return ExitCode.DONE


def _plan(workspace: Workspace, customer: str, purge_list: str) -> Forgetting:
    place = _outside(workspace, purge_list) if purge_list else None
    plan = plan_forgetting(workspace, customer, choose_random)
    if place is not None:
        _write_purge_list(plan, place)
    return plan


def _forget(workspace: Workspace, customer: str, receipt: str, purge_list: str) -> int:
    if receipt and Path(receipt).exists():
        raise _is_there(receipt)
    by = workspace.require_member(None)
    done = forget_customer(workspace, _plan(workspace, customer, purge_list))
    _hand_over(workspace, done, receipt, by)
    _tell_the_rest(workspace, done, purge_list)
    return ExitCode.DONE


def _hand_over(workspace: Workspace, done: Forgetting, receipt: str, by: str) -> None:
    text = json.dumps(receipt_of(done, workspace.stamp, by), ensure_ascii=False, indent=2)
    if receipt:
        _write_new(Path(receipt).absolute(), text.encode("utf-8") + b"\n")
        say(done.pseudonym)
    else:
        say(text)


def _tell_the_rest(workspace: Workspace, done: Forgetting, purge_list: str) -> None:
    """Say on stderr what a person has to look at, and what this could not reach."""
    for line in format_manual_checks(done.doubts):
        typer.echo(line, err=True)
    typer.echo(format_left_behind(done, find_prefix(workspace.log.root), purge_list or "PURGE-LIST"), err=True)
    if not purge_list:
        warn(
            translate(
                "no purge list was written (--purge-list FILE); you must remember the names and numbers to look for yourself"
            )
        )


def _write_purge_list(plan: Forgetting, target: Path) -> None:
    data = "\n".join((*purge_lines(plan.identity, translate(REMOVED)), "")).encode("utf-8")
    # The one that was written before somebody stopped us will do.
    if not (target.is_file() and target.read_bytes() == data):
        _write_new(target, data)
    target.chmod(0o600)
    warn(
        translate(
            "{file} contains what must be forgotten: remove names that others also have, and delete it when --verify finds nothing"
        ).format(file=target)
    )


def _verify(workspace: Workspace, name: str) -> int:
    result = verify_forgotten(workspace, Path(name))
    found = result.left
    for one in found:
        sealed = " " + translate("sealed, and a key here opens it") if one.is_sealed else ""
        say(f"{one.where}: {one.path} ({one.count}){sealed}")
    warn(translate("places that still identify the customer: {count}").format(count=len(found)))
    if result.shut:
        warn(translate("sealed values that no key here opens: {count}").format(count=result.shut))
    return ExitCode.FOUND if found else ExitCode.DONE


@command(mark("Record what a customer agreed to or withdrew. Earlier entries are kept."))
def customer_consent_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    status: str = options.argument("granted|withdrawn", mark("What the customer said.")),
    channel: str = options.text_option("--channel", "CHANNEL", mark("How it was said, e.g. phone.")),
    purposes: str = options.text_option("--purposes", "A,B", mark("The purpose: service, marketing, survey.")),
    on: str = options.text_option("--on", "DATE", mark("The day it was said (default: today).")),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    workspace = session_of(context).workspace
    record = record_consent(
        workspace, customer, ConsentChange(status, on, channel, split_names(purposes), note, by or None)
    )
    now = record.fields["consent"]
    say(record.id)
    warn(
        translate("{customer}: consent is {status} since {day}; for: {purposes}").format(
            customer=record.id,
            status=now["status"],
            day=now.get("on", "-"),
            purposes=", ".join(texts_of(now, "purposes")) or "-",
        )
    )
