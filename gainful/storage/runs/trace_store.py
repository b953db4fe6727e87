"""What traces are made of: when what was called, what was decided and what it cost. No text of a run is read here.

Arguments, answers, prompts, notes and summaries stay in their columns, so that no later change of what is sent can let
one of them out.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select

from gainful.core.money import NO_TOKENS, Tokens
from gainful.gate.audit import AuditKind
from gainful.gate.course import PLAN, TOLD
from gainful.storage.database import reading, transaction
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.schema import approvals, audit_entries, calls, effects, entries, postings, runs, turns

MARK = "traces"
_TOKENS = {"token.fresh": 0, "token.cache_read": 1, "token.cache_write": 2, "token.output": 3}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far sending has come.

    Args:
        at, run_id: Of the last run that was sent or passed over; runs come in this order.
        sent: Runs that a collector has taken.
        dropped: Runs that were left out because a collector was away for too long or refused them.
        rejected: Spans that a collector said it did not take.
        failing: Why the last try failed; empty when it went well.
    """

    at: str
    run_id: str = ""
    sent: int = 0
    dropped: int = 0
    rejected: int = 0
    failing: str = ""


@dataclass(frozen=True, slots=True)
class TracedRun:
    """A run that has ended."""

    id: str
    job: str
    trigger: str
    applied: bool
    state: str
    started_at: datetime
    ended_at: datetime
    stored_end: str


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A call of a tool, or of a model.

    Args:
        model: `PROVIDER:MODEL`; empty for a tool.
    """

    key: str
    step: str
    tool: str
    state: str
    begun_at: datetime
    ended_at: datetime
    approval: str = ""
    model: str = ""
    attempt: int = 1
    tokens: Tokens = NO_TOKENS
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TracedVerdict:
    """What the policy answered."""

    step: str
    tool: str
    verdict: str
    rules: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class TracedApproval:
    """When a person was asked, and when they answered; how it ended, and not what was said."""

    id: str
    state: str
    asked_at: datetime
    answered_at: datetime | None


class TraceStore:
    """Reads runs for traces, and keeps how far sending them has come."""

    def __init__(self, engine: Engine, at_most: int = 1_000) -> None:
        self._engine = engine
        self._marks = MarkStore(engine)
        self._at_most = at_most

    # --- how far it has come ------------------------------------------------------------------------------------------

    def progress(self) -> Progress | None:
        """How far sending has come; None before it was begun."""
        kept = self._marks.get(MARK)
        return Progress(**json.loads(kept)) if kept else None

    def keep(self, progress: Progress) -> None:
        """Write down how far it has come."""
        with transaction(self._engine) as connection:
            self._marks.set_in(connection, MARK, json.dumps(asdict(progress)))

    def waiting(self, progress: Progress) -> int:
        """How many runs have ended since."""
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(runs).where(_after(progress))) or 0

    def ended(self, progress: Progress, before: datetime, limit: int) -> list[TracedRun]:
        """The next runs that have ended, in the order in which they did.

        Args:
            before: Later ones are left for another time: others may still be writing down that they ended earlier.
        """
        columns = (runs.c.id, runs.c.job, runs.c.trigger, runs.c.applied, runs.c.state, runs.c.started_at)
        query = select(*columns, runs.c.ended_at).where(_after(progress), runs.c.ended_at < _instant(before))
        query = query.order_by(runs.c.ended_at, runs.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [
                TracedRun(
                    row.id,
                    row.job,
                    row.trigger,
                    bool(row.applied),
                    row.state,
                    datetime.fromisoformat(row.started_at),
                    datetime.fromisoformat(row.ended_at),
                    row.ended_at,
                )
                for row in connection.execute(query)
            ]

    def passed_over(self, progress: Progress, count: int) -> TracedRun | None:
        """The last of the next `count` runs, which are to be left out; None when there are none."""
        found = self.ended(progress, datetime.max.replace(tzinfo=UTC), count)
        return found[-1] if found else None

    # --- one run ------------------------------------------------------------------------------------------------------

    def calls(self, run_id: str) -> list[TracedCall]:
        """What the run called, tools and models, in order."""
        found = [*self._tools(run_id), *self._effects(run_id), *self._turns(run_id), *self._questions(run_id)]
        return sorted(found, key=lambda call: call.begun_at)[: self._at_most]

    def verdicts(self, run_id: str) -> list[TracedVerdict]:
        """What was decided in the run, in order."""
        columns = (audit_entries.c.step, audit_entries.c.tool, audit_entries.c.verdict, audit_entries.c.rules)
        query = select(*columns, audit_entries.c.at).where(
            audit_entries.c.run_id == run_id, audit_entries.c.kind == AuditKind.DECISION
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(audit_entries.c.seq)).all()
        return [
            TracedVerdict(row.step, row.tool, row.verdict, tuple(json.loads(row.rules)), datetime.fromisoformat(row.at))
            for row in rows
        ]

    def approvals(self, run_id: str) -> dict[str, TracedApproval]:
        """The run's questions to people, by id."""
        columns = (approvals.c.id, approvals.c.state, approvals.c.asked_at, approvals.c.answered_at)
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns).where(approvals.c.run_id == run_id)).all()
        return {
            row.id: TracedApproval(
                row.id,
                row.state,
                datetime.fromisoformat(row.asked_at),
                datetime.fromisoformat(row.answered_at) if row.answered_at else None,
            )
            for row in rows
        }

    def _tools(self, run_id: str) -> list[TracedCall]:
        columns = (calls.c.key, calls.c.step, calls.c.tool, calls.c.state, calls.c.approval, calls.c.intended_at)
        query = select(*columns, calls.c.settled_at).where(calls.c.run_id == run_id).limit(self._at_most)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            TracedCall(
                row.key, row.step, row.tool, row.state, *_times(row.intended_at, row.settled_at), approval=row.approval
            )
            for row in rows
            # What a run was told, and the plan it is held to, stand in the journal and are no calls.
            if row.tool not in (TOLD.name, PLAN)
        ]

    def _effects(self, run_id: str) -> list[TracedCall]:
        columns = (effects.c.key, effects.c.mail_id, effects.c.kind, effects.c.state, effects.c.intended_at)
        query = select(*columns, effects.c.settled_at).where(effects.c.run_id == run_id).limit(self._at_most)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            TracedCall(row.key, row.mail_id, row.kind, row.state, *_times(row.intended_at, row.settled_at))
            for row in rows
        ]

    def _turns(self, run_id: str) -> list[TracedCall]:
        columns = (turns.c.step, turns.c.model, turns.c.attempt, turns.c.state, turns.c.tokens, turns.c.cost)
        query = select(*columns, turns.c.begun_at, turns.c.settled_at).where(turns.c.run_id == run_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(self._at_most)).all()
        return [
            TracedCall(
                f"{row.step}:{row.attempt}",
                row.step,
                "",
                row.state,
                *_times(row.begun_at, row.settled_at),
                model=row.model,
                attempt=row.attempt,
                tokens=Tokens(*json.loads(row.tokens)),
                cost=Decimal(row.cost),
            )
            for row in rows
        ]

    def _questions(self, run_id: str) -> list[TracedCall]:
        """Questions that a job asked a model, which stand in the books alone."""
        here = and_(entries.c.run_id == run_id, entries.c.key.startswith("ask:", autoescape=True))
        joined = entries.join(postings, postings.c.entry_seq == entries.c.seq, isouter=True)
        columns = (entries.c.key, entries.c.kind, entries.c.at, postings.c.account, postings.c.amount, postings.c.unit)
        query = select(*columns).select_from(joined).where(here).order_by(entries.c.seq, postings.c.line)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(20 * self._at_most)).all()
        begun = {row.key.removesuffix(":reserve"): row.at for row in rows if row.kind == "reserve"}
        sums: dict[str, list[Decimal]] = {}
        ends: dict[str, tuple[str, str]] = {}
        for row in rows:
            key = row.key.removesuffix(":settle")
            if row.kind == "reserve" or key not in begun:
                continue
            kept = sums.setdefault(key, [Decimal(0)] * 5)
            root, _, model = (row.account or "").partition(":")
            if root == "cost":
                ends[key] = (row.at, model)
                kept[4] += Decimal(row.amount)
            elif root == "used":
                ends[key] = (row.at, model)
                if row.unit in _TOKENS:
                    kept[_TOKENS[row.unit]] += Decimal(row.amount)
        return [
            TracedCall(
                key,
                "model",
                "",
                "done",
                *_times(begun[key], at),
                model=model,
                tokens=Tokens(*(int(amount) for amount in sums[key][:4])),
                cost=sums[key][4],
            )
            for key, (at, model) in ends.items()
        ]


def _after(progress: Progress) -> ColumnElement[bool]:
    later = runs.c.ended_at > progress.at
    return and_(runs.c.ended_at != "", or_(later, and_(runs.c.ended_at == progress.at, runs.c.id > progress.run_id)))


def _times(begun: str, ended: str) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(begun)
    return start, max(start, datetime.fromisoformat(ended)) if ended else start


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat() if at.year < 9999 else "9999"
