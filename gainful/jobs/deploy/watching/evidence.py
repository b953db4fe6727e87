"""How strongly counts speak against a claim, however often somebody looks.

    against = log_evidence(Counts(800, 1), Counts(200, 9), Claim(), prior_from(Counts(20_000, 20)))
    against >= threshold(0.001)          # proven: the claim was that the candidate is no worse

The number is the logarithm of an e-process. Under every truth that the claim allows, the chance that it ever reaches
`threshold(a)` is at most `a`, after whatever number of looks; so whoever looks each second pays nothing for it. It
depends on the counts so far alone, not on when somebody looked: a process that died goes on from the counters.

Source: Wasserman, Ramdas, Balakrishnan, "Universal inference", PNAS 117 (2020), section 7, for the quotient of a
mixture and a maximum; Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Stat. 41
(1970), for the mixture; Ville, "Étude critique de la notion de collectif" (1939), for the bound. The page
docs/explanation/watching-a-release.md derives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, log1p

_HALVINGS = 56
_WORTH = 5000.0
"""Trials that what was measured before counts for at most, as a first guess: the world drifts."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of how many: errors of requests, slow ones of all. Planning uses fractions."""

    trials: float
    hits: float

    @property
    def rate(self) -> float:
        """Hits a trial; 0 without a trial."""
        return self.hits / self.trials if self.trials else 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """That the candidate's rate is at most the live one's, plus `plus`."""

    plus: float = 0.0

    def allows(self, live: float, candidate: float) -> bool:
        """Whether it holds of these two rates."""
        return candidate <= live + self.plus


@dataclass(frozen=True, slots=True)
class Beta:
    """A guess at a rate, before anything is counted, with its weight among other guesses."""

    weight: float
    hits: float
    misses: float


@dataclass(frozen=True, slots=True)
class Prior:
    """Guesses at both rates. A bad guess makes the test slower and never wrong: it was made before the counting."""

    live: tuple[Beta, ...]
    candidate: tuple[Beta, ...]


def prior_from(before: Counts) -> Prior:
    """Guesses that fit a service whose counts before traffic moved were these."""
    scale = min(1.0, _WORTH / before.trials) if before.trials else 0.0
    hits, misses = before.hits * scale, (before.trials - before.hits) * scale
    seen = Beta(0.8, 0.5 + hits, 0.5 + misses)
    rate = guessed_rate(before)
    # Where a candidate may lie that is worse: some times as bad, a few percent, or anywhere.
    near = Beta(0.4, 1.0, 1.0 / min(0.5, 3 * rate))
    low = Beta(0.4, 1.0, 30.0)
    return Prior((seen, Beta(0.2, 0.5, 0.5)), (near, low, Beta(0.2, 0.5, 0.5)))


def guessed_rate(before: Counts) -> float:
    """A rate from few counts, or none: one in a hundred where nothing was counted."""
    return (before.hits + 0.5) / (before.trials + 50.0)


def threshold(chance: float) -> float:
    """What evidence must reach so that the chance of a false alarm is at most this, over all looks together."""
    return -log(chance)


def log_evidence(live: Counts, candidate: Counts, claim: Claim, prior: Prior) -> float:
    """Natural logarithm of the evidence against the claim; below 0 where the counts fit it."""
    guessed = log_mixture(live, prior.live) + log_mixture(candidate, prior.candidate)
    if claim.allows(live.rate, candidate.rate):
        return guessed - _log_likelihood(live, live.rate) - _log_likelihood(candidate, candidate.rate)
    return guessed - best_on_edge(live, candidate, claim)


def log_evidence_for(live: Counts, candidate: Counts, claim: Claim, prior: Prior) -> float:
    """The same against the opposite: that the candidate's rate is at least the live one's plus `plus`."""
    guessed = log_mixture(live, prior.live) + log_mixture(candidate, prior.candidate)
    if not claim.allows(live.rate, candidate.rate):
        return guessed - _log_likelihood(live, live.rate) - _log_likelihood(candidate, candidate.rate)
    return guessed - best_on_edge(live, candidate, claim)


def log_mixture(counts: Counts, guesses: tuple[Beta, ...]) -> float:
    """Logarithm of the chance of exactly this sequence of hits and misses, over all guesses."""
    parts = [
        log(guess.weight)
        + _log_beta(guess.hits + counts.hits, guess.misses + counts.trials - counts.hits)
        - _log_beta(guess.hits, guess.misses)
        for guess in guesses
    ]
    most = max(parts)
    return most + log(sum(exp(part - most) for part in parts))


def best_on_edge(live: Counts, candidate: Counts, claim: Claim) -> float:
    """The greatest log likelihood of the counts where the claim only just holds.

    Where the counts themselves do not fit the claim, this is its greatest anywhere in the claim: the likelihood is
    concave and the claim is convex, so the maximum lies on the edge.
    """
    plus = claim.plus
    if plus == 0.0:
        both = Counts(live.trials + candidate.trials, live.hits + candidate.hits)
        return _log_likelihood(both, both.rate)
    low, high = max(0.0, -plus), min(1.0, 1.0 - plus)
    misses, candidate_misses = live.trials - live.hits, candidate.trials - candidate.hits
    for _ in range(_HALVINGS):
        rate = (low + high) / 2
        edge = rate + plus
        slope = live.hits / rate - misses / (1 - rate) if 0 < rate < 1 else 0.0
        slope += candidate.hits / edge - candidate_misses / (1 - edge) if 0 < edge < 1 else 0.0
        low, high = (rate, high) if slope > 0 else (low, rate)
    rate = (low + high) / 2
    return _log_likelihood(live, rate) + _log_likelihood(candidate, rate + plus)


def interval(live: Counts, candidate: Counts, prior: Prior, chance: float = 0.05) -> tuple[float, float]:
    """Between what the difference of the two rates lies, but for this chance over all looks together."""
    wanted, here = threshold(chance / 2), candidate.rate - live.rate
    low, outside = here, -1.0
    if log_evidence(live, candidate, Claim(plus=outside), prior) < wanted:
        low = outside
    for _ in range(30 if low > outside else 0):
        middle = (low + outside) / 2
        proven = log_evidence(live, candidate, Claim(plus=middle), prior) >= wanted
        low, outside = (low, middle) if proven else (middle, outside)
    high, outside = here, 1.0
    if log_evidence_for(live, candidate, Claim(plus=outside), prior) < wanted:
        high = outside
    for _ in range(30 if high < outside else 0):
        middle = (high + outside) / 2
        proven = log_evidence_for(live, candidate, Claim(plus=middle), prior) >= wanted
        high, outside = (high, middle) if proven else (middle, outside)
    return low, high


def _log_likelihood(counts: Counts, rate: float) -> float:
    """Logarithm of the chance of exactly this sequence, where the rate is known."""
    hits, misses = counts.hits, counts.trials - counts.hits
    if (hits > 0 and rate <= 0) or (misses > 0 and rate >= 1):
        return float("-inf")
    return (hits * log(rate) if hits > 0 else 0.0) + (misses * log1p(-rate) if misses > 0 else 0.0)


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)
