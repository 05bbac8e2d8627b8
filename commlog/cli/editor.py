"""Editing a text in the user's editor: the text is always kept as a draft, and opened again until it is valid."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import typer

from commlog.cli.faults import show_fault
from commlog.cli.session import Session, choose_random, own_editor
from commlog.cli.terminal import confirm, is_interactive, warn
from commlog.errors import CommlogError, ConflictError, InvalidError, NotFoundError, UsageError
from commlog.forms.catalog import Template
from commlog.log.files import FileChangedError, replace_file, write_new
from commlog.log.log import changed_meanwhile, ensure_state_folder, not_writable
from commlog.log.names import ALPHABET, STATE_FOLDER
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.records.change import save_text, text_to_edit
from commlog.records.draft import converter_of, locate_problems, parse_input
from commlog.records.skeleton import format_skeleton
from commlog.records.write import RecordRequest, create_record
from commlog.values import DAY_FIELDS, INTERACTION, Fields, Record
from commlog.workspace import Workspace
from commlog.worktime.moment import format_instant

T = TypeVar("T")


def create_in_editor(session: Session, template: Template, request: RecordRequest, draft: Path | None = None) -> Record:
    """The record written from a form that was filled in in the editor, in a `draft` when it is taken up again.

    Raises:
        UsageError: the form came back empty.
        InvalidError: it does not fit and nobody is there to mend it; the text is kept, and the error says where.
    """
    workspace = session.workspace
    own = workspace.log.schemas_folder / f"{template.name}.schema.json"
    comment = f"# yaml-language-server: $schema={own}" if own.is_file() else ""
    form = format_skeleton(template, _prefilled(workspace, request), comment)

    def use(text: str) -> Record:
        if not _is_filled_in(text, form):
            raise UsageError(mark("nothing was filled in; nothing was written"))
        fields = parse_input(text.encode("utf-8"), f"{template.name}.yaml")
        fields = {key: value for key, value in fields.items() if value is not None}
        translated = converter_of(workspace).translate_data(template, fields)
        filled = RecordRequest(
            template.name, translated, request.links, request.follow_ups, request.new_customer, choose_random
        )
        return create_record(workspace, filled)

    return edit_until_right(session, template.name, form, use, draft)


def edit_in_editor(session: Session, path: str) -> Record:
    """The record after its file was edited; the file contains exactly the bytes that were typed.

    Raises:
        InvalidError: the text does not fit and nobody is there to mend it; it is kept, and the error says where.
        ConflictError: somebody else changed the record meanwhile; the text is kept.
    """
    workspace = session.workspace
    raw = workspace.log.read_bytes(path)
    name = path.rpartition("/")[2].removesuffix(".yaml")
    return edit_until_right(
        session, name, text_to_edit(workspace, path, raw), lambda text: save_text(workspace, path, text, raw)
    )


def edit_until_right(
    session: Session, name: str, text: str, use: Callable[[str], T], taken_up: Path | None = None
) -> T:
    """The result of `use` for the edited text; its errors are shown and the text is opened again.

    Raises:
        CommlogError: what `use` raised last; the text is kept beside it and named on stderr.
        UsageError: nobody chose an editor, and there is no terminal for the usual one.
    """
    _require_editor()
    before = taken_up.read_bytes() if taken_up else None
    draft = write_draft(session.workspace, name, text, taken_up)
    line = 1
    while True:
        open_editor(draft, line)
        edited = draft.read_text(encoding="utf-8", errors="surrogateescape")
        try:
            result = use(edited)
        except CommlogError as fault:
            if isinstance(fault, UsageError) and not fault.problems and edited == text:
                if before is None:
                    draft.unlink()
                else:
                    draft.write_bytes(before)
                raise
            placed = _placed(fault, edited, draft)
            if not is_interactive():
                _tell_kept(session, draft, name)
                raise placed from None
            show_fault(placed)
            line = next(
                (problem.line for problem in placed.problems if isinstance(problem, Problem) and problem.line), 1
            )
            if not confirm(translate("Open it again?"), default=True):
                _tell_kept(session, draft, name)
                raise typer.Exit(int(fault.exit_code)) from None
        else:
            draft.unlink()
            return result


def _tell_kept(session: Session, draft: Path, name: str) -> None:
    """Say where the text is, and how a form that was being filled in is taken up again."""
    warn(translate("your text is kept in {file}").format(file=draft))
    if name in session.workspace.catalog.names():
        warn(translate("correct it, then record it: commlog create {name} --from {file}").format(name=name, file=draft))


def _require_editor() -> None:
    """Refuse to start the usual editor where it has no terminal to show itself on.

    Raises:
        UsageError: it has none, and nobody chose another one.
    """
    if own_editor() or os.name == "nt" or (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    raise UsageError(
        mark("there is no terminal for an editor here, and $EDITOR is not set to another one; nothing was written"),
        remedy=mark("give the fields with --set KEY=VALUE, or set $VISUAL or $EDITOR"),
    )


def open_editor(path: Path, line: int) -> None:
    """Open a file at a line in the editor people chose, and wait for it.

    Raises:
        NotFoundError: the editor cannot be started.
        UsageError: it ended with an error.
    """
    # The usual editor where nobody chose one.
    editor = own_editor() or ("notepad" if os.name == "nt" else "vi")
    try:
        command = shlex.split(editor)
    except ValueError:
        command = [editor]
    program = Path(command[0]).name
    if line > 1 and program in {"vi", "vim", "nvim", "nano", "emacs", "kak", "micro"}:
        command.append(f"+{line}")
    try:
        code = subprocess.run([*command, str(path)], check=False).returncode  # noqa: S603 - the editor people chose
    except OSError as fault:
        raise NotFoundError(
            mark("the editor '{editor}' cannot be started: {reason}"),
            editor=command[0],
            reason=fault.strerror or str(fault),
            remedy=mark("set $VISUAL or $EDITOR; your text is kept in {kept}"),
            kept=str(path),
        ) from None
    if code:
        raise UsageError(
            mark("the editor '{editor}' ended with {code}"),
            editor=command[0],
            code=code,
            remedy=mark("nothing was written; your text is kept in {kept}"),
            kept=str(path),
        )


def _placed(fault: CommlogError, text: str, draft: Path) -> CommlogError:
    """The fault with its problems at the lines of the text, as the editor shows them."""
    problems = tuple(problem for problem in fault.problems if isinstance(problem, Problem))
    if not problems or any(problem.line and not problem.field for problem in problems):
        return fault
    others = [problem for problem in fault.problems if problem not in problems]
    found = [*others, *locate_problems(problems, text, draft.name)]
    return InvalidError(mark("the record is not valid yet"), problems=found, source=text)


def _prefilled(workspace: Workspace, request: RecordRequest) -> Fields:
    """What the tool would fill in anyway, for people to see and change."""
    template = workspace.catalog.get(request.template)
    known: Fields = {
        field.key: field.default for field in template.fields if field.required and field.default is not None
    }
    if "agent" in template.order and workspace.member:
        known["agent"] = workspace.require_member(None)
    day_field = DAY_FIELDS[template.kind]
    if day_field in {field.key for field in template.fields if field.required}:
        known[day_field] = format_instant(workspace.now.replace(second=0))[: 25 if template.kind == INTERACTION else 10]
    return known | request.fields


def _is_filled_in(text: str, form: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and text != form


_DRAFTS = "drafts"


def find_draft(workspace: Workspace, source: str) -> Path | None:
    """The draft of this log that a file is; None for any other file, which its owner keeps."""
    path = Path(source).absolute()
    folder = workspace.log.root.absolute() / STATE_FOLDER / _DRAFTS
    is_draft = path.is_file() and not path.is_symlink() and path.parent.resolve() == folder.resolve()
    return path if is_draft else None


def write_draft(workspace: Workspace, name: str, text: str, draft: Path | None = None) -> Path:
    """The file a text was put into, which only its owner may read: the draft it came from, else a new one.

    Raises:
        NotWritableError: the state folder cannot be written.
    """
    try:
        folder = ensure_state_folder(workspace.log.root) / _DRAFTS
        folder.mkdir(exist_ok=True)
        path = draft or folder / f"{name}-{''.join(choose_random(ALPHABET) for _ in range(4))}.yaml"
        path.touch(mode=0o600)  # what is sealed in the record is open here
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as fault:
        raise not_writable(_DRAFTS, fault) from None
    return path


def write_own(output: str, data: bytes, is_ours: Callable[[bytes], bool], taken: str) -> None:
    """Write a file; one that is there is replaced when `is_ours` knows it, whole or not at all.

    `taken` is the marked text that says why another one is not.

    Raises:
        ConflictError: something else is there, or it changed meanwhile.
        NotWritableError: the folder or the disk does not take it.
    """
    path = Path(output)
    conflict = ConflictError(taken, file=output, remedy=mark("choose another name, or move the file away"))
    try:
        there = path.read_bytes() if path.exists() else None
        if there is None:
            write_new(path, data)
        elif not is_ours(there):
            raise conflict
        elif there != data:
            replace_file(path, data, expected=there)
    except FileExistsError:
        raise conflict from None
    except FileChangedError:
        raise changed_meanwhile(output) from None
    except OSError as fault:
        raise not_writable(output, fault) from None
