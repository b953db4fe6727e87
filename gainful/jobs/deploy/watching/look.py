"""What a look at the counters says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gainful.core.value import Json
from gainful.jobs.deploy.watching.evidence import (
    Claim,
    Counts,
    interval,
    log_evidence,
    prior_from,
    threshold,
)
from gainful.jobs.deploy.watching.settings import WatchSettings


class Verdict(StrEnum):
    """What is to be done now."""

    GO_ON = "go-on"
    GOOD = "good"
    """The window is over, there was enough traffic, and nothing is wrong: promote."""
    BAD = "bad"
    """It is worse, by more than the margin: roll back."""
    NOT_ENOUGH = "not-enough"
    """The time is over, and the traffic did not suffice to know. A person decides; it is no pass."""
    HOLD = "hold"
    """Something is wrong that is not the candidate's doing; promote nothing meanwhile."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The margin: the live release as it may be worse.

    Args:
        live: What it counted; for the latency, what it would have counted if it were slower by the margin.
        before: The same before traffic moved.
        claim: How much worse than that the candidate may be.
    """

    live: Counts
    before: Counts
    claim: Claim

    def against(self, candidate: Counts) -> float:
        """Evidence that the candidate is worse than this, as a natural logarithm."""
        return log_evidence(self.live, candidate, self.claim, prior_from(self.before))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The candidate beside the live release, in one respect.

    Args:
        what: `errors` or `latency`.
        before: What was counted before traffic moved: a first guess at the rates.
        limit: What the candidate must not be worse than.
        worse: Evidence that it is worse at all, as a natural logarithm.
        proven: Whether that suffices, and the evidence that it is worse than the limit does too.
        needed: What the two must reach for that.
    """

    what: str
    live: Counts
    candidate: Counts
    before: Counts
    limit: Limit
    worse: float
    proven: bool
    needed: tuple[float, float]

    @property
    def beyond(self) -> float:
        """Evidence that it is worse than the limit, as a natural logarithm."""
        return self.limit.against(self.candidate)

    @property
    def looks_worse(self) -> bool:
        """Whether the rates as they stand lie further apart than the margin allows, proven or not."""
        return not self.limit.claim.allows(self.limit.live.rate, self.candidate.rate)

    def interval(self, chance: float = 0.05) -> tuple[float, float]:
        """Between what the difference of the rates lies, but for this chance over all looks."""
        return interval(self.live, self.candidate, prior_from(self.before), chance)

    def as_json(self) -> dict[str, Json]:
        """For the journal and for pages."""
        low, high = self.interval()
        return {
            "what": self.what,
            "live": {"of": self.live.trials, "hits": self.live.hits, "rate": self.live.rate},
            "candidate": {"of": self.candidate.trials, "hits": self.candidate.hits, "rate": self.candidate.rate},
            "difference": {"low": low, "high": high, "sure": 0.95},
            "allowed": self.limit.live.rate + self.limit.claim.plus - self.live.rate,
            "evidence": {"worse": round(self.worse, 3), "beyond_margin": round(self.beyond, 3)},
            "needed": {"worse": round(self.needed[0], 3), "beyond_margin": round(self.needed[1], 3)},
            "proven": self.proven,
        }


def compare(
    what: str, live: Counts, candidate: Counts, before: Counts, limit: Limit, settings: WatchSettings
) -> Comparison:
    """The candidate beside the live release: is it worse at all, and by more than the margin?"""
    worse = log_evidence(live, candidate, Claim(), prior_from(before))
    needed = threshold(settings.false_alarm), threshold(settings.doubt)
    proven = worse >= needed[0] and limit.against(candidate) >= needed[1]
    return Comparison(what, live, candidate, before, limit, worse, proven, needed)


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Args:
        why: In one sentence, for people.
        elapsed: Seconds since traffic moved.
        sample: Requests that the candidate must have answered before it can be good.
        seen: Requests that it has answered.
        latency: None where it is not watched; `unwatched` says why.
        window: Seconds after which it can be good, if it has the sample.
        bound: Seconds beyond which an answer counts as slow; None where the latency is not watched.
    """

    verdict: Verdict
    why: str
    elapsed: float
    sample: int
    seen: int
    errors: Comparison
    latency: Comparison | None = None
    unwatched: str = ""
    window: float = 0.0
    bound: float | None = None

    def as_json(self) -> dict[str, Json]:
        """For the journal and for pages."""
        return {
            "verdict": str(self.verdict),
            "why": self.why,
            "elapsed": self.elapsed,
            "sample": self.sample,
            "seen": self.seen,
            "errors": self.errors.as_json(),
            "latency": self.latency.as_json() if self.latency else None,
            "unwatched": self.unwatched,
            "window": self.window,
            "bound": self.bound,
        }
