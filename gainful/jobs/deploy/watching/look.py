"""What a look at the counters says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gainful.core.value import Json
from gainful.jobs.deploy.watching.evidence import (
    Claim,
    Counts,
    Prior,
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
class Comparison:
    """The candidate beside the live release, in one respect.

    Args:
        what: `errors` or `latency`.
        margin: The claim that it is worse by the margin at most.
        before: What was counted before traffic moved: a first guess at the rates.
        worse: Evidence that it is worse at all, as a natural logarithm.
        proven: Whether that suffices, and the evidence that it is worse by more than the margin does too.
    """

    what: str
    live: Counts
    candidate: Counts
    margin: Claim
    before: Counts
    worse: float
    proven: bool

    @property
    def beyond(self) -> float:
        """Evidence that it is worse by more than the margin, as a natural logarithm."""
        return log_evidence(self.live, self.candidate, self.margin, prior_from(self.before))

    @property
    def looks_worse(self) -> bool:
        """Whether the rates as they stand lie further apart than the margin allows, proven or not."""
        return not self.margin.allows(self.live.rate, self.candidate.rate)

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
            "evidence": {"worse": round(self.worse, 3), "beyond_margin": round(self.beyond, 3)},
            "proven": self.proven,
        }


def compare(
    what: str, live: Counts, candidate: Counts, margin: Claim, before: Counts, settings: WatchSettings
) -> Comparison:
    """The candidate beside the live release: is it worse at all, and by more than the margin?"""
    prior: Prior = prior_from(before)
    worse = log_evidence(live, candidate, Claim(), prior)
    proven = worse >= threshold(settings.false_alarm) and (
        log_evidence(live, candidate, margin, prior) >= threshold(settings.doubt)
    )
    return Comparison(what, live, candidate, margin, before, worse, proven)


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Args:
        why: In one sentence, for people.
        elapsed: Seconds since traffic moved.
        sample: Requests that the candidate must have answered before it can be good.
        seen: Requests that it has answered.
        latency: None where it is not watched; `unwatched` says why.
    """

    verdict: Verdict
    why: str
    elapsed: float
    sample: int
    seen: int
    errors: Comparison
    latency: Comparison | None = None
    unwatched: str = ""

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
        }
