"""The rules of docs/ARCHITECTURE.md that import-linter does not know."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "commlog"
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"util", "utils", "helpers", "common", "misc", "tools", "base", "core"}
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_PARAMETERS = 4


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, less the docstring."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_longer_than_the_limit(path: Path) -> None:
    """A module has at most 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_longer_than_the_limit(path: Path) -> None:
    """A function has at most 40 lines, its docstring not counted."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [
        f"{node.name}: {length_of(node)}" for node in functions_of(tree) if length_of(node) > MAX_FUNCTION_LINES
    ] == []


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "cli" not in path.parts and path.name != "errors.py"], ids=name_of
)
def test_no_function_takes_too_many_parameters(path: Path) -> None:
    """Outside cli, where options are parameters, a function takes at most 4 positional parameters beside self."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wide = []
    for node in functions_of(tree):
        names = [item.arg for item in (*node.args.posonlyargs, *node.args.args) if item.arg not in {"self", "cls"}]
        if len(names) > MAX_PARAMETERS + 1:
            wide.append(f"{node.name}({', '.join(names)})")
    assert wide == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_owns(path: Path) -> None:
    """A module opens with a docstring, and is not a drawer."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_packages_hold_a_docstring_and_nothing_else(path: Path) -> None:
    """An __init__.py imports nothing and defines nothing."""
    assert len(ast.parse(path.read_text(encoding="utf-8")).body) == 1


def calls_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "session.py"], ids=name_of)
def test_the_clock_and_the_environment_are_read_in_the_session_only(path: Path) -> None:
    """Only cli/session.py asks what time it is or what the environment says."""
    source = path.read_text(encoding="utf-8")
    clocks = {
        call
        for call in calls_of(path)
        if call.endswith((".now", ".today", "time.time", ".utcnow")) and not call.startswith("session")
    }
    assert clocks == set()
    assert "os.environ" not in source
    assert "getenv" not in source


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_prints_or_leaves_in_the_depths(path: Path) -> None:
    """No print, no sys.exit anywhere; only the entry point raises SystemExit."""
    calls = calls_of(path)
    assert not calls & {"print", "sys.exit", "exit", "quit"}
    assert "SystemExit" not in calls or path == PACKAGE / "cli" / "main.py"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_broad_except_is_silent(path: Path) -> None:
    """Nothing catches Exception or everything, except to clean up and raise again."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    broad = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    ]
    assert broad == []


def runtime_imports(path: Path) -> set[str]:
    """The commlog modules a module imports when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("commlog"):
            found.add(node.module)
            found.update(f"{node.module}.{item.name}" for item in node.names)
        elif isinstance(node, ast.Import):
            found.update(item.name for item in node.names if item.name.startswith("commlog"))
    return found


def test_there_is_no_import_cycle() -> None:
    """No module imports itself round a corner."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph = {
        name: {target for target in runtime_imports(path) if target in names and target != name}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name in done:
            return
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=name_of)
def test_every_test_states_its_claim(path: Path) -> None:
    """Each test function says in its docstring what it claims."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [
        node.name for node in functions_of(tree) if node.name.startswith("test_") and not ast.get_docstring(node)
    ] == []
