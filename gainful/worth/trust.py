"""How much of what somebody claims is real, told from blind second looks at it.

A look is a blind audit by somebody outside the claimant's team who has no stake in the item. A look that fails is
confirmed by another auditor before it counts; where two disagree, a third decides. So an item that was looked at is
*good*, *bad*, or *open* while a failed look waits to be confirmed; open ones count as if nobody had looked.

Of all claims of one claimant, which ones are looked at is chance; so the share that is good estimates the share of
their claims that is real. It is estimated for each circle by itself: what one verifier has accepted often is a circle
of its own, everything else is one together.

    real(c)    = (W·p₀ + good(c) − λ·bad(c))          / (W + good(c) + bad(c))       W = 1, p₀ = 0.98
    real(c, v) = (V·real(c) + good(c,v) − λ·bad(c,v)) / (V + good(c,v) + bad(c,v))   V = 2, λ = 1/4

and not below 0. A bad item counts a little against the others. Without that, making things up would pay for as long as
nobody has looked often enough: of a share d of made-up claims, the first guess lets d·W/(W + n) stand after n looks,
and λ·d takes more than that away once n > W/λ − W = 3. The first guess is the same for everybody, and nothing of this
depends on what others did: who was verified by somebody that was fooled by others, or works beside people who make
things up, loses nothing by it.

**Honesty** is about how large the work was. An auditor who passed an item says what it would have taken by hand. An
item is *small* when that is less than nineteen of twenty items of its class took that were done by hand. Honest work
has small items too, about one in twenty; what goes beyond that is taken off, by the minutes that are missing:

    κ(c) = 1 − (1 + λ) · max(0, Σ small (B − m) − ε Σ B) / (Σ B + 3 B̄)       from 0 to 1, ε = 0.04

over the good items of c that were looked at: B is the baseline of each one's class, B̄ their mean, m the audited
minutes. A look at ordinary items says nothing against anybody, however much they differ.

**Auditors** are looked at too. Planted items have a known answer; who misses them, weighs less:

    a = (9.5 + right) / (10 + planted),   w = clamp((a − 0.5) / 0.45, 0, 1)

so that the looks of somebody who passes everything weigh nothing.

Source: Gelman et al., "Bayesian Data Analysis" (2013), sections 2.4 and 5.3, for the shrunken shares; Cochran,
"Sampling Techniques" (1977), section 6.3, for the ratio; Becker, "Crime and Punishment" (1968), for why being found out
must cost more than it gains.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, lgamma, log, log1p, sqrt

from gainful.core.fact import Audit
from gainful.worth.record import Organisation
from gainful.worth.settling import Settled

FIRST_GUESS = 0.98
WEIGHT = 1.0
CIRCLE_WEIGHT = 2.0
AGAINST = 0.25
"""How much a bad item counts against others."""
OFTEN = 5
"""Items of one claimant that one verifier accepted, from which on they are a circle of their own."""

_CONFIRMED = 1.8
"""Weight of failed looks that makes an item bad: two careful auditors, or more who are less careful."""
_SEEN = 0.5
_SMALL_SHARE = 0.05
_USUAL_MISSING = 0.04
"""Part of honest baselines that is missing in their small items."""
_SIZE_WEIGHT = 3.0


class Seen(StrEnum):
    """What looks have made of an item."""

    UNSEEN = "unseen"
    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


def seen(passed: float, failed: float) -> Seen:
    """What an item is by the weights of the looks that it passed and failed."""
    if failed >= _CONFIRMED and failed > passed:
        return Seen.BAD
    if failed > passed:
        return Seen.OPEN
    if failed:
        return Seen.OPEN if passed < _CONFIRMED else Seen.GOOD
    return Seen.GOOD if passed >= _SEEN else Seen.UNSEEN


def by_chance(trials: int, hits: int, rate: float) -> float:
    """The chance of so many hits or more, at this rate; also for many thousands of trials."""
    if hits <= 0:
        return 1.0
    if hits > trials or rate <= 0:
        return 0.0
    if rate >= 1:
        return 1.0
    # By logarithms: the number of ways is beyond what a float holds from about a thousand trials on.
    ways = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1)
    term = exp(ways + hits * log(rate) + (trials - hits) * log1p(-rate))
    if term < 1e-300:
        # So far out that the sum is nothing, or everything.
        return 0.0 if hits > trials * rate else 1.0
    whole, one = 0.0, hits
    while one <= trials and (term > whole * 1e-17 or one < trials * rate):
        whole += term
        term *= (trials - one) / (one + 1) * rate / (1 - rate)
        one += 1
    return min(1.0, whole)


@dataclass
class Tally:
    """What looks have made of one claimant's items, or of a part of them."""

    good: int = 0
    bad: int = 0

    def real(self, guess: float, weight: float) -> float:
        """The share that is real, less what the bad ones take away; from a first guess that weighs so much."""
        return max(0.0, (weight * guess + self.good - AGAINST * self.bad) / (weight + self.good + self.bad))

    def variance(self, guess: float, weight: float) -> float:
        """Of the share that is good, as of a Beta distribution."""
        looks = weight + self.good + self.bad
        share = (weight * guess + self.good) / looks
        return share * (1 - share) / (looks + 1)


@dataclass
class Auditors:
    """Who has missed planted items."""

    right: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    planted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def tested(self, auditor: str, *, right: bool) -> None:
        """Take note of an answer about a planted item."""
        self.planted[auditor] += 1
        self.right[auditor] += right

    def weight(self, auditor: str) -> float:
        """How much a look of theirs weighs, 0 to 1."""
        accuracy = (9.5 + self.right[auditor]) / (10 + self.planted[auditor])
        return min(1.0, max(0.0, (accuracy - 0.5) / 0.45))


@dataclass
class Trust:
    """What the looks say of each claimant, and of each claimant's work by circle."""

    auditors: Auditors = field(default_factory=Auditors)
    by_claimant: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_circle: defaultdict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    sizes: defaultdict[str, list[tuple[float, float, bool]]] = field(default_factory=lambda: defaultdict(list))

    def looked(self, claimant: str, circle: str, *, good: bool) -> None:
        """Take note of what looks have made of one item."""
        for tally in (self.by_claimant[claimant], self.by_circle[claimant, circle]):
            tally.good += good
            tally.bad += not good

    def sized(self, claimant: str, minutes: float, baseline: float, *, small: bool) -> None:
        """Take note of how large a good item was beside its baseline."""
        self.sizes[claimant].append((minutes, baseline, small))

    def real(self, claimant: str, circle: str) -> tuple[float, float]:
        """Share of this claimant's items of this circle that is real, and its variance."""
        if claimant not in self.by_claimant:
            return FIRST_GUESS, Tally().variance(FIRST_GUESS, WEIGHT)
        whole = self.by_claimant[claimant].real(FIRST_GUESS, WEIGHT)
        part = self.by_circle.get((claimant, circle), Tally())
        return part.real(whole, CIRCLE_WEIGHT), part.variance(whole, CIRCLE_WEIGHT)

    def doubt(self, claimant: str, circle: str) -> float:
        """How uncertain the share is that is real and as large as it should be, as a standard deviation."""
        found = self.sizes.get(claimant, ())
        small = sum(small for _, _, small in found)
        sizes = Tally(len(found) - small, small).variance(1 - _SMALL_SHARE, WEIGHT)
        return sqrt(self.real(claimant, circle)[1] + sizes)

    def honesty(self, claimant: str) -> float:
        """How large this claimant's items are beside their baselines, 0 to 1; 1 unless the looks show otherwise."""
        found = self.sizes.get(claimant, ())
        if not found:
            return 1.0
        whole = sum(baseline for _, baseline, _ in found)
        missing = sum(max(0.0, baseline - minutes) for minutes, baseline, small in found if small)
        beyond = max(0.0, missing - _USUAL_MISSING * whole)
        return max(0.0, 1 - (1 + AGAINST) * beyond / (whole + _SIZE_WEIGHT * whole / len(found)))

    def small_by_chance(self, claimant: str) -> float:
        """The chance that so many of their items were small."""
        found = self.sizes.get(claimant, ())
        return by_chance(len(found), sum(small for _, _, small in found), _SMALL_SHARE) if found else 1.0


def may_look(audit: Audit, settled: Settled, who: Organisation) -> bool:
    """Whether a look counts: by somebody of another team, who neither claimed nor accepted the item."""
    auditor = who.behind(audit.auditor)
    if auditor in settled.side or auditor == who.behind(settled.verifier):
        return False
    team = who.team_of(auditor)
    return not team or team != settled.team
