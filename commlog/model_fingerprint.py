"""Whether something is still what it was: a short hash of bytes."""

from collections.abc import Iterable

try:
    # What hashlib would give, without loading OpenSSL for it.
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - another Python than CPython
    from hashlib import blake2b


def fingerprint_of(parts: Iterable[bytes]) -> bytes:
    """Sixteen bytes that change when any part does, or where one ends."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
