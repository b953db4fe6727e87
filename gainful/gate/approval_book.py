"""The book of approvals: what an effect may count on at the moment of execution, and who keeps the record.

taken = book.take(proposal.digest, run_id, now)
match taken:
    case None: asked = book.ask(ask(...)); raise Parked(asked.id)
    case Waiting(): raise Parked(taken.approval_id)
    case Answered(edit=Proposal() as theirs): ...    # decide about the person's version, and take that
    case Answered(): ...                             # nothing happens; the agent is told why
    case Taken(): ...                                # act, once
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gainful.gate.approval import OPEN, Answer, Approval, State
from gainful.gate.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Taken:
    """Permission for this one effect, now. It will not be given again."""

    approval_id: str
    digest: str
    by: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person was asked and has not answered: park the run."""

    approval_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """It may not happen as it stands.

    Args:
        state: responded, ignored, refused or expired; spent, when it was taken before; edited, when the person wrote
            another version.
        text: What the person wrote to the agent.
        edit: The person's version: take that one.
    """

    approval_id: str
    state: State
    by: str = ""
    text: str = ""
    edit: Proposal | None = None


Standing = Taken | Waiting | Answered


def standing(approval: Approval, digest: str, now: datetime) -> Standing | None:
    """What an effect with this digest may count on; None when the approval says nothing about it.

    `Taken` says that it could be taken now; only `ApprovalBook.take` makes sure that nobody else takes it too.
    """
    present = approval.at(now)
    effective = [proposal.digest for proposal in present.effective]
    asked = [proposal.digest for proposal in present.proposals]
    if digest not in effective and digest not in asked:
        return None
    if present.state is State.WAITING:
        return Waiting(present.id, present.expires_at)
    said = Answered(present.id, present.state, present.answered_by, present.text)
    if digest in effective and effective.index(digest) in present.used:
        return replace(said, state=State.SPENT)
    if present.state not in OPEN:
        return said
    if digest in effective:
        return Taken(present.id, digest, present.answered_by)
    return replace(said, state=State.EDITED, edit=present.effective[asked.index(digest)])


class ApprovalBook(Protocol):
    """Where approvals are kept. Each method is one durable transaction."""

    def ask(self, approval: Approval) -> Approval:
        """The approval to wait for: this one, or the one that already asks exactly this and waits."""

    def waiting(
        self, at: datetime, *, person: str | None = None, agent: str | None = None, run_id: str | None = None
    ) -> list[Approval]:
        """Those that can be answered now, oldest first: by this person, of this agent, of this run."""

    def count(self, at: datetime) -> int:
        """How many wait for an answer."""

    def recent(self, at: datetime, limit: int, *, over: bool = False) -> list[Approval]:
        """The last so many, newest first: whatever became of them, or only those that wait no more."""

    def find(self, prefix: str, at: datetime) -> Approval:
        """The one whose id begins like this, as it is now.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalDamaged: As they say.
        """

    def answer(self, prefix: str, given: Answer) -> Approval:
        """The approval after this answer, which is now written down.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalClosed, NotYourApproval, CardChanged, AnswerInvalid: As they say.
        """

    def take(self, digest: str, run_id: str, at: datetime) -> Standing | None:
        """Permission for the effect with this digest in this run, for one caller once; else why not.

        None: nobody was asked about it.
        """
