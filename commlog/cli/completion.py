"""The command `commlog completion`: the script a shell sources, and the words it then asks for."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer

from commlog.cli.session import Session
from commlog.cli.terminal import command, say, session_of
from commlog.cli.words import SHARED_OPTIONS, hoist, option_of
from commlog.errors import CommlogError
from commlog.messages import LANGUAGES, mark
from commlog.output.formats import require_format

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
# What stands in square brackets or before dots is the same thing, left out or several times.
_DECORATION: Final = re.compile(r"[\[\].…]")
_CHOICES: Final = re.compile(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+")
_FORMATS: Final = frozenset(
    {"text", "table", "json", "jsonl", "yaml", "html", "csv", "tsv", "markdown", "ids", "github"}
)
# Where bash parts words; it wants only what comes behind.
_BREAKS: Final = re.compile(r".*[:=]", re.DOTALL)
# Parameters that are called after what they hold.
_BY_NAME: Final = {"template": "TEMPLATE", "tag": "TAG", "to": "MEMBER", "owner": "MEMBER"}
_OPTIONS: Final = (*SHARED_OPTIONS, "--version", "--help")

shell_argument: Any = typer.Argument(..., metavar="bash|zsh|fish", help=mark("The shell the script is for."))
line_option: Any = typer.Option("", "--line", hidden=True)


@command(mark("Print a script that lets bash, zsh or fish complete commands, options, ids and names."))
def completion_command(context: typer.Context, shell: str = shell_argument, line: str = line_option) -> None:
    require_format(shell, tuple(SCRIPTS))
    if not line:
        say(SCRIPTS[shell])
        return
    words = _split(line)[1:]
    last = words.pop() if words and not line[-1].isspace() else ""
    for word, told in _candidates(session_of(context), words, last):
        shown = word.removeprefix(found[0]) if shell == "bash" and (found := _BREAKS.match(last)) else word
        aside = "" if shell == "bash" else " ".join(told.split())
        if shown.isprintable():
            say(f"{shown}\t{aside}" if aside.isprintable() and aside else shown)


def _split(line: str) -> list[str]:
    """The words of a line as a shell takes them; a quotation that is still open is one to its end."""
    from shlex import shlex

    reader = shlex(line, posix=True, punctuation_chars="")
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    try:
        words += reader
    except ValueError:
        words.append(reader.token)
    return words


def _candidates(session: Session, words: list[str], last: str) -> Iterator[tuple[str, str]]:
    """What the word behind some others may become."""
    if words and words[-1] in SHARED_OPTIONS:
        yield from ((one, "") for one in LANGUAGES if words[-1] == "--language" and one.startswith(last))
        return
    words = hoist(words)
    folder = option_of(words, "--log")
    # The shell has not yet put a folder in the place of ~.
    asked = Session(str(Path(folder).expanduser()) if folder else session.folder)
    command, rest = _command_of(words)
    if command is None:
        return
    if hasattr(command, "list_commands"):
        names = command.list_commands(None) if not last.startswith("-") else () if rest else _OPTIONS
        yield from ((name, "") for name in names if name.startswith(last))
        return
    option, equals, value = last.partition("=")
    is_whole = equals and last.startswith("-")
    waiting = _option_called(command, option) if is_whole else _option_called(command, rest[-1]) if rest else None
    if waiting is not None and not waiting.is_flag:
        before = f"{option}=" if is_whole else ""
        found = _values(asked, waiting, value if is_whole else last, _Call(command, tuple(words)))
        yield from ((f"{before}{word}", told) for word, told in found)
    elif last.startswith("-"):
        opened = {word.partition("=")[0] for word in rest}
        yield from (one for one in _options_of(command, opened) if one[0].startswith(last))
    elif (argument := _argument_at(command, rest)) is not None:
        yield from _values(asked, argument, last, _Call(command, tuple(words)))


def _command_of(words: Iterable[str]) -> tuple[Any, list[str]]:
    """The command that hoisted words lead to, built now, and the words behind its name; None where there is none."""
    from commlog.cli.app import LazyGroup

    command: Any = LazyGroup(name="commlog")
    rest = list(words)
    while rest and rest[0] in SHARED_OPTIONS:
        del rest[:2]
    while rest and rest[0].partition("=")[0] in SHARED_OPTIONS:
        del rest[0]
    while rest and command is not None and hasattr(command, "list_commands"):
        command = command.get_command(None, rest.pop(0))
    return command, rest


def _option_called(command: Any, name: str) -> Any:
    return next((one for one in command.params if one.param_type_name == "option" and name in one.opts), None)


def _options_of(command: Any, used: set[str]) -> Iterator[tuple[str, str]]:
    """The options of a command that are not used yet, or may be again, with their help."""
    for one in command.params:
        if one.param_type_name == "option" and not one.hidden and (one.multiple or used.isdisjoint(one.opts)):
            yield max(one.opts, key=len), one.help or ""
    yield from ((name, "") for name in (*SHARED_OPTIONS, "--help"))


def _argument_at(command: Any, words: list[str]) -> Any:
    """The argument that the next word is; the last one when it takes several."""
    given = 0
    waiting = iter(words)
    for word in waiting:
        if word.startswith("-") and len(word) > 1:
            option = _option_called(command, word)
            if option is not None and not option.is_flag:
                next(waiting, None)
        else:
            given += 1
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    if given < len(arguments):
        return arguments[given]
    return arguments[-1] if arguments and arguments[-1].nargs == -1 else None


class _Call(NamedTuple):
    """The command of a line, and the words before the one that is being typed."""

    command: Any
    words: tuple[str, ...]


def _values(session: Session, parameter: Any, begin: str, call: _Call) -> Iterable[tuple[str, str]]:
    """The values a parameter takes that begin so: by what its help calls them."""
    name = _DECORATION.sub("", parameter.metavar or "")
    if name == "FORMAT":
        told = re.findall("[a-z]+", parameter.help or "")
        return ((word, "") for word in dict.fromkeys(told) if word in _FORMATS and word.startswith(begin))
    if _CHOICES.fullmatch(name):
        return ((word, "") for word in name.split("|") if word.startswith(begin))
    if parameter.name in _BY_NAME:
        name = _BY_NAME[parameter.name]
    try:
        return list(finder(session.workspace, begin)) if (finder := _finder(name, call)) else ()
    except (CommlogError, OSError):
        return ()  # what is wrong with the log is said by the command itself


def _columns_of(command: Any) -> tuple[str, ...]:
    """The columns of a command's listing, where its module names them."""
    import sys

    module = sys.modules.get(getattr(command.callback, "__module__", ""))
    return tuple(getattr(module, "COLUMN_NAMES", ()))


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
        "A,B": lambda _, begin: complete.columns(_columns_of(call.command), begin),
        "A,-B": lambda _, begin: complete.columns(_columns_of(call.command), begin),
        "FIELD": complete.dimensions,
        "FIGURE": complete.figures,
        "KEY": lambda workspace, begin: complete.keys(workspace, begin, call.words),
        "KEY=VALUE": lambda workspace, begin: complete.assignments(workspace, begin, call.words),
        "QUERY": complete.words_of_query,
    }.get(name)
