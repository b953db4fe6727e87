"""Approvals on the database; see `gainful.gate.approval_book.ApprovalBook` for what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, exists, func, insert, or_, select, update

from gainful.gate.approval import (
    OPEN,
    AmbiguousApproval,
    Answer,
    Approval,
    ApprovalDamaged,
    Approvers,
    State,
    Terms,
    answer,
    no_such_approval,
)
from gainful.gate.approval_book import Answered, Standing, Taken, standing
from gainful.gate.proposal import Proposal, ProposalInvalid, proposal_from
from gainful.storage.database import reading, transaction
from gainful.storage.schema import approval_effects as effects
from gainful.storage.schema import approvals

Record = Callable[[Connection, Approval], None]
"""Writes down elsewhere, in the same transaction, that an approval was asked for, answered or has expired."""


class ApprovalStore:
    """Approvals and the effects that they cover.

    Args:
        terms: How long answers and acceptances hold.
        record: Told about each change; when it raises, nothing was changed.
    """

    def __init__(self, engine: Engine, terms: Terms | None = None, record: Record | None = None) -> None:
        self._engine = engine
        self._terms = terms or Terms()
        self._record = record or (lambda _connection, _approval: None)

    def ask(self, approval: Approval) -> Approval:
        """The approval to wait for: this one, or the one that already asks exactly this and waits."""
        with transaction(self._engine) as connection:
            # A run that died between asking and parking asks again when it is gone on with.
            for same in self._select(connection, approvals.c.run_id == approval.run_id):
                if same.at(approval.asked_at).state is State.WAITING and _asks_the_same(same, approval):
                    return same
            connection.execute(insert(approvals), [_row(approval)])
            connection.execute(insert(effects), _effect_rows(approval))
            self._record(connection, approval)
        return approval

    def waiting(
        self, at: datetime, *, person: str | None = None, agent: str | None = None, run_id: str | None = None
    ) -> list[Approval]:
        """Those that can be answered now, oldest first: by this person, of this agent, of this run."""
        condition = _waits(at)
        if agent is not None:
            condition &= approvals.c.agent == agent
        if run_id is not None:
            condition &= approvals.c.run_id == run_id
        with reading(self._engine) as connection:
            found = self._select(connection, condition)
        return [each for each in found if person is None or not each.approvers.objection(person, each.requester)]

    def count(self, at: datetime) -> int:
        """How many wait for an answer."""
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(approvals).where(_waits(at))) or 0

    def recent(self, at: datetime, limit: int, *, over: bool = False) -> list[Approval]:
        """The last so many, newest first: whatever became of them, or only those that wait no more."""
        query = select(approvals.c.id).order_by(approvals.c.asked_at.desc(), approvals.c.id).limit(limit)
        if over:
            query = query.where(~_waits(at))
        with reading(self._engine) as connection:
            found = self._select(connection, approvals.c.id.in_(query.scalar_subquery()))
        return [each.at(at) for each in reversed(found)]

    def find(self, prefix: str, at: datetime) -> Approval:
        """The one whose id begins like this, as it is now.

        Raises:
            AmbiguousApproval, ApprovalDamaged: As they say.
        """
        with reading(self._engine) as connection:
            return self._find(connection, prefix).at(at)

    def answer(self, prefix: str, given: Answer) -> Approval:
        """The approval after this answer, which is now written down.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalDamaged: As they say.
            ApprovalClosed, NotYourApproval, CardChanged, AnswerInvalid: As they say; nothing was changed.
        """
        with transaction(self._engine) as connection:
            answered = answer(self._find(connection, prefix), given, self._terms)
            values = _row(answered)
            connection.execute(update(approvals).where(approvals.c.id == answered.id).values(**values))
            for number, edit in answered.edits.items():
                connection.execute(
                    update(effects)
                    .where(effects.c.approval_id == answered.id, effects.c.position == number)
                    .values(digest=edit.digest, edit=json.dumps(edit.as_json()))
                )
            self._record(connection, answered)
        return answered

    def take(self, digest: str, run_id: str, at: datetime) -> Standing | None:
        """Permission for the effect with this digest in this run, for one caller once; else why not.

        None: nobody was asked about it.
        """
        with reading(self._engine) as connection:
            approval = self._covering(connection, digest, run_id)
        if approval is None:
            return None
        found = standing(approval, digest, at)
        if not isinstance(found, Taken) and approval.at(at).state is approval.state:
            return found
        with transaction(self._engine) as connection:
            return self.take_in(connection, digest, run_id, at)

    def take_in(self, connection: Connection, digest: str, run_id: str, at: datetime) -> Standing | None:
        """As `take`, within the caller's transaction: what is taken there is given back if that is rolled back."""
        approval = self._covering(connection, digest, run_id)
        if approval is None:
            return None
        found = standing(approval, digest, at)
        if isinstance(found, Taken):
            return found if self._claim(connection, approval, digest, at) else _spent(approval)
        if approval.at(at).state is not approval.state:
            self._expire(connection, approval)
        return found

    def expire(self, at: datetime) -> list[str]:
        """Write down that the time of approvals has run out; their ids. A clock set back then revives none."""
        overdue = approvals.c.state.in_([State.WAITING, *OPEN]) & (approvals.c.expires_at <= _instant(at))
        with reading(self._engine) as connection:
            if connection.scalar(select(approvals.c.id).where(overdue).limit(1)) is None:
                return []
        with transaction(self._engine) as connection:
            found = self._select(connection, overdue)
            for approval in found:
                self._expire(connection, approval)
        return [approval.id for approval in found]

    def withdraw(self, run_id: str, text: str, at: datetime) -> list[str]:
        """Close what a run is waiting for, since it will not go on; the approvals' ids. Nobody can answer them then.

        Args:
            text: Why, for whoever would have answered.
        """
        waits = (approvals.c.run_id == run_id) & (approvals.c.state == State.WAITING)
        with transaction(self._engine) as connection:
            found = self._select(connection, waits)
            for approval in found:
                gone = replace(approval, state=State.EXPIRED, text=text, expires_at=at)
                values = {"state": gone.state, "text": text, "expires_at": _instant(at)}
                connection.execute(update(approvals).where(approvals.c.id == approval.id).values(**values))
                self._record(connection, gone)
        return [approval.id for approval in found]

    def _claim(self, connection: Connection, approval: Approval, digest: str, at: datetime) -> bool:
        """Mark one covered effect as used, if nobody has: the condition and the mark are one statement."""
        other = effects.alias()
        stands = exists().where(
            approvals.c.id == approval.id, approvals.c.state.in_(OPEN), approvals.c.expires_at > _instant(at)
        )
        used = exists().where(other.c.digest == digest, other.c.used_at != "")
        claimed = connection.execute(
            update(effects)
            .where(effects.c.approval_id == approval.id, effects.c.digest == digest, effects.c.used_at == "")
            .where(effects.c.run_id == approval.run_id, stands, ~used)
            .values(used_at=_instant(at))
        )
        if claimed.rowcount != 1:
            return False
        left = select(func.count()).where(effects.c.approval_id == approval.id, effects.c.used_at == "")
        if not connection.scalar(left):
            connection.execute(update(approvals).where(approvals.c.id == approval.id).values(state=State.SPENT))
        return True

    def _expire(self, connection: Connection, approval: Approval) -> None:
        gone = approval.at(approval.expires_at)
        connection.execute(update(approvals).where(approvals.c.id == approval.id).values(state=gone.state))
        self._record(connection, gone)

    def _covering(self, connection: Connection, digest: str, run_id: str) -> Approval | None:
        """The newest approval of this run that covers the effect, as asked for or as edited."""
        covers = or_(effects.c.digest == digest, effects.c.asked_digest == digest)
        query = (
            select(approvals.c.id)
            .join(effects, effects.c.approval_id == approvals.c.id)
            .where(covers, effects.c.run_id == run_id, approvals.c.run_id == run_id)
            .order_by(approvals.c.asked_at.desc(), approvals.c.id)
            .limit(1)
        )
        found = self._select(connection, approvals.c.id.in_(query.scalar_subquery()))
        return found[0] if found else None

    def _find(self, connection: Connection, prefix: str) -> Approval:
        wanted = prefix.strip().lower()
        begins = approvals.c.id.startswith(wanted, autoescape=True)
        ids = list(connection.scalars(select(approvals.c.id).where(begins).limit(5))) if wanted else []
        if not ids:
            raise no_such_approval(prefix)
        if len(ids) > 1 and wanted not in ids:
            raise AmbiguousApproval(
                f"Several approvals have ids that begin with '{wanted}': {', '.join(sorted(ids))}.",
                "Write more of the id.",
            )
        return self._select(connection, approvals.c.id == (wanted if wanted in ids else ids[0]))[0]

    def _select(self, connection: Connection, condition: ColumnElement[bool]) -> list[Approval]:
        """Approvals with their effects, oldest first."""
        query = (
            select(approvals, *(effects.c[name].label(f"effect_{name}") for name in _EFFECT_COLUMNS))
            .join(effects, effects.c.approval_id == approvals.c.id)
            .where(condition)
            .order_by(approvals.c.asked_at, approvals.c.id, effects.c.position)
        )
        groups: dict[str, list[Row[Any]]] = {}
        for row in connection.execute(query):
            groups.setdefault(row.id, []).append(row)
        return [_approval(rows) for rows in groups.values()]


_EFFECT_COLUMNS = ("position", "asked_digest", "digest", "proposal", "edit", "used_at")


def _waits(at: datetime) -> ColumnElement[bool]:
    return (approvals.c.state == State.WAITING) & (approvals.c.expires_at > _instant(at))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _asks_the_same(one: Approval, other: Approval) -> bool:
    return [proposal.digest for proposal in one.proposals] == [proposal.digest for proposal in other.proposals]


def _spent(approval: Approval) -> Answered:
    return Answered(approval.id, State.SPENT, approval.answered_by, approval.text)


def _row(approval: Approval) -> dict[str, object]:
    approvers = {"people": sorted(approval.approvers.people), "four_eyes": approval.approvers.four_eyes}
    return {
        "id": approval.id,
        "run_id": approval.run_id,
        "agent": approval.agent,
        "requester": approval.requester,
        "approvers": json.dumps(approvers),
        "state": approval.state,
        "asked_at": _instant(approval.asked_at),
        "expires_at": _instant(approval.expires_at),
        "answered_by": approval.answered_by,
        "answered_at": _instant(approval.answered_at) if approval.answered_at else "",
        "text": approval.text,
    }


def _effect_rows(approval: Approval) -> list[dict[str, object]]:
    return [
        {
            "approval_id": approval.id,
            "position": number,
            "run_id": approval.run_id,
            "asked_digest": proposal.digest,
            "digest": proposal.digest,
            "proposal": json.dumps(proposal.as_json()),
        }
        for number, proposal in enumerate(approval.proposals)
    ]


def _approval(rows: Sequence[Row[Any]]) -> Approval:
    first = rows[0]
    approvers = json.loads(first.approvers)
    return Approval(
        id=first.id,
        run_id=first.run_id,
        agent=first.agent,
        requester=first.requester,
        approvers=Approvers(frozenset(approvers["people"]), approvers["four_eyes"]),
        proposals=tuple(_proposal(first.id, row.effect_proposal, row.effect_asked_digest) for row in rows),
        asked_at=datetime.fromisoformat(first.asked_at),
        expires_at=datetime.fromisoformat(first.expires_at),
        state=State(first.state),
        answered_by=first.answered_by,
        answered_at=datetime.fromisoformat(first.answered_at) if first.answered_at else None,
        text=first.text,
        edits={
            row.effect_position: _proposal(first.id, row.effect_edit, row.effect_digest)
            for row in rows
            if row.effect_edit
        },
        used=frozenset(row.effect_position for row in rows if row.effect_used_at),
    )


def _proposal(approval_id: str, stored: str, digest: str) -> Proposal:
    """The effect as it was written down, which must be the one that its digest stands for."""
    try:
        proposal = proposal_from(json.loads(stored))
        if proposal.digest == digest:
            return proposal
    except (ValueError, KeyError, TypeError, ProposalInvalid):
        pass
    raise ApprovalDamaged(
        f"What approval {approval_id} shows is not what it would approve: the database was changed from outside.",
        "Nothing happens by it. Find out who can write the database, and restore it from a backup.",
    )
