"""What became of the work, as a team's server is told it: facts without a name, an address or a word of text. Pure.

    told_of(own.facts_of(entries), Veil(installation, salt, frozenset({"ann@example.org"})))

Only what stands here is told. An item is its kind and a digest under a salt that never leaves this installation, so
that nobody can try out ids. Whoever holds this machine is `me`; of everybody else only that it was a system of record
that said so, or somebody else that asked. Calls are told as spans; what ties them to items is the trace of their run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gainful.app.reporting.spans import SERVICE, agent_id, digest, trace_of
from gainful.core.fact import (
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
from gainful.core.fact_json import key_of
from gainful.intake.reports.binding import LONGEST_TIME, ME

OTHER = "other"
"""The kind of what has none that may be told."""

_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Veil:
    """What hides this installation's ids and people.

    Args:
        salt: Never leaves this installation.
        names: Who `me` is here, in small letters.
    """

    installation: str
    salt: str
    names: frozenset[str]

    def item(self, item: str) -> str:
        """What an item is called in a report."""
        return f"{kind_of(item)}:{self.digest('item', item)}"

    def digest(self, *parts: str) -> str:
        """32 hexadecimal digits that stand for these."""
        return digest(self.salt, *parts)[:32]

    def whose(self, name: str, item: str) -> str:
        """`me`, or the system of record of the item where it is anybody else."""
        return ME if name.lower() in self.names else f"{SYSTEM}{kind_of(item)}"


def kind_of(item: str) -> str:
    """The kind of a work item of Gainful's own, as its id begins."""
    word = item.partition(":")[0]
    return word if _WORD.fullmatch(word) else OTHER


def told_of(facts: Iterable[Fact], veil: Veil) -> list[Fact]:
    """What is told of these facts, each once."""
    told: dict[str, Fact] = {}
    for fact in facts:
        for veiled in _told(fact, veil):
            keyed = replace(veiled, key=veil.digest("key", key_of(fact)))
            told.setdefault(keyed.key, keyed)
    return list(told.values())


def _told(fact: Fact, veil: Veil) -> Iterator[Fact]:
    at = fact.at
    if isinstance(fact, Agent):
        yield Agent(at=at, id=agent_id(fact.id, veil.installation), owner=ME, tool=SERVICE)
    elif isinstance(fact, WorkItem):
        requester = veil.whose(fact.requester, fact.id)
        yield WorkItem(at=at, id=veil.item(fact.id), work_class=kind_of(f"{fact.work_class}:"), requester=requester)
    elif isinstance(fact, Run) and fact.work_item and not fact.id.startswith(":"):
        yield _run(fact, veil)
    elif isinstance(fact, HumanTime):
        seconds = min(fact.seconds, LONGEST_TIME)
        yield HumanTime(at=at, work_item=veil.item(fact.work_item), person=ME, what=fact.what, seconds=seconds)
    elif isinstance(fact, Claim):
        run = trace_of(fact.run, veil.installation, fact.work_item) if fact.run else ""
        claimant = agent_id(fact.claimant, veil.installation)
        yield Claim(at=at, work_item=veil.item(fact.work_item), claimant=claimant, run=run)
    elif isinstance(fact, Verdict):
        by = _said(fact.by, fact.work_item)
        yield Verdict(at=at, work_item=veil.item(fact.work_item), by=by, accepted=fact.accepted)
    elif isinstance(fact, Evidence):
        before, after = (veil.digest("content", text) if text else "" for text in (fact.before, fact.after))
        item, system = veil.item(fact.work_item), f"{SYSTEM}{kind_of(fact.work_item)}"
        yield Evidence(at=at, work_item=item, system=system, what=fact.what, before=before, after=after)
    elif isinstance(fact, Reversal):
        yield Reversal(at=at, work_item=veil.item(fact.work_item), by=_said(fact.by, fact.work_item))


def _run(run: Run, veil: Veil) -> Run:
    """The part of a run that was for one item, under the trace that its calls are told in."""
    own = run.id.removesuffix(f":{run.work_item}")
    return Run(
        at=run.at,
        id=trace_of(own, veil.installation, run.work_item),
        agent=agent_id(run.agent, veil.installation),
        person=ME,
        work_item=veil.item(run.work_item),
        trigger=run.trigger,
        ended_at=run.ended_at,
        status=run.status,
    )


def _said(by: str, item: str) -> str:
    """Whose word it is: a system of record's, or, of any person, that of whoever's machine this is."""
    return f"{SYSTEM}{kind_of(item)}" if by.startswith(SYSTEM) else ME
