"""One call of the program: the environment, the clock, and the log they select."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from commlog.errors import CommlogError, UsageError
from commlog.messages import LANGUAGES, LOCALE_FOLDER, current_language, mark, use_language

if TYPE_CHECKING:
    # Loaded when a command opens its log: `--version` and `--help` need none of it.
    from commlog.log.log import Log
    from commlog.privacy.rules.sealing import Cipher, SealRules
    from commlog.privacy.seal_keys import KeySource
    from commlog.workspace import Workspace

LANGUAGE_VARIABLES = ("COMMLOG_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(slots=True)
class Session:
    """What holds for one call: the options every command takes, and what they lead to."""

    folder: str | None = None
    now_text: str | None = None
    language: str | None = None
    _workspace: "Workspace | None" = field(default=None)

    def take(self, folder: str | None, now_text: str | None, language: str | None) -> None:
        """Let options hold from here on; None or "" is one that was not given.

        Raises:
            UsageError: there is no such language.
        """
        if language and language not in LANGUAGES:
            raise UsageError(mark("invalid value for --language: '{value}' is not zh or en"), value=language)
        self.folder = folder or self.folder
        self.now_text = now_text or self.now_text
        if language:
            self.language = language
            speak(language)

    @property
    def workspace(self) -> "Workspace":
        """The log of this call, opened on first use.

        Raises:
            NoLogError, InvalidError: there is none, or its settings have mistakes.
        """
        if self._workspace is None:
            self._workspace = self._open()
        return self._workspace

    def use(self, workspace: "Workspace") -> None:
        """Answer from another workspace from now on."""
        self._workspace = workspace

    def has_log(self) -> bool:
        """Whether this call is inside a log, or names one."""
        from commlog.log.log import find_root

        return bool(self.named_folder()) or find_root(Path.cwd()) is not None

    def named_folder(self) -> str | None:
        """The log folder that --log or the environment names."""
        return self.folder or os.environ.get("COMMLOG_DIR") or None

    def now(self) -> datetime:
        """The instant of this call: --now, else the clock; aware, read once.

        Raises:
            UsageError: --now is no instant.
        """
        if not self.now_text:
            return datetime.now(UTC).astimezone().replace(microsecond=0)
        try:
            now = datetime.fromisoformat(self.now_text.strip())
        except ValueError:
            raise UsageError(
                mark("invalid value for --now: '{value}' is not a date and time"),
                value=self.now_text,
                remedy=mark("write 2026-03-14T17:00:00+08:00, or 2026-03-14 17:00 in the log's time zone"),
            ) from None
        return now

    def environment(self) -> dict[str, str]:
        """The environment of another program that is run for this call: where the log is, the language, and the instant."""
        from commlog.log.log import open_log

        self.speak_as_log()
        found = {**os.environ, "COMMLOG_LANGUAGE": current_language()}
        now = self.now()
        with suppress(CommlogError):
            log = open_log(Path.cwd(), self.named_folder())
            found["COMMLOG_DIR"] = str(log.root)
            now = now.replace(tzinfo=now.tzinfo or log.settings.zone).astimezone(log.settings.zone)
        return {**found, "COMMLOG_NOW": now.isoformat()}

    def _open(self) -> "Workspace":
        from commlog.log.log import open_log
        from commlog.workspace import make_workspace

        log = open_log(Path.cwd(), self.named_folder())
        self.adopt_language(log)
        now = self.now()
        if now.tzinfo is None:
            now = now.replace(tzinfo=log.settings.zone)
        return make_workspace(log, now, lambda: self._member(log), make_cipher=_make_cipher)

    def adopt_language(self, log: "Log") -> None:
        """Answer in the log's language unless the call or the environment names another."""
        if self.language is None and not os.environ.get("COMMLOG_LANGUAGE") and log.settings.language != "auto":
            speak(log.settings.language)

    def speak_as_log(self) -> None:
        """Answer in the language of this call's log; where there is none that can be read, in the one in use."""
        from commlog.log.log import open_log

        if self.language is None and not os.environ.get("COMMLOG_LANGUAGE"):
            with suppress(CommlogError):
                self.adopt_language(open_log(Path.cwd(), self.named_folder()))

    def _member(self, log: "Log") -> str | None:
        from commlog.git.run import find_user_email

        named = named_member()
        if named or not log.settings.members:
            return named
        email = find_user_email(log.root)
        member = log.settings.find_member(email) if email else None
        return member.id if member else None


def choose_random(choices: str) -> str:
    """A random character, for ids."""
    from secrets import choice

    return choice(choices)


def own_editor() -> str:
    """The editor the environment names, by $VISUAL or $EDITOR; empty for none."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""


def guess_language() -> str:
    """Zh or en by the environment, as gettext reads it; en when it says neither."""
    for name in LANGUAGE_VARIABLES:
        value = os.environ.get(name, "")
        for choice in value.split(":"):
            if choice[:2].lower() in {"zh", "en"}:
                return choice[:2].lower()
        if value:
            return "en"
    return "en"


def speak(language: str) -> None:
    """Use a language for our words and for those of the command-line library."""
    import gettext

    use_language(language)
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("commlog", LOCALE_FOLDER)
    gettext.textdomain("commlog")


def guess_timezone() -> str:
    """The IANA name of this machine's time zone, as far as it is known; UTC otherwise."""
    named = os.environ.get("TZ", "")
    if "/" in named and not named.startswith((":", "/")):
        return named
    link = Path("/etc/localtime")
    if link.is_symlink():
        _, found, name = str(link.resolve()).partition("zoneinfo/")
        if found:
            return name.removeprefix("posix/")
    return "UTC"


def named_member() -> str | None:
    """The member the environment names."""
    return os.environ.get("COMMLOG_MEMBER") or None


def variable(name: str) -> str | None:
    """The value of a variable of the environment; None when it is not set."""
    return os.environ.get(name)


def _make_cipher(root: Path, rules: "SealRules | None") -> "Cipher":
    from commlog.privacy.cipher import Sealer

    return Sealer(root, rules, key_source())


def key_source() -> "KeySource":
    """Where the identities are that open sealed values: $COMMLOG_AGE_KEY holds one, $COMMLOG_AGE_KEY_FILE names a file.

    $COMMLOG_KEY_FOLDER names the folder with the keys of single customers.
    """
    named = [os.environ.get(name) or None for name in ("COMMLOG_AGE_KEY", "COMMLOG_AGE_KEY_FILE", "COMMLOG_KEY_FOLDER")]
    from commlog.privacy.seal_keys import KeySource

    return KeySource(*named)


def find_program(name: str) -> str | None:
    """The path of the program of this name on PATH; None when there is none."""
    from shutil import which

    return which(name) if os.path.basename(name) == name else None  # noqa: PTH119 - a word of a call, not a path


def list_programs(beginning: str) -> list[str]:
    """The rest of the names of the programs on PATH that begin so, in their order."""
    found: set[str] = set()
    for folder in os.get_exec_path():
        with suppress(OSError):
            found.update(name for name in os.listdir(folder) if name.startswith(beginning))  # noqa: PTH208 - names alone
    return sorted(name.removeprefix(beginning) for name in found if name != beginning and find_program(name))


def wants_plain_text() -> bool:
    """Whether the environment asks for no colour and no dimming."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
