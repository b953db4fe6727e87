"""Identifiers: short enough to type, long enough not to collide."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

IdFactory = Callable[[], str]
"""A function that returns a fresh identifier at each call."""

# Crockford's base 32: no I, L, O or U, so an id survives being read aloud.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def random_id(length: int = 10) -> str:
    """A fresh random id of `length` base-32 digits (5 bits each)."""
    return _base32(secrets.randbits(5 * length), length)


def stable_id(*parts: str, length: int = 10) -> str:
    """The same id for the same parts, always: base-32 digits of a SHA-256 over the length-prefixed parts."""
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode())
    return _base32(int.from_bytes(digest.digest()[:16]) >> (128 - 5 * length), length)
