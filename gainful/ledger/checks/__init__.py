"""One invariant of the books a file: entries in, findings out.

A check looks at each entry in order (`look`) and says at the end what only the end shows (`finish`), so that books of
any length are checked in one pass and little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from gainful.ledger.chain import Recorded
from gainful.ledger.finding import Finding


class Check(Protocol):
    """One invariant."""

    name: str

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """What this entry breaks."""

    def finish(self) -> Iterator[Finding]:
        """What the end of the books breaks."""


def run_checks(entries: Iterable[Recorded], checks: Iterable[Check]) -> list[Finding]:
    """Everything these checks find in these entries, in one pass; the findings about single entries first."""
    every = list(checks)
    findings = [finding for entry in entries for check in every for finding in check.look(entry)]
    return findings + [finding for check in every for finding in check.finish()]
