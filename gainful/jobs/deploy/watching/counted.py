"""What was counted since a moment, through restarts of what counts.

    counted = begin(first)                 # as traffic moves
    counted = counted.then(now)            # at each look; keep it in the journal
    counted.total

A counter that fell began anew. One that began anew and has grown past its old value is no longer seen to have fallen,
so each read is compared with the one before it, and never with the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from gainful.core.value import Json
from gainful.jobs.deploy.watching.settings import WatchInvalid
from gainful.sdk.metrics import NOTHING, Totals

_ENDLESS = "+Inf"


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters as last read, and the sum of what happened since the first read."""

    last: Totals
    total: Totals = NOTHING

    def then(self, now: Totals) -> Counted:
        """With what happened between the last read and this one.

        Raises:
            MetricsInvalid: The buckets changed meanwhile.
        """
        return Counted(now, added(self.total, now.since(self.last)))

    def as_json(self) -> dict[str, Json]:
        """As the journal keeps it."""
        return {"last": totals_json(self.last), "total": totals_json(self.total)}


def counted_from(kept: Json) -> Counted:
    """What `as_json` wrote.

    Raises:
        WatchInvalid: It did not.
    """
    try:
        return Counted(totals_from(kept["last"]), totals_from(kept["total"]))
    except (KeyError, TypeError) as error:
        raise WatchInvalid("The kept counters of a watch cannot be read.", "Start the deployment anew.") from error


def added(one: Totals, other: Totals) -> Totals:
    """Both together. Buckets of one that has no requests do not matter."""
    if not one.buckets or not other.buckets:
        buckets = one.buckets or other.buckets
    else:
        counts = dict(one.buckets)
        buckets = tuple((bound, counts.get(bound, 0) + count) for bound, count in other.buckets)
    return Totals(one.requests + other.requests, one.errors + other.errors, buckets)


def totals_json(totals: Totals) -> dict[str, Json]:
    """Counters as JSON, which has no infinity."""
    buckets = [[_ENDLESS if bound == inf else bound, count] for bound, count in totals.buckets]
    return {"requests": totals.requests, "errors": totals.errors, "buckets": buckets}


def totals_from(kept: Json) -> Totals:
    """The counters that `totals_json` wrote.

    Raises:
        WatchInvalid: It did not.
    """
    try:
        buckets = tuple((inf if bound == _ENDLESS else float(bound), int(count)) for bound, count in kept["buckets"])
        return Totals(int(kept["requests"]), int(kept["errors"]), buckets)
    except (KeyError, TypeError, ValueError) as error:
        raise WatchInvalid("Kept counters cannot be read.", "Start the deployment anew.") from error
