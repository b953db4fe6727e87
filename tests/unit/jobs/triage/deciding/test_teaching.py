from __future__ import annotations

import random
from decimal import Decimal

from gainful.core.mail import Action, Decision, Means, Priority
from gainful.core.money import Tokens
from gainful.jobs.triage.deciding.teaching import Open, worth_reviewing


def decided(probability: float, *labels: str, judged: bool = False) -> Open:
    means = Means.LOCAL if labels else Means.UNDECIDED
    decision = Decision(labels, probability, 0.0, Priority.LATER, Action.LABEL, means, "", Tokens(), Decimal(0))
    return Open(decision, judged)


def test_undecided_least_certain_first_and_a_fifth_that_seemed_sure() -> None:
    mails = [decided(p / 100) for p in range(40, 60)] + [decided(0.95, "fyi") for _ in range(20)]
    chosen = worth_reviewing(mails, 10, random.Random(1))
    assert chosen[:8] == list(range(8))
    assert all(index >= 20 for index in chosen[8:])
    assert len(set(chosen)) == 10


def test_senders_never_judged_come_first_among_the_sure() -> None:
    mails = [decided(0.95, "newsletter", judged=True) for _ in range(9)] + [decided(0.95, "newsletter")]
    assert worth_reviewing(mails, 1, random.Random(1)) == [9]


def test_never_more_than_there_are() -> None:
    assert worth_reviewing([], 5, random.Random(1)) == []
    assert sorted(worth_reviewing([decided(0.5), decided(0.9, "fyi")], 5, random.Random(1))) == [0, 1]
