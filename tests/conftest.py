"""What tests of every part may ask for: a small log, the program and a terminal, servers to deliver to; and which tests are slow."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commlog.messages import use_language
from tests.build import (
    NOW,
    PATIENCE,
    SmallLog,
    bare_environment,
    command_of,
    make_small_log,
    run_program,
    templates_built_once,
    write_files,
)
from tests.servers import MailServers, RobotServer
from tests.terminal import Terminal

# Folders whose tests are slow by nature, and those of them that have a long version.
SLOW_FOLDERS = {"benchmarks", "browser", "faults", "simulation", "torture"}
TORTURE_FOLDERS = {"faults", "simulation", "torture"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of those folders."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in SLOW_FOLDERS:
            item.add_marker("slow")
        if folder in TORTURE_FOLDERS:
            item.add_marker("torture")


@pytest.fixture
def robot_server() -> Iterator[RobotServer]:
    """An HTTP server that speaks as the group robots do; its `url` is the base of all of them."""
    server = RobotServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.going_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def smtp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServers]:
    """Starts servers that take mail: `smtp_server()` gives a mailbox with its `url` and the `mails` it has taken."""
    servers = MailServers(tmp_path_factory.mktemp("mail"))
    yield servers
    servers.stop()


BARE_SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
"""
BARE_ACME = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    """A log with two members and one customer, as a use case has it."""
    return make_small_log(tmp_path / "log")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log with one member and one customer."""
    return write_files(tmp_path / "log", {"commlog.yaml": BARE_SETTINGS, "records/customers/acme.yaml": BARE_ACME})


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a program under test: nothing of the tester's own habits."""
    return bare_environment(TERM="xterm-256color")


Program = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def program(folder: Path, environment: dict[str, str]) -> Program:
    """Run the program without a terminal; keywords are variables of its environment."""

    def start(*words: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
        return run_program([*words, "--log", str(folder), "--now", NOW], {**environment, **variables}, stdin=stdin)

    return start


@pytest.fixture
def started_program(folder: Path, environment: dict[str, str]) -> Program:
    """The same as a new process of Python, as a shell starts it."""

    def start(*words: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command_of(folder, *words),
            input=stdin,
            capture_output=True,
            env={**environment, **variables},
            timeout=PATIENCE,
        )

    return start


@pytest.fixture
def terminal(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start the program at a terminal; keywords are variables of its environment."""
    opened: list[Terminal] = []

    def start(*words: str, **variables: str) -> Terminal:
        opened.append(Terminal(command_of(folder, *words), {**environment, **variables}))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test begins and ends in English, whatever another one spoke."""
    use_language("en")
    yield
    use_language("en")


@pytest.fixture(autouse=True, scope="session")
def _templates_are_built_once() -> Iterator[None]:
    """Every test opens its log anew, as a command does; what is built from equal templates is kept."""
    with templates_built_once():
        yield
