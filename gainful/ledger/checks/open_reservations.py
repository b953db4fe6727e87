"""No reservation stays open after its run has ended: a call's cost is never forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gainful.ledger.chain import Recorded
from gainful.ledger.finding import Finding

_RESERVE, _SETTLE = ":reserve", ":settle"


class OpenReservations:
    """Pairs each reservation with what settled or released it.

    Args:
        ended_runs: Ids of the runs that are over.
    """

    name = "open-reservations"

    def __init__(self, ended_runs: Collection[str]) -> None:
        self._ended = ended_runs
        self._open: dict[str, tuple[int, str]] = {}

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """A settlement without a reservation."""
        if entry.kind == "reserve":
            self._open[entry.key.removesuffix(_RESERVE)] = (entry.seq, entry.run_id)
        elif entry.kind in ("settle", "release") and self._open.pop(entry.key.removesuffix(_SETTLE), None) is None:
            yield Finding(self.name, f"Entry {entry.seq} ('{entry.key}') settles what was never reserved.", entry.seq)

    def finish(self) -> Iterator[Finding]:
        """The reservations that ended runs have left."""
        for key, (seq, run_id) in self._open.items():
            if run_id in self._ended:
                yield Finding(self.name, f"Run {run_id} ended, but its reservation '{key}' is still open.", seq)
