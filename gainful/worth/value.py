"""What one verified item adds, in minutes and dollars, and what is not known about it.

    minutes = real · κ · share · fraction · B          money = real · money      (a loss counts whole)

real: whether it is real, 1 or 0 where looks have settled that, else the share of its circle that is
(`gainful.worth.trust`); κ: the claimant's honesty; share: how much of the result is left; fraction · B: the part of a
class's baseline that it counts as (`gainful.worth.parts`).

What is not known of it falls into three, which add up in different ways. Write w = κ · share · fraction · B + money/r
for what it is worth in minutes if it is real, s for the standard deviation of one item's time by hand, and r for the
rate of a minute:

- *alone*: what this item takes and whether this one is real, given the share that is. Independent of other items:
  real · (κ · share · fraction · s)² + real · (1 − real) · w².
- *doubt*: the share itself is an estimate; its standard deviation times w. It is off for all items of the circle
  alike, so these add up before they are squared. A share is never below 0, so its P10 is taken to be 0 at the least:
  nobody stands worse for having claimed something than for having claimed nothing, but for what it cost.
- the baseline's error: off for all items of the class alike, and added up by class, from `part`.

The first is the law of total variance for a product of an independent time and a Bernoulli variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from gainful.worth.baseline import P10, Measured
from gainful.worth.parts import Counted
from gainful.worth.settling import Settled
from gainful.worth.trust import Seen, Trust
from gainful.worth.unit import nano


@dataclass(frozen=True, slots=True)
class Value:
    """What an item adds.

    Args:
        minutes: Saved, as expected.
        money: Brought or saved beside that, in billionths of a dollar.
        alone: Standard deviation that is this item's own, minutes.
        doubt: Standard deviation that it shares with its circle, minutes.
        work_class: Whose baseline it counts by.
        part: How much of that is in it.
        claimed: Minutes that it would have saved if everything were as claimed.
    """

    minutes: float = 0.0
    money: int = 0
    alone: float = 0.0
    doubt: float = 0.0
    work_class: str = ""
    part: float = 0.0
    claimed: float = 0.0


def value_of(
    settled: Settled,
    counted: Counted,
    baselines: Mapping[str, Measured],
    trust: Trust,
    made: Seen,
    circle: str,
    minute: float,
) -> Value:
    """What a verified item adds.

    Args:
        made: What looks have made of it.
        circle: Which of the claimant's circles it is of.
        minute: What a minute costs, USD.
    """
    real, variance = trust.real(settled.person, circle)
    if made is Seen.GOOD or made is Seen.BAD:
        # What looks have made of this very item is known.
        real, variance = float(made is Seen.GOOD), 0.0
    money = settled.money * Decimal(real) if settled.money > 0 else settled.money
    known = baselines.get(counted.work_class)
    mean, spread = (known.mean or 0.0, known.spread) if known is not None and not settled.documented else (0.0, 0.0)
    part = trust.honesty(settled.person) * settled.share * counted.fraction
    whole = part * mean + max(0.0, float(settled.money)) / minute if minute else part * mean
    return Value(
        minutes=real * part * mean,
        money=nano(money),
        alone=sqrt(real * (part * spread) ** 2 + real * (1 - real) * whole**2),
        doubt=min(sqrt(variance), real / P10) * whole,
        work_class=counted.work_class,
        part=real * part if mean else 0.0,
        claimed=counted.fraction * mean,
    )
