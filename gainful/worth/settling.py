"""How far the outcome of a work item has come, from the facts about it alone.

    expected → claimed → accepted → verified
                  ↓          ↓          ↓
          rejected, expired  reversed  reversed

*Accepted*: somebody other than the claimant's side said yes, and nobody independent has said no since. *Verified*: it
was accepted; somebody else, or a system of record, had asked for it; the system of record shows that something changed;
and nothing undid it within the horizon of its class. The claimant's side are the claimants, whoever owns their agents
and accounts, and whoever the runs were for. What that side says of its own work counts for nothing, and neither does
the yes of an agent, whoever owns it: acceptance is a person's word, or a system of record's.

A reversal ends what came before it: to be verified again, an item must be claimed, accepted and shown to have an effect
anew. A yes that is repeated begins no new horizon, and no later report makes more of a result survive than an earlier
one did.

Whose work it is: that of whoever the claiming agent ran for. A claim by somebody whose agents did not work on it, such
as a system that reports all claims, takes nothing from those whose agents did.

The order in which facts came does not matter, nor how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gainful.core.fact import SYSTEM, Claim, Evidence, Run, Verdict
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
        late: It was accepted longer ago than its horizon: what it still lacks should have come.
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
    late: bool = False

    @property
    def pending(self) -> bool:
        """Whether its outcome may still come."""
        return self.state in OPEN and not (self.late or self.asked_by_itself or self.unchanged)


def settle(case: Case, who: Organisation, settings: WorthSettings, until: datetime) -> Settled:
    """Where an item stands at the end of the time that is looked at."""
    agent, person, team = _whose(case, who)
    side = _side(case, who)
    undone = max((one.at for one in case.reversals), default=None)
    claims = [claim.at for claim in case.claims if undone is None or claim.at > undone]
    evidence = [one for one in case.evidence if undone is None or one.at > undone]
    said = _independent(case, who, side, undone)
    accepted = _accepted(said)
    accepted_at = accepted.at if accepted is not None else None
    effects = [one for one in evidence if one.what == "effect"]
    changed = any(_changes(one) for one in evidence)
    asked = case.item is not None and bool(case.item.requester) and who.behind(case.item.requester) not in side
    work_class = case.item.work_class if case.item is not None else ""
    survived = accepted_at is not None and until - accepted_at >= settings.horizon_of(work_class)
    if not claims:
        state = State.REVERSED if case.claims else State.EXPECTED
    elif accepted is not None:
        state = State.VERIFIED if survived and changed and asked else State.ACCEPTED
    elif said:
        state = State.REJECTED
    else:
        state = State.EXPIRED if until - min(claims) > settings.expires else State.CLAIMED
    return Settled(
        state=state,
        agent=agent,
        person=person,
        team=team,
        side=side,
        verifier=accepted.by if accepted is not None else "",
        claimed_at=min(claims, default=None),
        accepted_at=accepted_at,
        share=_share(evidence),
        money=sum((one.money for one in evidence if one.what == "money"), Decimal(0)),
        own_word=not said and any(one.accepted and who.behind(one.by) in side for one in case.verdicts),
        asked_by_itself=not asked,
        unchanged=bool(effects) and not changed,
        documented=any(one.what == "documented" for one in evidence),
        late=survived,
    )


def _independent(case: Case, who: Organisation, side: frozenset[str], undone: datetime | None) -> list[Verdict]:
    """What others than the claimant's side said since it was last undone, in its order."""
    claimants = {claim.claimant for claim in case.claims}
    said = [
        one
        for one in case.verdicts
        if (undone is None or one.at > undone)
        and one.by not in claimants
        and who.behind(one.by) not in side
        and not (one.accepted and one.by in who.agents)
    ]
    # Of what was said at the same moment, the no stands.
    return sorted(said, key=lambda one: (one.at, not one.accepted, one.by))


def _accepted(said: Sequence[Verdict]) -> Verdict | None:
    """The first yes after which nobody said no."""
    first: Verdict | None = None
    for one in said:
        first = (first or one) if one.accepted else None
    return first


def _whose(case: Case, who: Organisation) -> tuple[str, str, str]:
    """Agent, person and team whose work it is."""
    runs = sorted((use.run for use in case.uses), key=lambda run: (run.at, run.id))
    ran = {who.behind(one) for run in runs for one in (run.agent, run.person) if one}
    claim = min(
        case.claims,
        key=lambda claim: (who.behind(claim.claimant) not in ran, claim.at, claim.claimant),
        default=None,
    )
    run = _run_of(claim, runs, who)
    if run is None:
        claimant = claim.claimant if claim is not None and not claim.claimant.startswith(SYSTEM) else ""
        # By its own id: it may have claimed before it was known, and then stands under a pseudonym.
        agent, person = who.agents[claimant].id if claimant in who.agents else "", who.behind(claimant)
    else:
        agent, person = run.agent, who.behind(run.person or run.agent)
    team = who.team_of(agent) if agent else who.team_of(person)
    return agent, person, team or (case.item.team if case.item is not None else "")


def _run_of(claim: Claim | None, runs: Sequence[Run], who: Organisation) -> Run | None:
    """The run that a claim is about; the first one where none fits better."""
    if claim is None or not runs:
        return runs[0] if runs else None
    behind = who.behind(claim.claimant)
    return min(
        runs,
        key=lambda run: (
            bool(claim.run) and run.id != claim.run,
            run.agent != claim.claimant,
            behind not in (who.behind(run.person), who.behind(run.agent)),
        ),
    )


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
    return max(0.0, min([1.0, *(one.share for one in evidence if one.what == "survived")]))
