"""Deals items to the two arms of the hold-out by chance that nobody can foresee, and that is the same whenever asked.

    dealt(key, "T-812", 0.05)      # Arm "hand" for one item in twenty, "agent" for the others

The deal is a keyed digest of the item's id: whoever has no key cannot tell what an item will be dealt to, nor look for
an id that suits them, and dealing again changes nothing.
Source: RFC 2104, HMAC; its output is as good as random to whoever does not know the key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

Arm = Literal["agent", "hand"]

KEY_OCTETS = 32
_DIGITS = 8
"""Octets of the digest that are read as a fraction: finer than any share."""


def dealt(key: bytes, item: str, share: float) -> Arm:
    """The arm of an item.

    Args:
        key: Secret of the installation, `KEY_OCTETS` long.
        item: Id of the work item.
        share: Part of all items that go to `hand`, 0 to 1.
    """
    digest = hmac.new(key, item.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    fraction = int.from_bytes(digest[:_DIGITS]) / 256**_DIGITS
    return "hand" if fraction < share else "agent"
