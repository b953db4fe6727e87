"""Chains: each link's digest covers its content and the digest before it, so that no change goes unseen.

An edit, a deletion or a reordering breaks the chain at that link. Links cut off at the end leave a sound shorter chain:
to see that, something outside the chain must remember how far it had come.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

GENESIS = "0" * 64
"""What the first link names as its previous digest."""

_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def digest_of(content: Sequence[object]) -> str:
    """The SHA-256 (hex) of this content, written as a JSON array: no two different contents share one text."""
    return hashlib.sha256(_JSON.encode(content).encode()).hexdigest()


class Walk:
    """Follows a chain from its beginning and says what is wrong with the first link that does not belong.

    Args:
        written: What is done to put a link into this chain, for the sentence: `booked`.
    """

    def __init__(self, written: str = "written") -> None:
        self._written = written
        self.seq = 0
        self.digest = GENESIS
        self.broken = False

    def step(self, seq: int, previous: str, digest: str, computed: Callable[[], str], name: str = "") -> str:
        """What is wrong with the next link, in one sentence; empty when it is sound, or one before it was not.

        Args:
            computed: Gives the digest that the link's content should have.
            name: What else to call the link by.
        """
        problem = "" if self.broken else self._problem(seq, previous, digest, computed, f" ('{name}')" if name else "")
        self.broken = self.broken or bool(problem)
        self.seq, self.digest = seq, digest
        return problem

    def _problem(self, seq: int, previous: str, digest: str, computed: Callable[[], str], name: str) -> str:
        if seq != self.seq + 1:
            return f"Entry {self.seq + 1} is missing: {seq} comes next."
        if previous != self.digest:
            return f"Entry {seq}{name} does not follow the entry before it."
        if digest != computed():
            return f"Entry {seq}{name} was changed after it was {self._written}."
        return ""
