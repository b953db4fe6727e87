"""What a source of metrics implements: how many requests a slot has answered, how many badly, and how fast.

totals = source.read(["blue", "green"])           # counters since some beginning, the same for all reads
totals["green"].since(before["green"])            # what has happened in between
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gainful.core.errors import Invalid
from gainful.sdk.tool import ToolUnreachable


class MetricsUnreachable(ToolUnreachable):
    """The source did not answer, or answered in a way that nobody understands."""

    code = "metrics-unreachable"


class MetricsInvalid(Invalid):
    """The source has nothing of this name, or its buckets changed meanwhile."""

    code = "metrics-invalid"


@dataclass(frozen=True, slots=True)
class Totals:
    """Counters of one slot.

    Args:
        requests: Answered so far.
        errors: Of those, answered with a fault of the service.
        buckets: Of those, how many took at most so long: upper bound in seconds, count so far, by bound; cumulative,
            as Prometheus has them. Empty where the source does not measure time.
    """

    requests: int
    errors: int
    buckets: tuple[tuple[float, int], ...] = ()

    def since(self, before: Totals) -> Totals:
        """What was counted between two reads. A counter that fell began anew in between, and counts from there.

        Raises:
            MetricsInvalid: The two do not have the same buckets.
        """
        if self.requests < before.requests or self.errors < before.errors:
            return self
        bounds, earlier = [bound for bound, _ in self.buckets], dict(before.buckets)
        if before.buckets and bounds != list(earlier):
            raise MetricsInvalid("The buckets of the latency changed meanwhile.", "Let both releases use the same.")
        buckets = tuple((bound, count - earlier.get(bound, 0)) for bound, count in self.buckets)
        return Totals(self.requests - before.requests, self.errors - before.errors, buckets)


NOTHING = Totals(0, 0)


@runtime_checkable
class MetricSource(Protocol):
    """Reads the counters of slots. One thread at a time."""

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Totals by slot, all read at one moment as far as the source can; a slot without traffic yet has `NOTHING`.

        Raises:
            MetricsUnreachable, MetricsInvalid: As they say.
        """

    def close(self) -> None:
        """Let go of every connection. Safe to call twice."""
