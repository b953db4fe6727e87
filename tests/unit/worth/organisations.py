"""Small organisations, made by hand, for tests about worth."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from gainful.core.fact import (
    Account,
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    HoldOut,
    HumanTime,
    Person,
    Reversal,
    Run,
    Verdict,
    WorkItem,
)
from gainful.core.money import Money, Tokens
from gainful.worth.record import Case, HeldRecord, Organisation, Use
from gainful.worth.settings import WorthSettings

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
END = BEGIN + timedelta(weeks=20)
SETTINGS = WorthSettings(rate=Money("60"))
"""A minute is a dollar."""

TEAMS = {"ann": "desk", "bo": "shop", "cy": "shop", "dee": "lab", "eve": "lab"}


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def people() -> Organisation:
    """Ann at the desk, Bo and Cy in the shop, Dee and Eve in the lab; each with an agent, Bo with a second account."""
    return Organisation(
        people={name: Person(at=BEGIN, id=name, team=team) for name, team in TEAMS.items()},
        agents={f"{name}-agent": Agent(at=BEGIN, id=f"{name}-agent", owner=name) for name in TEAMS},
        accounts={"svc-bo": Account(at=BEGIN, id="svc-bo", owner="bo")},
    )


def by_hand(count: int, minutes: float, work_class: str = "ticket") -> list[Case]:
    """Items that chance left to be done by hand, each taking so long."""
    return [
        Case(
            f"hand-{work_class}-{number}",
            WorkItem(at=BEGIN, id=f"hand-{work_class}-{number}", work_class=work_class, requester="system:desk"),
            HoldOut(at=BEGIN, work_item=f"hand-{work_class}-{number}", arm="hand", share=0.1),
            times=(spent("hand", minutes, ("ann", "cy", "eve")[number % 3]),),
        )
        for number in range(count)
    ]


def spent(what: str, minutes: float, person: str = "bo", **more: Any) -> HumanTime:
    """Somebody's time."""
    seconds = Decimal(str(round(60 * minutes, 6)))
    return HumanTime(at=day(1), work_item="", person=person, what=what, seconds=seconds, **more)  # type: ignore[arg-type]


def use(number: str = "r", agent: str = "bo-agent", cost: str = "1", tokens: int = 100, **run: Any) -> Use:
    """A run with one call."""
    made = Run(**{"at": day(1), "id": number, "agent": agent, "person": agent.removesuffix("-agent"), **run})
    call = Call(at=day(1), id=number, run=number, model="m", tokens=Tokens(tokens), cost=Decimal(cost))
    return Use(made, (call,))


def item(name: str = "T-1", by: str = "bo", judge: str = "ann", work_class: str = "ticket", **change: Any) -> Case:
    """An item that Ann asked for: done by an agent for a dollar, claimed, accepted, and shown to have an effect."""
    parts: dict[str, Any] = {
        "item": WorkItem(at=day(1), id=name, work_class=work_class, requester="ann"),
        "uses": (use(f"run-{name}", f"{by}-agent", work_item=name),),
        "claims": (Claim(at=day(2), work_item=name, claimant=f"{by}-agent"),),
        "verdicts": (Verdict(at=day(3), work_item=name, by=judge, accepted=True),),
        "evidence": (
            Evidence(
                at=day(2), work_item=name, system="system:desk", what="effect", before="open", after=f"done {name}"
            ),
        ),
    }
    return Case(name, **{**parts, **change})


def audit(passed: bool, auditor: str = "dee", minutes: str | None = "30", **more: Any) -> Audit:
    """A second look."""
    return Audit(
        at=day(20), work_item="", auditor=auditor, passed=passed, minutes=None if minutes is None else Decimal(minutes),
        seconds=Decimal(60), **more,
    )  # fmt: skip


def reversal(at: float = 5) -> Reversal:
    """It was undone."""
    return Reversal(at=day(at), work_item="", by="system:desk", why="reverted")


def record(cases: list[Case], loose: list[Use] | None = None, who: Organisation | None = None) -> HeldRecord:
    """The record of these, and of twenty tickets that took half an hour each by hand."""
    return HeldRecord(BEGIN, END, who or people(), [*by_hand(20, 30), *cases], loose or [])


CLASSES = {"ticket": 30.0, "mail": 6.0, "patch": 90.0}
"""What items of the classes with a baseline take by hand, minutes; the mean of the twenty that were measured."""


def measured_by_hand(chance: random.Random) -> list[Case]:
    """Twenty items of each class, done by hand; times scatter about the class's mean, which they keep."""
    cases: list[Case] = []
    for work_class, minutes in CLASSES.items():
        away = [chance.uniform(0, 0.8) for _ in range(10)]
        times = [minutes * factor for one in away for factor in (1 - one, 1 + one)]
        cases += [
            replace(case, times=(spent("hand", taken, case.times[0].person),))
            for case, taken in zip(by_hand(20, minutes, work_class), times, strict=True)
        ]
    return cases


def anything(chance: random.Random) -> tuple[list[Case], list[Use]]:
    """Some cases and loose runs with everything that can be in them, by chance, beside what was done by hand."""
    names = list(TEAMS)
    cases = [*measured_by_hand(chance), *(some_case(chance, f"I-{n}") for n in range(chance.randint(3, 14)))]
    loose = [
        use(
            f"loose-{number}",
            f"{chance.choice(names)}-agent",
            str(chance.randint(0, 9)),
            at=day(chance.uniform(1, 139)),
        )
        for number in range(chance.randint(0, 6))
    ]
    return cases, loose


def some_case(chance: random.Random, name: str) -> Case:
    """An item with everything that can be in one, by chance."""
    names = list(TEAMS)
    by, parts = chance.choice(names), dict[str, Any]()
    anybody = (*names, "svc-bo", "system:desk", "ann-agent", "cy-agent", "nobody-knows")
    parts["times"] = tuple(
        spent(chance.choice(["prompt", "review", "rework", "hand"]), chance.uniform(0, 20), by)
        for _ in range(chance.choice([0, 0, 0, 1, 3]))
    )
    parts["item"] = WorkItem(
        at=day(1), id=name, work_class=chance.choice([*CLASSES, "ticket", "unheard-of"]),
        requester=chance.choice(anybody), part_of=f"I-{chance.randrange(14)}" if chance.random() < 0.3 else "",
    )  # fmt: skip
    if chance.random() < 0.1:
        parts["arm"] = HoldOut(at=day(1), work_item=name, arm="hand", share=0.1)
    claimants = [f"{by}-agent", by, *([chance.choice(anybody)] if chance.random() < 0.2 else [])]
    parts["claims"] = tuple(
        Claim(at=day(chance.uniform(2, 12)), work_item=name, claimant=chance.choice(claimants))
        for _ in range(chance.choice([0, 1, 1, 1, 2]))
    )
    parts["verdicts"] = tuple(
        Verdict(
            at=day(chance.uniform(3, 15)), work_item=name, by=chance.choice(anybody), accepted=chance.random() < 0.8
        )
        for _ in range(chance.choice([0, 1, 1, 2, 3]))
    )
    parts["evidence"] = tuple(some_evidence(chance, name) for _ in range(chance.choice([0, 1, 1, 2, 3])))
    parts["reversals"] = (reversal(chance.uniform(2, 9)),) if chance.random() < 0.15 else ()
    parts["audits"] = tuple(
        audit(chance.random() < 0.7, chance.choice(names), str(chance.randint(1, 60)))
        for _ in range(chance.choice([0, 0, 1, 2, 3]))
    )
    return item(name, by, **parts)


def some_evidence(chance: random.Random, name: str) -> Evidence:
    """What a system of record says of an item, by chance."""
    what = chance.choice(["effect", "effect", "effect", "survived", "money", "documented", "read"])
    money = Decimal(chance.randint(-5, 20)) if what == "money" else Decimal(0)
    return Evidence(
        at=day(chance.uniform(2, 15)), work_item=name, system="system:desk", what=what,  # type: ignore[arg-type]
        before="open", after=chance.choice(["open", "done", "done", "done"]), share=chance.uniform(0, 1.5), money=money,
    )  # fmt: skip
