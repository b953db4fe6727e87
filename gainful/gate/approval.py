"""An approval: a named person's answer before an effect, for exactly what they were shown, once, and not for ever.

    waiting ──▶ accepted ──▶ spent          each covered effect was begun
        │  └──▶ edited ────▶ spent          the person's own version is what may happen
        ├─────▶ responded | ignored | refused    nothing may happen; the agent is told
        └─────▶ expired                          so does an accepted one that was not used in time

One approval may cover a whole plan: it is shown in full, answered once, and each of its effects can be taken once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gainful.core.errors import Broken, Invalid, Refused
from gainful.gate.proposal import Proposal, canonical

SHORTEST_DIGEST = 12
"""Hexadecimal digits of a card's digest that an answer must name: 48 bits cannot be met by chance or by trying."""


class NoSuchApproval(Invalid):
    """No approval has this id."""

    code = "no-such-approval"


def no_such_approval(prefix: str) -> NoSuchApproval:
    """The error of an id that no approval has."""
    return NoSuchApproval(f"No approval has the id '{prefix[:64]}'.", "`gainful approvals` lists what waits.")


class AmbiguousApproval(Invalid):
    """Several approvals have ids that begin like this."""

    code = "ambiguous-approval"


class NotYourApproval(Refused):
    """Somebody else has to answer: four eyes, or a list of people."""

    code = "not-your-approval"


class ApprovalClosed(Refused):
    """It was answered before, or nobody answered in time."""

    code = "approval-closed"


class CardChanged(Refused):
    """What was answered is not what is shown now."""

    code = "card-changed"


class AnswerInvalid(Invalid):
    """The answer changes nothing, or something that the effect does not have."""

    code = "answer-invalid"


class ApprovalDamaged(Broken):
    """What would be shown is not what would be approved: somebody changed the database."""

    code = "approval-damaged"


class State(StrEnum):
    """How far an approval has come."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    EDITED = "edited"
    RESPONDED = "responded"
    IGNORED = "ignored"
    REFUSED = "refused"
    EXPIRED = "expired"
    SPENT = "spent"


OPEN = frozenset({State.ACCEPTED, State.EDITED})
"""States in which covered effects may be taken."""


class Verdict(StrEnum):
    """What a person can say."""

    ACCEPT = "accept"
    EDIT = "edit"
    RESPOND = "respond"
    IGNORE = "ignore"
    REFUSE = "refuse"


_AFTER = {
    Verdict.ACCEPT: State.ACCEPTED,
    Verdict.EDIT: State.EDITED,
    Verdict.RESPOND: State.RESPONDED,
    Verdict.IGNORE: State.IGNORED,
    Verdict.REFUSE: State.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an approval holds.

    A parked run holds nothing, so a person gets days to answer: a week covers a holiday's worth of absence. An accepted
    effect is another matter: what the person judged (the price, the thread, the build) changes, and the run goes on
    within seconds of the answer, so what has not begun a quarter of an hour later was held up by something that the
    person did not know of, and is asked about again.
    """

    to_answer: timedelta = timedelta(days=7)
    to_execute: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may answer.

    Args:
        people: Names; empty: whoever may open this installation.
        four_eyes: Not the one on whose behalf the agent asks.
    """

    people: frozenset[str] = frozenset()
    four_eyes: bool = False

    def objection(self, person: str, requester: str) -> str:
        """Why this person may not answer, in a sentence; empty when they may."""
        if not person:
            return "Nobody is named as the one who answers."
        if self.four_eyes and person == requester:
            return f"{person} asked for this, so somebody else has to answer."
        if self.people and person not in self.people:
            return f"{person} is not among those who may answer: {', '.join(sorted(self.people))}."
        return ""

    def concern(self, person: str, requester: str) -> bool:
        """Whether this person is one of them, or asked for it."""
        return not self.people or person in self.people or person == requester


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to a person, and what became of it.

    Args:
        requester: On whose behalf the agent asks.
        proposals: The effects it covers, in the order in which they would happen.
        expires_at: Until then it can be answered; once accepted: until then each effect must have begun.
        text: What the person wrote to the agent.
        edits: The person's version of an effect by its place in `proposals`; both are kept as evidence.
        used: Places of the effects that were taken.
    """

    id: str
    run_id: str
    agent: str
    requester: str
    approvers: Approvers
    proposals: tuple[Proposal, ...]
    asked_at: datetime
    expires_at: datetime
    state: State = State.WAITING
    answered_by: str = ""
    answered_at: datetime | None = None
    text: str = ""
    edits: Mapping[int, Proposal] = field(default_factory=dict)
    used: frozenset[int] = frozenset()

    @property
    def card(self) -> str:
        """SHA-256, in hex, of all that a person is shown and what they would approve by it."""
        whole = {
            "id": self.id,
            "requester": self.requester,
            "people": sorted(self.approvers.people),
            "four_eyes": self.approvers.four_eyes,
            "effects": [[proposal.digest, proposal.as_json()] for proposal in self.proposals],
        }
        # Escaped, unlike an effect: what is only shown may hold half a character of a stranger's text.
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(b"gainful card, version 1\x00" + text.encode()).hexdigest()

    @property
    def effective(self) -> tuple[Proposal, ...]:
        """What may happen: the effects, with the person's versions in place of those they edited."""
        return tuple(self.edits.get(number, proposal) for number, proposal in enumerate(self.proposals))

    def at(self, now: datetime) -> Approval:
        """As it is at this instant: expired, when its time has run out."""
        runs_out = self.state is State.WAITING or self.state in OPEN
        return replace(self, state=State.EXPIRED) if runs_out and self.expires_at <= now else self


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says to an approval.

    Args:
        card: Digest of the card that they were shown, or at least its first 12 digits. Accepting and editing need it:
            what changed between showing and answering is not accepted.
        text: For the agent; needed to respond.
        changes: New arguments by the effect's place, for an edit.
    """

    verdict: Verdict
    by: str
    at: datetime
    card: str = ""
    text: str = ""
    changes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def ask(
    approval_id: str,
    proposals: Sequence[Proposal],
    requester: str,
    at: datetime,
    approvers: Approvers = Approvers(),
    terms: Terms = Terms(),
) -> Approval:
    """The question to put to a person about these effects of one run.

    Raises:
        AnswerInvalid: There is nothing to ask about, or two effects are the same, or of different runs.
    """
    digests = {proposal.digest for proposal in proposals}
    origins = {(proposal.run_id, proposal.agent) for proposal in proposals}
    if not proposals or len(digests) != len(proposals) or len(origins) != 1:
        raise AnswerInvalid(
            f"{len(proposals)} effects of {len(origins)} runs, {len(digests)} of them different, make no one question.",
            "Ask about different effects of one agent's run.",
        )
    (run_id, agent), *_ = origins
    return Approval(
        approval_id, run_id, agent, requester, approvers, tuple(proposals), at, expires_at=at + terms.to_answer
    )


def answer(approval: Approval, given: Answer, terms: Terms = Terms()) -> Approval:
    """The approval after this answer.

    Raises:
        ApprovalClosed: It was answered before, or its time has run out.
        NotYourApproval: This person may not answer.
        CardChanged: The card that they were shown is another one.
        AnswerInvalid: An edit that changes nothing or what is not there; a response without words.
    """
    _check_open(approval.at(given.at))
    opens = given.verdict in (Verdict.ACCEPT, Verdict.EDIT)
    objection = approval.approvers.objection(given.by, approval.requester)
    # Whoever asked may always withdraw: that lets nothing happen.
    if objection and (opens or given.by != approval.requester):
        raise NotYourApproval(objection, f"Let them run `gainful approvals show {approval.id}`.")
    if given.card or opens:
        _check_card(approval, given.card)
    if given.verdict is Verdict.RESPOND and not given.text.strip():
        raise AnswerInvalid("The response is empty.", "Say in a sentence what the agent should do instead.")
    edits = _edits(approval, given.changes) if given.verdict is Verdict.EDIT else {}
    return replace(
        approval,
        state=_AFTER[given.verdict],
        answered_by=given.by,
        answered_at=given.at,
        text=given.text,
        edits=edits,
        expires_at=given.at + terms.to_execute if opens else approval.expires_at,
    )


def preview(approval: Approval, changes: Mapping[int, Mapping[str, Any]]) -> Approval:
    """The approval as an edit would make it: to be shown before the person confirms it.

    Raises:
        AnswerInvalid: It changes nothing, or what is not there.
    """
    return replace(approval, edits=_edits(approval, changes))


def _check_open(approval: Approval) -> None:
    if approval.state is State.WAITING:
        return
    if approval.state is State.EXPIRED:
        what = f"Approval {approval.id} expired at {approval.expires_at:%Y-%m-%d %H:%M} UTC."
        raise ApprovalClosed(what, "Nothing happens by it; the agent asks again if it still needs to.")
    by = f" by {approval.answered_by}" if approval.answered_by else ""
    raise ApprovalClosed(
        f"Approval {approval.id} was answered{by}: {approval.state}.", "An answer is given once; nothing was changed."
    )


def _check_card(approval: Approval, card: str) -> None:
    wanted = card.strip().lower()
    if len(wanted) < SHORTEST_DIGEST or not approval.card.startswith(wanted):
        raise CardChanged(
            f"'{wanted[:64]}' is not the digest of what approval {approval.id} shows.",
            f"Read it with `gainful approvals show {approval.id}`, and give at least {SHORTEST_DIGEST} digits of the "
            "digest that stands there.",
        )


def _edits(approval: Approval, changes: Mapping[int, Mapping[str, Any]]) -> dict[int, Proposal]:
    """The person's versions of the effects that they changed."""
    edits = {}
    for number, changed in changes.items():
        if not 0 <= number < len(approval.proposals):
            raise AnswerInvalid(f"There is no effect {number + 1}.", f"It has {len(approval.proposals)}.")
        proposal = approval.proposals[number]
        unknown = sorted(set(changed) - set(proposal.arguments))
        if unknown:
            known = ", ".join(sorted(proposal.arguments))
            raise AnswerInvalid(f"{proposal.tool} is not called with '{unknown[0]}' here.", f"Change one of: {known}.")
        differing = {name: new for name, new in changed.items() if not _same(new, proposal.arguments[name])}
        if differing:
            edits[number] = proposal.edited(differing)
    if not edits:
        raise AnswerInvalid("The edit changes nothing.", "Accept it as it is, or refuse it.")
    return edits


def _same(one: Any, other: Any) -> bool:
    """Whether they have one written form; 1 and 1.0 and true have not."""
    return canonical(one) == canonical(other)
