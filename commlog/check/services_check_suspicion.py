"""A problem that a rule over the whole log found, before anybody looked up its line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from commlog.problems import Problem
from commlog.values import Data, ValuePath, show_path
from commlog.workspace import Workspace
from commlog.yamltext.parse import Located


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is wrong with one file; `link` is the target of the link meant, when `place` is the list of links."""

    code: str
    path: str
    place: ValuePath = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    link: str = ""

    def as_problem(self, located: Located) -> Problem:
        """The problem with its place in the file."""
        path = self.place
        if self.link:
            links: Data = located.data.get("links") if isinstance(located.data, dict) else None
            for number, link in enumerate(links if isinstance(links, list) else ()):
                if isinstance(link, dict) and link.get("to") == self.link:
                    path = ("links", number, "to")
                    break
        return Problem(self.code, self.path, *located.position(path), show_path(path), tuple(self.facts.items()))


# One thing to look for in the copy; a rule reads narrow rows, never whole records.
Rule = Callable[[Workspace], Iterator[Suspicion]]
