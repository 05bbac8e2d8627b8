"""What the YAML modules refuse: their limits, and the one fault they raise."""

from typing import Final

# A record is some thousand bytes, and no form nests deeper than six levels.
MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 40


class YamlError(Exception):
    """A text that is not acceptable YAML.

    `code` is a problem's code, `line` and `column` count from 1 (0 is unknown), `facts` fill its words.
    """

    def __init__(self, code: str, line: int = 0, column: int = 0, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.column = column
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} at {self.line}:{self.column} ({facts})"
