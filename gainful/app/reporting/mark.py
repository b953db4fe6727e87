"""How far a server has acknowledged what it was told: an entry of the ledger, and the runs that had ended.

Entries are counted by their number, in which no other process can be late. The digest beside it tells whether these are
still the same books: after a restore the numbers begin at an older one, and what was told already is told again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from gainful.app.reporting.spans import Told

BACK = timedelta(hours=1)
"""How much earlier than one that was booked or ended before it something may be dated."""

_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark.

    Args:
        seq: Number of the last entry that was acknowledged; 0: none.
        digest: Its digest.
        booked: Its time.
        ended: When the last run had ended that was acknowledged.
        runs: Those that had ended no longer than `BACK` before it, and when.
        whole: Number of the last entry whose call was told as one span, whatever it was shared out over.
    """

    seq: int = 0
    digest: str = ""
    booked: datetime = _BEGINNING
    ended: datetime = _BEGINNING
    runs: tuple[tuple[str, datetime], ...] = ()
    whole: int = 0

    @property
    def known(self) -> frozenset[str]:
        """Runs that were acknowledged, of those that may come up again."""
        return frozenset(id_ for id_, _ in self.runs)

    def after(self, told: Told) -> Mark:
        """The mark once this, too, was acknowledged."""
        if not told.last:
            return self
        if told.entry is not None:
            return replace(self, seq=told.entry.seq, digest=told.entry.digest, booked=told.at)
        ended = max(self.ended, told.at)
        runs = (one for one in (*self.runs, (told.run, told.at)) if one[1] >= ended - BACK)
        return replace(self, ended=ended, runs=tuple(runs))

    def as_text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), default=datetime.isoformat)


def mark_from(kept: str) -> Mark:
    """The mark that `as_text` wrote."""
    found = json.loads(kept)
    times = {name: datetime.fromisoformat(found[name]) for name in ("booked", "ended")}
    runs = tuple((id_, datetime.fromisoformat(ended)) for id_, ended in found["runs"])
    # A mark without it was set when every call was told as one span: told again, they are those spans.
    return Mark(**{"whole": found["seq"], **found, **times, "runs": runs})
