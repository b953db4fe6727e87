"""How much of what somebody claims is real, told from blind second looks at it.

A look is a blind audit by somebody outside the claimant's team who has no stake in the item. Of all claims of one
claimant, which ones are looked at is chance; so the share that passed estimates the share of their claims that is real.

**Trust** of claimant c, and of those claims of theirs that verifier v accepted:

    τ(c)    = (W·p₀ + passed(c))    / (W + looks(c))             W = 2, p₀ = 0.97
    τ(c, v) = (W·τ(c) + passed(c,v)) / (W + looks(c,v))

That is the mean of a Beta distribution whose first guess weighs as much as W looks. The first guess is the same for
everybody. Nothing of it depends on what others did: who was verified by somebody that was fooled by others, or works
beside people who make things up, loses nothing by it.

**Honesty** is about how large the work was. An auditor who passed an item says what it would have taken by hand:

    κ(c) = min(1, ρ + z·s/√n)      ρ: audited minutes / baseline minutes, over the n passed items; s: its spread

The doubt is the claimant's: only a shortfall beyond chance (z = 1.645, one in twenty) lowers it. Below `_FEW` items
it is 1.

**Auditors** are looked at too. Planted items have a known answer; who misses them, weighs less:

    a = (9.5 + right) / (10 + planted),   w = clamp((a − 0.5) / 0.45, 0, 1)

A look weighs w, so somebody who passes everything weighs nothing.

Source: Gelman et al., "Bayesian Data Analysis" (2013), sections 2.4 and 5.3, for the shrunken shares; Cochran,
"Sampling Techniques" (1977), section 6.3, for the ratio.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt

from gainful.core.fact import Audit
from gainful.worth.record import Organisation
from gainful.worth.settling import Settled

WEIGHT = 2.0
FIRST_GUESS = 0.97
_FEW = 3
_DOUBT = 1.645


@dataclass
class Tally:
    """Looks at one claimant's work, or at a part of it; weighed."""

    passed: float = 0.0
    looks: float = 0.0

    def share(self, guess: float) -> float:
        """The share that is real, beginning from a first guess."""
        return (WEIGHT * guess + self.passed) / (WEIGHT + self.looks)

    def variance(self, guess: float) -> float:
        """Of that share, as of a Beta distribution."""
        share = self.share(guess)
        return share * (1 - share) / (WEIGHT + self.looks + 1)


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
    """What the looks say of each claimant, and of each claimant's work by verifier."""

    auditors: Auditors = field(default_factory=Auditors)
    by_claimant: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_pair: defaultdict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    ratios: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def looked(self, claimant: str, verifier: str, audit: Audit, baseline: float | None) -> None:
        """Take note of one look.

        Args:
            baseline: Minutes that items of this class take by hand; None where unknown.
        """
        weight = self.auditors.weight(audit.auditor)
        for tally in (self.by_claimant[claimant], self.by_pair[claimant, verifier]):
            tally.looks += weight
            tally.passed += weight * audit.passed
        if audit.passed and weight and baseline and audit.minutes is not None:
            self.ratios[claimant].append(float(audit.minutes) / baseline)

    def real(self, claimant: str, verifier: str) -> tuple[float, float]:
        """Share of this claimant's items accepted by this verifier that is real, and its variance."""
        if claimant not in self.by_claimant:
            return FIRST_GUESS, Tally().variance(FIRST_GUESS)
        whole = self.by_claimant[claimant].share(FIRST_GUESS)
        pair = self.by_pair.get((claimant, verifier), Tally())
        return pair.share(whole), pair.variance(whole)

    def honesty(self, claimant: str) -> float:
        """How large this claimant's items are beside their baselines, 0 to 1; 1 unless the looks show otherwise."""
        found = self.ratios.get(claimant, ())
        if len(found) < _FEW:
            return 1.0
        mean = sum(found) / len(found)
        spread = sqrt(sum((one - mean) ** 2 for one in found) / (len(found) - 1))
        return min(1.0, mean + _DOUBT * spread / sqrt(len(found)))


def may_look(audit: Audit, settled: Settled, who: Organisation) -> bool:
    """Whether a look counts: by somebody of another team, who neither claimed nor accepted the item."""
    auditor = who.behind(audit.auditor)
    if auditor in settled.side or auditor == who.behind(settled.verifier):
        return False
    team = who.team_of(auditor)
    return not team or team != settled.team
