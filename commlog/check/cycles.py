"""Circles in who points to whom."""

from collections.abc import Iterable


def find_cycles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Circles among the edges, each as the names on it; every name on any circle's way back is looked at once."""
    targets: dict[str, list[str]] = {}
    for source, target in sorted(set(edges)):
        if source != target:
            targets.setdefault(source, []).append(target)
    cycles: list[list[str]] = []
    finished: set[str] = set()
    for start in targets:
        if start not in finished:
            _walk(start, targets, finished, cycles)
    return cycles


def _walk(start: str, targets: dict[str, list[str]], finished: set[str], cycles: list[list[str]]) -> None:
    """Go deep from one name without recursion: a chain may be as long as the log."""
    trail = {start: iter(targets.get(start, ()))}
    while trail:
        name, left = next(reversed(trail.items()))
        target = next(left, None)
        if target is None:
            del trail[name]
            finished.add(name)
        elif target in trail:
            names = list(trail)
            cycles.append(names[names.index(target) :])
        elif target not in finished:
            trail[target] = iter(targets.get(target, ()))
