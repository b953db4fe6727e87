"""Facts: what an organisation's systems report about its people's work, and all that its worth is told from.

    WorkItem(at=now, id="PR-812", work_class="pull-request", requester="ann")
    Run(at=now, id="run-1", agent="reviewer", person="bo", work_item="PR-812", trigger="person")
    Verdict(at=now, work_item="PR-812", by="ann", accepted=True)

A fact is immutable. It says what someone or a system saw at one moment. Facts may come late, twice and in any order;
two with the same `key` are one. A fact holds no text of a prompt, a mail or an answer.

Wherever a person stands, it is an identity as the reporting system writes it. Storage keeps pseudonyms in its place,
so what is read from there has those. A system that acts by itself is written `system:NAME`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from gainful.core.money import NO_TOKENS, Tokens

SYSTEM = "system:"
"""Begins the name of what acts by itself, such as a code host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts have.

    Args:
        at: When it happened; aware.
        key: Idempotency key. Empty: made from the kind and the content.
    """

    at: datetime
    key: str = ""


# --- who --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Fact):
    """A team, from `at` on; the latest one stands."""

    id: str
    name: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Fact):
    """A person, from `at` on; the latest one stands.

    Args:
        identities: Other names of the same person in other systems.
        eligible: Whether engagement counts them: they have access, and work that an agent could do.
        on_board: Whether they asked to stand on boards by themselves.
        left_at: When they left the organisation.
    """

    id: str
    team: str = ""
    identities: tuple[str, ...] = ()
    eligible: bool = True
    on_board: bool = False
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Fact):
    """An identity that acts for somebody: a service account, a bot, a second login. Its owner answers for it."""

    id: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Fact):
    """An agent or another tool's assistant, from `at` on.

    Args:
        tool: The product it runs in, such as `gainful`, `claude-code`.
        team: Whose board it stands on; empty: its owner's.
    """

    id: str
    owner: str
    team: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration(Fact):
    """Spending declared beforehand as an experiment, which need not end in an outcome.

    Args:
        team: Who explores.
        budget: The most it may cost, USD.
        ends_at: Its end.
    """

    id: str
    team: str
    budget: Decimal
    ends_at: datetime


# --- work -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem(Fact):
    """Something to be done, opened at `at`.

    Args:
        work_class: Comparable work, which shares one baseline: `mail`, `pull-request`, `ticket-small`.
        requester: Who wants it: a person, or a system of record.
        team: Whose work it is; empty: that of whoever does it.
        part_of: The item that this one was cut out of.
    """

    id: str
    work_class: str
    requester: str
    team: str = ""
    part_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut(Fact):
    """An eligible item was dealt to an arm by chance, before anything was done about it.

    Args:
        arm: `hand`: it is left to be done without an agent, and measured; `agent`: as always.
        share: Part of eligible items that go to `hand`, 0 to 1.
    """

    work_item: str
    arm: Literal["agent", "hand"]
    share: float


Trigger = Literal["person", "event", "schedule", "agent"]
"""What set a run off: a person who asked; something outside that happened; a clock; another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Fact):
    """One execution of an agent, begun at `at`. A later fact about the same run completes the earlier one.

    Args:
        person: For whom it ran.
        work_item: What for; empty: nobody's work is known to be behind it.
        caused_by: The run that set it off, where the trigger is `agent`; else what happened, by an id.
        ended_at: None while it runs.
        input_hash: Digest of what it was given: the same input gives the same digest. Salted by whoever reports it.
        output_hash: Digest of what it put out.
        exploration: The declared exploration it belongs to.
    """

    id: str
    agent: str
    person: str = ""
    work_item: str = ""
    trigger: Trigger = "person"
    caused_by: str = ""
    ended_at: datetime | None = None
    status: Literal["ok", "failed", "stopped"] = "ok"
    input_hash: str = ""
    output_hash: str = ""
    exploration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Fact):
    """One call of a model or of a tool, begun at `at`.

    Args:
        run: The run it is part of; empty where the reporting tool knows no runs.
        person: Who it was for; empty: the run's.
        agent: Who called; empty: the run's.
        tool: The product that reports it, such as `claude-code`.
        provider: Of the model, such as `anthropic`; empty for a call of a tool.
        model: As the provider names it; empty for a call of a tool.
        name: Of the called tool; empty for a call of a model.
        cost: What it cost, USD, where the reporter knows; None: by the price list of its day.
        input_hash: As of `Run`.
        retry_of: The call that this one tried again.
    """

    id: str
    run: str = ""
    person: str = ""
    agent: str = ""
    tool: str = ""
    provider: str = ""
    model: str = ""
    name: str = ""
    tokens: Tokens = NO_TOKENS
    cost: Decimal | None = None
    seconds: float = 0.0
    failed: bool = False
    input_hash: str = ""
    retry_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanTime(Fact):
    """A person gave time to an item, until `at`.

    Args:
        what: `prompt`: told the agent what to do; `review`: looked at what it did; `rework`: put it right;
            `hand`: did the work without an agent.
        measured: By a system; a person's own estimate is shown and never counted.
    """

    work_item: str
    person: str
    what: Literal["prompt", "review", "rework", "hand"]
    seconds: Decimal
    run: str = ""
    measured: bool = True


# --- what came of it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Fact):
    """An agent or its owner says that an item is done.

    Args:
        claimant: A person, or an agent.
        minutes: How much it saved, as the claimant says; shown, never counted.
    """

    work_item: str
    claimant: str
    run: str = ""
    minutes: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Fact):
    """Somebody's or some system's word about a claimed result."""

    work_item: str
    by: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Fact):
    """What the system of record says of an item.

    Args:
        system: `system:NAME`.
        what: `effect`: it changed something, from `before` to `after`; `survived`: the effect was still there at `at`;
            `money`: it brought or saved `money`; `read`: somebody opened the result; `documented`: a document already
            answered it.
        before: Digest of what was there before; the same as `after`: nothing changed.
        share: How much of it is left, 0 to 1: surviving lines, unedited text.
        by: Who acted, where a person did.
    """

    work_item: str
    system: str
    what: Literal["effect", "survived", "money", "read", "documented"]
    before: str = ""
    after: str = ""
    share: float = 1.0
    money: Decimal = Decimal(0)
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal(Fact):
    """A result was undone, or did harm: reverted, re-opened, rolled back, moved back, blamed for an incident.

    Args:
        by: Who or what says so.
        cost: What it cost beside people's time, USD.
    """

    work_item: str
    by: str
    why: str = ""
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Fact):
    """A blind second look at a claimed item, from outside the team.

    Args:
        auditor: Who looked.
        passed: Whether it was real work, wanted and done.
        minutes: What it would have taken by hand, as the auditor judges; None: not judged.
        seconds: That the look took.
        planted: The item is a known case: the auditor is what is tested. The known answer is itself such a fact, whose
            auditor is a system.
    """

    work_item: str
    auditor: str
    passed: bool
    minutes: Decimal | None = None
    seconds: Decimal = Decimal(0)
    planted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Fact):
    """Somebody opened what a run put out."""

    run: str
    by: str


KINDS: dict[str, type[Fact]] = {
    "team": Team,
    "person": Person,
    "account": Account,
    "agent": Agent,
    "exploration": Exploration,
    "work_item": WorkItem,
    "hold_out": HoldOut,
    "run": Run,
    "call": Call,
    "human_time": HumanTime,
    "claim": Claim,
    "verdict": Verdict,
    "evidence": Evidence,
    "reversal": Reversal,
    "audit": Audit,
    "read": Read,
}
"""Every kind of fact, by the name that files and the books give it."""

DELETABLE = tuple(name for name, kind in KINDS.items() if kind not in {Team, Person, Account, Agent, Exploration})
"""Kinds that may be deleted when their time is over. Of the others, which say who is who, the latest one stands."""

NAMES: dict[type[Fact], str] = {kind: name for name, kind in KINDS.items()}
