"""Digests to the outside, one module per service, and the ledger of what has been said."""
