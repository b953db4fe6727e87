"""Facts that a person's own Gainful reports, bound to that person. Pure.

    fact = read(content, now)                                    # may such a fact be told at all?
    bound(fact, Reporter("ann@example.org", "k7h2", frozenset()))     # as the server books it

Whoever reports holds the machine that speaks, so nothing is taken on its word but what is about their own work. Ids of
items and keys are put under the reporter: no fact can name another person's item, or come before another's under its
key. People are not named at all. `me` is the reporter; `system:KIND` is what the machine says that a system of record
says. Such a word is booked as the reporter's own, which counts for nothing, unless the server believes that kind.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gainful.core.errors import Invalid
from gainful.core.fact import (
    NAMES,
    SYSTEM,
    Agent,
    Claim,
    Evidence,
    Fact,
    HumanTime,
    Reversal,
    Run,
    Verdict,
    WorkItem,
)
from gainful.core.fact_json import FactInvalid, fact_from

ME = "me"
"""Stands for the reporter, wherever a person stands."""

PRODUCT = "gainful"
REPORT = "report"
"""Begins ids of items and keys here, and names of systems whose word a report brings."""

AHEAD = timedelta(minutes=5)
"""How far the other machine's clock may be ahead."""

LONGEST_TIME = Decimal(86_400)
"""Seconds that a person can have given to an item at once: a day."""

_AGENT = re.compile(r"[^@\x00-\x20\x7f]{1,100}@[0-9a-z]{8}")
_ITEM = re.compile(r"[a-z][a-z0-9-]{0,39}:[0-9a-f]{32}")
_RUN = re.compile(r"[0-9a-f]{32}")
_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}")
_DIGEST = re.compile(r"([0-9a-f]{32})?")
_EVIDENCE = frozenset({"effect", "survived"})
_GIVEN = frozenset({"prompt", "review", "rework"})

_TOLD: dict[type[Fact], frozenset[str]] = {
    Agent: frozenset({"id", "owner", "tool"}),
    WorkItem: frozenset({"id", "work_class", "requester"}),
    Run: frozenset({"id", "agent", "person", "work_item", "trigger", "ended_at", "status"}),
    HumanTime: frozenset({"work_item", "person", "what", "seconds"}),
    Claim: frozenset({"work_item", "claimant", "run"}),
    Verdict: frozenset({"work_item", "by", "accepted"}),
    Evidence: frozenset({"work_item", "system", "what", "before", "after"}),
    Reversal: frozenset({"work_item", "by"}),
}
"""The fields of each kind that may be told. Nothing else is: no text, no money, no time by hand, no deal by chance."""

KINDS = tuple(sorted(NAMES[kind] for kind in _TOLD))


class ReportInvalid(Invalid):
    """A fact that a report may not tell, or that is about somebody else's work; nothing of it is booked."""

    code = "report-invalid"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, as the server knows them.

    Args:
        person: Whom the token acts for.
        id: What their items are kept under.
        believed: Kinds of systems of record whose word counts though it comes through the reporter's machine.
    """

    person: str
    id: str
    believed: frozenset[str]

    @property
    def prefix(self) -> str:
        """What ids of their items begin with."""
        return f"{REPORT}:{self.id}:"


def read(content: Mapping[str, Any], now: datetime) -> Fact:
    """The fact, once it is one that a report may tell.

    Raises:
        ReportInvalid: It is none; says why.
    """
    try:
        fact = fact_from(content)
    except FactInvalid as error:
        raise ReportInvalid(error.what, error.next_move) from None
    known = _TOLD.get(type(fact))
    if known is None:
        raise ReportInvalid(
            f"A report tells nothing of the kind '{NAMES[type(fact)]}'.", f"It tells: {', '.join(KINDS)}."
        )
    more = sorted(set(content) - known - {"kind", "at", "key"})
    if more:
        raise ReportInvalid(f"A report tells no '{more[0][:40]}' of a {NAMES[type(fact)]}.", _SEE)
    if not fact.key or len(fact.key) > 200:
        raise ReportInvalid("A reported fact needs a key of at most 200 characters.", _SEE)
    if fact.at > now + AHEAD:
        raise ReportInvalid("The fact lies in the future.", "Check the clocks of both machines.")
    _check(fact)
    return fact


def agent_of(fact: Fact) -> str:
    """The agent that a fact is about; empty where it names none."""
    if isinstance(fact, Agent):
        return fact.id
    return fact.agent if isinstance(fact, Run) else fact.claimant if isinstance(fact, Claim) else ""


def bound(fact: Fact, who: Reporter) -> Fact:
    """A fact that `read` let through, as it is booked in the reporter's name."""
    changes: dict[str, Any] = {"key": _key(fact, who)}
    if isinstance(fact, Agent):
        changes |= {"owner": who.person, "tool": PRODUCT}
    elif isinstance(fact, WorkItem):
        requester = who.person if fact.requester == ME else f"{SYSTEM}{REPORT}:{fact.requester.removeprefix(SYSTEM)}"
        changes |= {"id": who.prefix + fact.id, "requester": requester}
    else:
        changes["work_item"] = who.prefix + fact.work_item  # type: ignore[attr-defined]
    if isinstance(fact, Run | HumanTime):
        changes["person"] = who.person
    elif isinstance(fact, Verdict | Reversal):
        changes["by"] = _said(fact.by, who)
    elif isinstance(fact, Evidence):
        changes["system"] = f"{SYSTEM}{REPORT}:{fact.system.removeprefix(SYSTEM)}"
    return replace(fact, **changes)


_SEE = "See docs/how-to/report-to-a-team.md."


def _key(fact: Fact, who: Reporter) -> str:
    # Of whom an agent first is, it stays: nobody becomes its owner by saying so later.
    if isinstance(fact, Agent):
        return f"{REPORT}:agent:{fact.id}"
    return who.prefix + hashlib.sha256(fact.key.encode()).hexdigest()[:32]


def _said(by: str, who: Reporter) -> str:
    kind = by.removeprefix(SYSTEM)
    return f"{SYSTEM}{REPORT}:{kind}" if by != ME and kind in who.believed else who.person


def _check(fact: Fact) -> None:
    if isinstance(fact, Agent):
        _matches("id", fact.id, _AGENT)
        _is_me("owner", fact.owner)
    elif isinstance(fact, WorkItem):
        _matches("id", fact.id, _ITEM)
        _matches("work_class", fact.work_class, _WORD)
        _me_or_system("requester", fact.requester)
    else:
        _matches("work_item", fact.work_item, _ITEM)  # type: ignore[attr-defined]
    if isinstance(fact, Run):
        _matches("id", fact.id, _RUN)
        _matches("agent", fact.agent, _AGENT)
        _is_me("person", fact.person)
    elif isinstance(fact, HumanTime):
        _is_me("person", fact.person)
        if fact.what not in _GIVEN or fact.seconds > LONGEST_TIME:
            raise ReportInvalid("A report tells of a day's prompts, reviews and rework at most.", _SEE)
    elif isinstance(fact, Claim):
        _matches("claimant", fact.claimant, _AGENT)
        _matches("run", fact.run, _DIGEST)
    elif isinstance(fact, Verdict | Reversal):
        _me_or_system("by", fact.by)
    elif isinstance(fact, Evidence):
        _matches("system", fact.system.removeprefix(SYSTEM), _WORD)
        _matches("before", fact.before, _DIGEST)
        _matches("after", fact.after, _DIGEST)
        if fact.what not in _EVIDENCE or not fact.system.startswith(SYSTEM):
            raise ReportInvalid("A report tells that a system shows an effect, or that it survived.", _SEE)


def _matches(name: str, value: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(value):
        raise ReportInvalid(f"'{name}' of a reported fact has a form of its own; this has another.", _SEE)


def _is_me(name: str, value: str) -> None:
    if value != ME:
        raise ReportInvalid(f"'{name}' of a reported fact is '{ME}': whose it is, the token says.", _SEE)


def _me_or_system(name: str, value: str) -> None:
    if value != ME and not (value.startswith(SYSTEM) and _WORD.fullmatch(value.removeprefix(SYSTEM))):
        raise ReportInvalid(f"'{name}' of a reported fact is '{ME}' or '{SYSTEM}KIND'; it names nobody else.", _SEE)
