"""Which items get a second look, by chance and by what is at stake, and how many looks it takes.

First come failed looks: another auditor confirms them, or does not. Half of the rest go to claimed items at random,
each with the same chance. The other half goes where a look tells most, to the circles of claimants (what one verifier
has accepted often is a circle, everything else of a claimant another; see `gainful.worth.trust`) in proportion to

    weight = V · sd · risk

V is what the items of the circle claim to be worth, sd how uncertain it is that they are real: large where few have
been looked at and after a failed look, small after many that passed. That is the optimal allocation of Neyman (1934)
with the doubt of each circle as the spread. `risk` is 1 to 4, for circumstances under which a look has more to find:
those who verify each other's work; verdicts minutes after the claim; items that hardly took anybody's time. It decides
where is looked and nothing else: nobody's worth falls by it.

Within one circle it is always chance which item is looked at. So the looks at a circle stay a random sample of it,
whatever decided that there be one.

To find, with chance `power`, that a share `s` of a unit's claims is false takes n looks, (1 − s)ⁿ ≤ 1 − power:

    n = ln(1 − power) / ln(1 − s)

Source: Neyman, "On the Two Different Aspects of the Representative Method" (1934); Cochran, "Sampling Techniques"
(1977), sections 5.5 and 9A; monetary unit sampling is the same idea in the auditing of accounts.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log

from gainful.worth.assessment import AuditPlan

FOUND_SHARE = 0.3
POWER = 0.9
_AT_RANDOM = 0.5
_QUICK_MINUTES = 10.0
_LITTLE_MINUTES = 1.0
_MOST_RISK = 4.0

Circle = tuple[str, str]
"""A claimant, and the verifier that the circle is of; empty for everything else of theirs."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed item, as far as it matters who looks at what.

    Args:
        person, team: Who answers for it.
        verifier: Who accepted it; empty where nobody did.
        circle: The verifier, where they have accepted enough of the claimant's to be looked at by themselves.
        value: Dollars that it claims to be worth.
        doubt: Standard deviation of what is real of its circle.
        quick: Minutes between claim and acceptance; None without one.
        given: Minutes that people gave for it.
        looked: Whether somebody has looked at it.
        again: Whether a look at it failed that another one must confirm.
    """

    id: str
    person: str
    team: str
    verifier: str
    value: float
    doubt: float
    quick: float | None
    given: float
    looked: bool
    again: bool = False
    circle: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """An item to be looked at.

    Args:
        by: `again`, `chance` or `stake`.
        probability: That it would be picked, about.
    """

    item: str
    by: str
    probability: float


def next_audits(claimed: Sequence[Claimed], count: int, chance: random.Random) -> list[Pick]:
    """Which items to look at next; fewer than asked for where there are no more."""
    unseen = [one for one in claimed if not one.looked]
    at_random = min(len(unseen), round(count * _AT_RANDOM))
    picked = {one.id: Pick(one.id, "chance", at_random / len(unseen)) for one in chance.sample(unseen, at_random)}
    rest = [one for one in unseen if one.id not in picked]
    for pick in _by_stake(rest, claimed, min(count - at_random, len(rest)), chance):
        picked[pick.item] = pick
    return list(picked.values())


def _by_stake(rest: Sequence[Claimed], claimed: Sequence[Claimed], count: int, chance: random.Random) -> list[Pick]:
    weights = weights_of(claimed)
    open_: defaultdict[Circle, list[Claimed]] = defaultdict(list)
    for one in rest:
        open_[one.person, one.circle].append(one)
    circles = sorted(open_)
    whole = sum(weights[circle] for circle in circles)
    if not count or whole <= 0:
        return []
    picks: list[Pick] = []
    shares = [weights[circle] * count / whole for circle in circles]
    for circle, share, looks in zip(circles, shares, _systematic(shares, chance), strict=True):
        mine = open_[circle]
        for one in chance.sample(mine, min(looks, len(mine))):
            picks.append(Pick(one.id, "stake", min(1.0, share / len(mine))))
    return picks


def _systematic(expected: Sequence[float], chance: random.Random) -> list[int]:
    """Whole numbers with these expectations, whose sum is the sum of these but for one."""
    mark, found, sum_ = chance.random(), [], 0.0
    for one in expected:
        before = ceil(sum_ - mark)
        sum_ += one
        found.append(max(0, ceil(sum_ - mark) - before))
    return found


def weights_of(claimed: Sequence[Claimed]) -> dict[Circle, float]:
    """How much there is to learn about each circle."""
    value: defaultdict[Circle, float] = defaultdict(float)
    doubt: dict[Circle, float] = {}
    for one in claimed:
        value[one.person, one.circle] += max(one.value, 0.01)
        doubt[one.person, one.circle] = one.doubt
    risks = risks_of(claimed)
    return {circle: value[circle] * doubt[circle] * risks[circle] for circle in value}


def risks_of(claimed: Sequence[Claimed]) -> dict[Circle, float]:
    """1 for usual circumstances, up to 4 for those under which a look finds more."""
    mine: defaultdict[Circle, list[Claimed]] = defaultdict(list)
    for one in claimed:
        mine[one.person, one.circle].append(one)
    verified: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in claimed:
        if one.verifier:
            verified[one.person, one.verifier] += 1
    return {circle: min(_MOST_RISK, 1 + _risk(items, verified)) for circle, items in mine.items()}


def _risk(items: Sequence[Claimed], verified: Mapping[tuple[str, str], int]) -> float:
    accepted = [one for one in items if one.verifier]
    if not accepted:
        return 0.0
    mutual = sum(verified.get((one.verifier, one.person), 0) > 0 for one in accepted) / len(accepted)
    quick = sum(one.quick is not None and one.quick < _QUICK_MINUTES for one in accepted) / len(accepted)
    little = sum(one.given < _LITTLE_MINUTES for one in accepted) / len(accepted)
    return 2 * mutual + quick + little


def needed(found_share: float, power: float) -> int:
    """Looks at one unit that find, with this chance, that such a share of its claims is false."""
    return ceil(log(1 - power) / log(1 - found_share))


def plan_of(claimed: int, looked: int, units: int) -> AuditPlan:
    """How many looks the organisation needs so that each claimant is found out, and how many there were."""
    rate = min(1.0, needed(FOUND_SHARE, POWER) * units / claimed) if claimed else 0.0
    return AuditPlan(FOUND_SHARE, POWER, rate, looked / claimed if claimed else 0.0)
