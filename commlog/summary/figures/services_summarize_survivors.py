"""Customers who were merged into others: under which id the records of each count."""

from collections.abc import Mapping

from commlog.customers.rules.customer import chain_of, is_circle
from commlog.records.find import merge_pointers
from commlog.summary.figures.scope import Scope


def survivors_of(scope: Scope) -> Mapping[str, str]:
    """Who each merged customer is now, read once for both periods; others are not in it. A circle ends where it closes."""
    return scope.once("survivors", lambda: _read_survivors(scope))


def _read_survivors(scope: Scope) -> dict[str, str]:
    pointers = merge_pointers(scope.workspace)
    chains = {customer: chain_of(pointers, customer) for customer in pointers}
    return {customer: chain[-2] if is_circle(chain) else chain[-1] for customer, chain in chains.items()}
