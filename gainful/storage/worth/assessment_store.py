"""What worth came to, kept unit by unit, so that a page reads as many rows as it shows.

store.save(assessment, claimed, head, made_at)
store.latest()                               # Kept: when, of which time, and its summary
store.board(kept.id, "team", 100)            # the standings, highest low end first
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from gainful.storage.database import reading, transaction
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.schema import assessments, audit_queue, looked_at, standings, useful_weeks, waste_findings
from gainful.worth.assessment import Assessment, AuditPlan, Baseline, Standing, UsefulWeek
from gainful.worth.auditing import Pick
from gainful.worth.finding import WasteFinding
from gainful.worth.json import (
    audits_from,
    audits_json,
    baseline_from,
    baseline_json,
    finding_from,
    finding_json,
    standing_from,
    standing_json,
    week_json,
)

NANO = 1_000_000_000
KEPT = 60
"""Tellings that are kept; older ones are dropped, and can be told anew from the facts."""

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A telling of worth.

    Args:
        head: The digest of the last batch of facts that it knew.
    """

    id: int
    made_at: datetime
    since: datetime
    until: datetime
    head: str
    organisation: Standing
    baselines: tuple[Baseline, ...]
    audits: AuditPlan
    hold_out_cost: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings are asked for.

    Args:
        since, until: Those that lie in this time at least partly, its end left out; None: at any time.
        agents: Those about these; None: about any, or none.
    """

    since: datetime | None = None
    until: datetime | None = None
    agents: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that waits for a second look."""

    item: str
    round: int
    by: str
    drawn_at: datetime


class AssessmentStore:
    """The tellings of one installation, and its queue of second looks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- tellings -----------------------------------------------------------------------------------------------------

    def save(self, told: Assessment, head: str, made_at: datetime) -> Kept:
        """Keep a telling."""
        with transaction(self._engine) as connection:
            number = (connection.scalar(select(func.max(assessments.c.id))) or 0) + 1
            row = {
                "id": number,
                "made_at": made_at.isoformat(),
                "since": told.since.isoformat(),
                "until": told.until.isoformat(),
                "head": head,
                "summary": json.dumps(_summary(told)),
            }
            connection.execute(insert(assessments), [row])
            units = [told.organisation, *told.teams.values(), *told.agents.values(), *told.people.values()]
            connection.execute(insert(standings), [_standing_row(number, one) for one in units])
            weeks = [{"assessment": number, **week_json(one)} for one in told.weeks]
            if weeks:
                connection.execute(insert(useful_weeks), weeks)
            found = {one.id: one for one in told.findings}
            if found:
                connection.execute(insert(waste_findings), [_finding_row(number, one) for one in found.values()])
            _drop(connection, number - KEPT)
            return _kept(connection.execute(select(assessments).where(assessments.c.id == number)).one())

    def latest(self) -> Kept | None:
        """The last telling; None where there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select(assessments).order_by(assessments.c.id.desc()).limit(1)).first()
        return None if row is None else _kept(row)

    def board(self, assessment: int, kind: str, limit: int = 1000, fewest: int = 0) -> list[Standing]:
        """The units of one kind, highest low end first.

        Args:
            fewest: Leave out units of fewer people.
        """
        query = (
            select(standings.c.body)
            .where(standings.c.assessment == assessment, standings.c.kind == kind, standings.c.people >= fewest)
            .order_by(standings.c.low_nano.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            found = [standing_from(json.loads(body)) for body in connection.scalars(query)]
        # By the index alone in the database; equal ones are put in order here.
        return sorted(found, key=lambda one: (-one.net.low, one.unit))

    def standings(self, assessment: int, kind: str, units: Collection[str]) -> list[Standing]:
        """Those of these units of which something is known."""
        names, found = sorted(units), list[Standing]()
        with reading(self._engine) as connection:
            for start in range(0, len(names), CHUNK):
                query = select(standings.c.body).where(
                    standings.c.assessment == assessment,
                    standings.c.kind == kind,
                    standings.c.unit.in_(names[start : start + CHUNK]),
                )
                found += [standing_from(json.loads(body)) for body in connection.scalars(query)]
        return found

    def standing(self, assessment: int, kind: str, unit: str) -> Standing | None:
        """One unit; None where nothing is known of it."""
        query = select(standings.c.body).where(
            standings.c.assessment == assessment, standings.c.kind == kind, standings.c.unit == unit
        )
        with reading(self._engine) as connection:
            body = connection.scalar(query)
        return None if body is None else standing_from(json.loads(body))

    def findings(self, assessment: int, limit: int = 1000, of: Wanted | None = None) -> list[WasteFinding]:
        """The findings, or those that are wanted; the dearest first."""
        query = (
            select(waste_findings.c.body)
            .where(*_wanted(assessment, of))
            .order_by(waste_findings.c.nano_usd.desc(), waste_findings.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [finding_from(json.loads(body)) for body in connection.scalars(query)]

    def finding_count(self, assessment: int, of: Wanted | None = None) -> int:
        """How many findings there are, or of those that are wanted."""
        query = select(func.count()).select_from(waste_findings).where(*_wanted(assessment, of))
        with reading(self._engine) as connection:
            return int(connection.scalar(query) or 0)

    def agents_found(self, assessment: int) -> set[str]:
        """The agents about which there are findings."""
        table = waste_findings.c
        query = select(table.agent).where(table.assessment == assessment, table.agent != "").distinct()
        with reading(self._engine) as connection:
            return set(connection.scalars(query))

    def weeks(self, assessment: int, since: str = "") -> list[UsefulWeek]:
        """Useful weeks by team, in order; from the one that begins on a day on."""
        query = select(useful_weeks).where(useful_weeks.c.assessment == assessment, useful_weeks.c.week >= since)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(useful_weeks.c.week, useful_weeks.c.team)).all()
        return [UsefulWeek(row.week, row.team, row.eligible, row.useful) for row in rows]

    def weeks_together(self, assessment: int) -> list[UsefulWeek]:
        """Useful weeks of everybody together, in order."""
        eligible, useful = func.sum(useful_weeks.c.eligible), func.sum(useful_weeks.c.useful)
        query = (
            select(useful_weeks.c.week, eligible.label("eligible"), useful.label("useful"))
            .where(useful_weeks.c.assessment == assessment)
            .group_by(useful_weeks.c.week)
            .order_by(useful_weeks.c.week)
        )
        with reading(self._engine) as connection:
            return [UsefulWeek(row.week, "", row.eligible, row.useful) for row in connection.execute(query)]

    # --- second looks -------------------------------------------------------------------------------------------------

    def draw(self, picks: Sequence[Pick], at: datetime) -> int:
        """Put items into the queue; those that wait there already stay once. Returns how many are new."""
        with transaction(self._engine) as connection:
            waiting = set(connection.scalars(select(audit_queue.c.item).where(audit_queue.c.answered_at == "")))
            rounds: dict[str, int] = {
                row.item: row.last
                for row in connection.execute(
                    select(audit_queue.c.item, func.max(audit_queue.c.round).label("last")).group_by(audit_queue.c.item)
                )
            }
            rows = [
                {
                    "item": pick.item,
                    "round": rounds.get(pick.item, 0) + 1,
                    "by": pick.by,
                    "probability": f"{pick.probability:.9f}",
                    "drawn_at": at.isoformat(),
                    "auditor": "",
                    "answered_at": "",
                }
                for pick in picks
                if pick.item not in waiting
            ]
            if rows:
                connection.execute(insert(audit_queue), rows)
        return len(rows)

    def waiting(self, count: int) -> list[Waiting]:
        """The items that wait, those to be confirmed first, then in the order in which they were drawn."""
        query = (
            select(audit_queue)
            .where(audit_queue.c.answered_at == "")
            .order_by(audit_queue.c.by != "again", audit_queue.c.drawn_at, audit_queue.c.item)
            .limit(count)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Waiting(row.item, row.round, row.by, datetime.fromisoformat(row.drawn_at)) for row in rows]

    def auditors(self, item: str) -> list[str]:
        """Who has looked at an item so far."""
        query = select(audit_queue.c.auditor).where(audit_queue.c.item == item, audit_queue.c.auditor != "")
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def answer(self, item: str, auditor: str, at: datetime, book: Callable[[Connection], object]) -> None:
        """Take an item off the queue, and book the answer in the same transaction."""
        with transaction(self._engine) as connection:
            book(connection)
            connection.execute(
                update(audit_queue)
                .where(audit_queue.c.item == item, audit_queue.c.answered_at == "")
                .values(auditor=auditor, answered_at=at.isoformat())
            )

    # --- who looked ---------------------------------------------------------------------------------------------------

    def note_look(self, viewer: str, what: str, whom: str, at: datetime) -> None:
        """Write down that somebody looked at somebody's numbers."""
        row = {"at": at.isoformat(), "viewer": viewer, "what": what, "whom": whom}
        with transaction(self._engine) as connection:
            connection.execute(insert(looked_at), [row])

    def looks_at(self, whom: str) -> list[tuple[datetime, str, str]]:
        """When, who and at what: everybody who looked at somebody's numbers, the last one first."""
        query = select(looked_at).where(looked_at.c.whom == whom).order_by(looked_at.c.seq.desc())
        with reading(self._engine) as connection:
            return [(datetime.fromisoformat(row.at), row.viewer, row.what) for row in connection.execute(query)]


def _summary(told: Assessment) -> dict[str, Any]:
    return {
        "organisation": standing_json(told.organisation),
        "baselines": [baseline_json(one) for one in told.baselines.values()],
        "audits": audits_json(told.audits),
        "hold_out_cost_usd": str(told.hold_out_cost.amount),
    }


def _kept(row: Any) -> Kept:
    summary = json.loads(row.summary)
    return Kept(
        id=row.id,
        made_at=datetime.fromisoformat(row.made_at),
        since=datetime.fromisoformat(row.since),
        until=datetime.fromisoformat(row.until),
        head=row.head,
        organisation=standing_from(summary["organisation"]),
        baselines=tuple(baseline_from(one) for one in summary["baselines"]),
        audits=audits_from(summary["audits"]),
        hold_out_cost=summary["hold_out_cost_usd"],
    )


def _standing_row(number: int, one: Standing) -> dict[str, Any]:
    return {
        "assessment": number,
        "kind": one.kind,
        "unit": one.unit,
        "people": one.people,
        "low_nano": int(one.net.low * NANO),
        "body": json.dumps(standing_json(one)),
    }


def _finding_row(number: int, one: WasteFinding) -> dict[str, Any]:
    return {
        "assessment": number,
        "id": one.id,
        "kind": one.kind,
        "nano_usd": int(one.cost.amount * NANO),
        "body": json.dumps(finding_json(one)),
        "agent": one.agent,
        "since": microseconds(one.since),
        "until": microseconds(one.until),
    }


def _wanted(assessment: int, of: Wanted | None) -> list[ColumnElement[bool]]:
    """What holds of the rows that are wanted."""
    table = waste_findings.c
    found: list[ColumnElement[bool]] = [table.assessment == assessment]
    if of is not None and of.until is not None:
        found.append(table.since < microseconds(of.until))
    if of is not None and of.since is not None:
        found.append(table.until > microseconds(of.since))
    if of is not None and of.agents is not None:
        found.append(table.agent.in_(sorted(of.agents)))
    return found


def _drop(connection: Connection, last: int) -> None:
    for table, column in (
        (standings, standings.c.assessment),
        (waste_findings, waste_findings.c.assessment),
        (useful_weeks, useful_weeks.c.assessment),
        (assessments, assessments.c.id),
    ):
        connection.execute(delete(table).where(column <= last))
