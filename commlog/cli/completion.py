"""The command `commlog completion`: the script a shell sources, and the words it then asks for."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer
from typer._click.shell_completion import _resolve_context, _resolve_incomplete, split_arg_string
from typer.core import TyperArgument, TyperOption
from typer.exceptions import TyperException

from commlog.cli.options import argument
from commlog.cli.session import Session
from commlog.cli.terminal import command, say, session_of
from commlog.errors import CommlogError
from commlog.messages import mark, translate
from commlog.output.formats import FormatChoice, require_format

if TYPE_CHECKING:
    from commlog.cli.complete import Candidate


_BASH: Final = """\
# For bash; in ~/.bashrc: eval "$(commlog completion bash)"
_commlog() {
    local found
    COMPREPLY=()
    while IFS= read -r found; do
        case $found in
            *[\\ \\'\\"\\(\\)\\&\\;\\<\\>\\|\\*\\?\\$\\`\\\\]*) printf -v found %q "$found" ;;
        esac
        COMPREPLY+=("$found")
    done < <("$1" completion bash --line="${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _commlog commlog
"""
_ZSH: Final = """\
#compdef commlog
# For zsh, after compinit; in ~/.zshrc: eval "$(commlog completion zsh)"
_commlog() {
    local -a lines values told
    local line
    lines=("${(@f)$(${words[1]} completion zsh --line="${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)}")
    for line in $lines; do
        values+=("${line%%$'\\t'*}")
        told+=("${line/$'\\t'/ -- }")
    done
    if (( ! $#values )); then
        _files
    elif [[ $values[1] == *: ]]; then
        compadd -S '' -d told -a values
    else
        compadd -V commlog -d told -a values
    fi
}
compdef _commlog commlog
"""
_FISH: Final = """\
# For fish; commlog completion fish > ~/.config/fish/completions/commlog.fish
function __commlog_words
    set -l found (commlog completion fish --line=(commandline -cp | string collect) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c commlog -f -k -a '(__commlog_words)'
"""
SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
# What is in square brackets or before dots is the same thing, left out or several times.
_DECORATION: Final = re.compile(r"[\[\].…]")
_CHOICES: Final = re.compile(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+")
# Where bash parts words; it wants only what comes behind.
_BREAKS: Final = re.compile(r".*[:=]", re.DOTALL)
# Parameters that are called after what they hold.
_BY_NAME: Final = {"template": "TEMPLATE", "tag": "TAG", "to": "MEMBER", "owner": "MEMBER"}

shell_argument: Any = argument("bash|zsh|fish", mark("The shell the script is for."))
line_option: Any = typer.Option("", "--line", hidden=True)


@command(mark("Print a script that lets bash, zsh or fish complete commands, options, ids and names."))
def completion_command(context: typer.Context, shell: str = shell_argument, line: str = line_option) -> None:
    require_format(shell, tuple(SCRIPTS))
    if not line:
        say(SCRIPTS[shell])
        return
    words = split_arg_string(line)[1:]
    last = words.pop() if words and not line[-1].isspace() else ""
    with suppress(CommlogError, TyperException):
        for word, told in _candidates(Session(session_of(context).folder), words, last):
            shown = word.removeprefix(found[0]) if shell == "bash" and (found := _BREAKS.match(last)) else word
            aside = "" if shell == "bash" else " ".join(told.split())
            if shown.isprintable():
                say(f"{shown}\t{aside}" if aside.isprintable() and aside else shown)


def _candidates(session: Session, words: list[str], last: str) -> Iterator[tuple[str, str]]:
    """What the word behind some others may become: the library finds the option, argument or command it belongs to."""
    # The library's own scripts know neither words with a colon nor values with a space.
    from commlog.cli.app import SHARED_OPTIONS, build_program

    context = _resolve_context(build_program(), {"obj": session}, "commlog", words)
    # The shell has not yet put a folder in the place of ~.
    session.folder = str(Path(session.folder).expanduser()) if session.folder else None
    found: Any
    found, begin = _resolve_incomplete(context, list(words), last)
    # What begins with - may be the value of an option, too: --sort -subject.
    waiting = (one for one in context.command.get_params(context) if {*one.opts} & {*words[-1:]})
    found = next((one for one in waiting if not getattr(one, "is_flag", False)), found)
    before = last.removesuffix(begin) if last.startswith("-") else ""
    if isinstance(found, (TyperArgument, TyperOption)):
        yield from ((f"{before}{word}", told) for word, told in _values(session, found, begin, _Call(context, words)))
        return
    for item in found.shell_complete(context, begin):
        if item.value.startswith("--"):
            yield item.value, translate(item.help) if item.help else ""
        elif begin[:1] != "-":
            yield item.value, ""
    if begin[:1] == "-" and context.parent is not None:
        options = (f"--{name.removeprefix('shared_')}" for name in SHARED_OPTIONS)
        yield from ((option, "") for option in options if option.startswith(begin))


class _Call(NamedTuple):
    """The command of a line, and the words before the one that is being typed."""

    context: Any
    words: Sequence[str]


def _values(session: Session, parameter: Any, begin: str, call: _Call) -> Iterable[tuple[str, str]]:
    """The values a parameter takes that begin so: by what its help calls them."""
    name = _DECORATION.sub("", parameter.metavar or "")
    choice = getattr(parameter.type, "func", None)
    if isinstance(choice, FormatChoice):
        return ((word, "") for word in choice.taken if word.startswith(begin))
    if _CHOICES.fullmatch(name):
        return ((word, "") for word in name.split("|") if word.startswith(begin))
    if parameter.name in _BY_NAME:
        name = _BY_NAME[parameter.name]
    try:
        return list(finder(session.workspace, begin)) if (finder := _finder(name, call)) else ()
    except (CommlogError, OSError):
        return ()  # what is wrong with the log is said by the command itself


def _columns_of(context: Any) -> tuple[str, ...]:
    """The columns of a command's listing, where they are known."""
    if context.command_path != "commlog list":
        return ()
    from commlog.records.list import COLUMN_NAMES

    return COLUMN_NAMES


def _finder(name: str, call: _Call) -> "Callable[..., Iterable[Candidate]] | None":
    from commlog.cli import complete

    return {
        "ID/n": complete.pending_addresses,
        "ID": complete.record_ids,
        "PRIOR": complete.record_ids,
        "CUSTOMER": complete.customers,
        "DUPLICATE": complete.customers,
        "SURVIVOR": complete.customers,
        "ID|CUSTOMER": complete.customers,
        "MEMBER": complete.members,
        "TEMPLATE": complete.templates,
        "TAG": complete.tags,
        "A,B": lambda _, begin: complete.columns(_columns_of(call.context), begin),
        "A,-B": lambda _, begin: complete.columns(_columns_of(call.context), begin),
        "FIELD": complete.dimensions,
        "FIGURE": complete.figures,
        "KEY": lambda workspace, begin: complete.keys(workspace, begin, call.words),
        "KEY=VALUE": lambda workspace, begin: complete.assignments(workspace, begin, call.words),
        "QUERY": complete.words_of_query,
    }.get(name)
