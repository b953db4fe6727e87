"""Small organisations, made by hand, for tests about worth."""

from __future__ import annotations

import random
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


def anything(chance: random.Random) -> tuple[list[Case], list[Use]]:
    """Some cases and loose runs with everything that can be in them, by chance."""
    names, cases = list(TEAMS), list[Case]()
    judges = (*names, "svc-bo", "system:desk")
    for number in range(chance.randint(3, 14)):
        by, name = chance.choice(names), f"I-{number}"
        parts: dict[str, Any] = {}
        if chance.random() < 0.3:
            parts["times"] = tuple(
                spent(chance.choice(["prompt", "review", "rework"]), chance.uniform(0, 20), by)
                for _ in range(chance.randint(0, 3))
            )
        if chance.random() < 0.15:
            parts["reversals"] = (reversal(chance.uniform(2, 9)),)
        if chance.random() < 0.4:
            looks = [
                audit(chance.random() < 0.7, chance.choice(names), str(chance.randint(1, 60)))
                for _ in range(chance.randint(1, 3))
            ]
            parts["audits"] = tuple(looks)
        if chance.random() < 0.2:
            parts["claims"] = ()
        requester = chance.choice([*names, "system:desk"])
        part_of = f"I-{chance.randrange(3)}" if chance.random() < 0.2 else ""
        work_class = chance.choice(["ticket", "ticket", "unheard-of"])
        parts["item"] = WorkItem(at=day(1), id=name, work_class=work_class, requester=requester, part_of=part_of)
        judges = (*names, "svc-bo", "system:desk")
        parts["verdicts"] = tuple(
            Verdict(
                at=day(chance.uniform(3, 9)), work_item=name, by=chance.choice(judges), accepted=chance.random() < 0.8
            )
            for _ in range(chance.randint(0, 2))
        )
        cases.append(item(name, by, **parts))
    loose = [
        use(f"loose-{number}", f"{chance.choice(names)}-agent", str(chance.randint(0, 9)))
        for number in range(chance.randint(0, 6))
    ]
    return cases, loose
