"""How far the outcome of a work item has come, from the facts about it alone.

    expected → claimed → accepted → verified
                  ↓          ↓          ↓
          rejected, expired  reversed  reversed

*Accepted*: somebody other than the claimant's side said yes, and nobody independent has said no since. *Verified*: it
was accepted; somebody else, or a system of record, had asked for it; the system of record shows that something changed;
and nothing undid it within the horizon of its class. The claimant's side are the claimants, whoever owns their agents
and accounts, and whoever the runs were for. What that side says of its own work counts for nothing.

The order in which facts came does not matter, nor how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gainful.core.fact import SYSTEM, Evidence
from gainful.worth.record import Case, Organisation
from gainful.worth.settings import WorthSettings


class State(StrEnum):
    """How far an outcome has come."""

    EXPECTED = "expected"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REVERSED = "reversed"


OPEN = frozenset({State.CLAIMED, State.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Settled:
    """Where one item stands.

    Args:
        agent: Whose work it is: the claiming agent, or the one that ran.
        person: Who answers for that.
        team: Whose board it counts on.
        side: Everybody who has a stake in the claim.
        verifier: Who accepted it; a system stands for itself.
        claimed_at: First claim that counts.
        accepted_at: When it was accepted.
        share: How much of the result is left, 0 to 1.
        money: What it brought or saved beside time, USD.
        own_word: It was accepted by the claimant's own side alone.
        asked_by_itself: Nobody but the claimant's side asked for it.
        unchanged: The system of record shows that nothing changed.
        documented: A document had answered it.
    """

    state: State
    agent: str
    person: str
    team: str
    side: frozenset[str]
    verifier: str = ""
    claimed_at: datetime | None = None
    accepted_at: datetime | None = None
    share: float = 1.0
    money: Decimal = Decimal(0)
    own_word: bool = False
    asked_by_itself: bool = False
    unchanged: bool = False
    documented: bool = False


def settle(case: Case, who: Organisation, settings: WorthSettings, until: datetime) -> Settled:
    """Where an item stands at the end of the time that is looked at."""
    agent, person, team = _whose(case, who)
    side = _side(case, who)
    claims = [claim.at for claim in case.claims]
    said = [(one.at, one.accepted, one.by) for one in case.verdicts if who.behind(one.by) not in side]
    # A claim after a reversal begins anew; what was said before that is over.
    undone = max((one.at for one in case.reversals), default=None)
    last = max(said, key=lambda one: (one[0], not one[1]), default=None)
    accepted_at = last[0] if last is not None and last[1] else None
    effects = [one for one in case.evidence if one.what == "effect"]
    changed = any(_changes(one) for one in case.evidence)
    asked = case.item is not None and who.behind(case.item.requester) not in side
    return Settled(
        state=_state(case, settings, until, claims, last, undone, changed=changed, asked=asked),
        agent=agent,
        person=person,
        team=team,
        side=side,
        verifier=last[2] if last is not None and last[1] else "",
        claimed_at=min(claims, default=None),
        accepted_at=accepted_at,
        share=_share(case.evidence),
        money=sum((one.money for one in case.evidence if one.what == "money"), Decimal(0)),
        own_word=last is None and any(one.accepted for one in case.verdicts),
        asked_by_itself=not asked,
        unchanged=bool(effects) and not changed,
        documented=any(one.what == "documented" for one in case.evidence),
    )


def _state(
    case: Case,
    settings: WorthSettings,
    until: datetime,
    claims: Sequence[datetime],
    last: tuple[datetime, bool, str] | None,
    undone: datetime | None,
    *,
    changed: bool,
    asked: bool,
) -> State:
    if not claims:
        return State.EXPECTED
    if undone is not None and (last is None or last[0] <= undone):
        return State.REVERSED
    if last is None:
        return State.EXPIRED if until - max(claims) > settings.expires else State.CLAIMED
    if not last[1]:
        return State.REJECTED
    work_class = case.item.work_class if case.item is not None else ""
    survived = until - last[0] >= settings.horizon_of(work_class)
    return State.VERIFIED if survived and changed and asked else State.ACCEPTED


def _whose(case: Case, who: Organisation) -> tuple[str, str, str]:
    """Agent, person and team whose work it is."""
    first = min(case.claims, key=lambda claim: (claim.at, claim.claimant), default=None)
    ran = min((use.run for use in case.uses), key=lambda run: (run.at, run.id), default=None)
    agent = ran.agent if ran is not None else ""
    if first is not None and first.claimant in who.agents:
        agent = who.agents[first.claimant].id
    person = who.behind(first.claimant) if first is not None else (who.behind(ran.person or agent) if ran else "")
    team = who.team_of(agent) if agent else who.team_of(person)
    return agent, person, team or (case.item.team if case.item is not None else "")


def _side(case: Case, who: Organisation) -> frozenset[str]:
    stakes = [claim.claimant for claim in case.claims]
    for use in case.uses:
        stakes += [use.run.agent, use.run.person]
    return frozenset(who.behind(one) for one in stakes if one and not one.startswith(SYSTEM))


def _changes(evidence: Evidence) -> bool:
    if evidence.what == "effect":
        return bool(evidence.after) and evidence.after != evidence.before
    return evidence.what == "money" and evidence.money > 0


def _share(evidence: Iterable[Evidence]) -> float:
    survived = [one for one in evidence if one.what == "survived"]
    return max(survived, key=lambda one: (one.at, -one.share)).share if survived else 1.0
