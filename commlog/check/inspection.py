"""What a check of a log found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from commlog.problems import ERROR, Problem


@dataclass(frozen=True, slots=True)
class Inspection:
    """How many files were looked at and what is wrong with them, by path, line and column.

    `lines` holds the text of each line a problem is on, as it was checked.
    """

    files: int
    problems: tuple[Problem, ...]
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How many of the problems are errors; the others are warnings."""
        return sum(problem.severity == ERROR for problem in self.problems)

    @property
    def bad_files(self) -> int:
        """How many files have a problem."""
        return len({problem.path for problem in self.problems})

    def below(self, prefix: str) -> "Inspection":
        """The same with every path below a folder; the prefix ends with a slash or is empty."""
        problems = tuple(replace(problem, path=prefix + problem.path) for problem in self.problems)
        return Inspection(
            self.files, problems, {(prefix + path, line): text for (path, line), text in self.lines.items()}
        )
