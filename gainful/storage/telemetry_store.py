"""Takes telemetry into the facts: durable when it returns, and the same request again changes nothing.

Many tools report the same tokens as spans, as log events and as metrics. One of these counts: the first by which a
source was seen to report tokens. It stays that one, so no token is counted twice whatever is switched on later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Engine, insert, select, update

from gainful.core.clock import Clock
from gainful.core.fact import Call, Fact
from gainful.core.telemetry import Point, Reported
from gainful.storage.database import transaction
from gainful.storage.fact_store import FactStore
from gainful.storage.schema import usage_series, usage_signals


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a request.

    Args:
        doubled: Facts that were known.
        ignored: What tells of tokens that are counted by another signal.
    """

    new: int
    doubled: int
    ignored: int


class TelemetryStore:
    """Telemetry of one installation. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, facts: FactStore, clock: Clock) -> None:
        self._engine = engine
        self._facts = facts
        self._clock = clock

    def take(self, signal: str, reported: Iterable[Reported] = (), points: Iterable[Point] = ()) -> Taken:
        """Book what one request holds, all or nothing.

        Args:
            signal: `traces`, `logs` or `metrics`.
        """
        groups, marks, now = list(reported), list(points), self._clock()
        if not groups and not marks:
            return Taken(0, 0, 0)
        kept: list[Fact] = []
        ignored = 0
        with transaction(self._engine) as connection:
            for group in groups:
                if self._counts(connection, group.source, signal, now, tells=bool(group.counted)):
                    kept += group.facts
                else:
                    others = [fact for fact in group.facts if not isinstance(fact, Call)]
                    kept += others
                    ignored += len(group.facts) - len(others)
            for point in marks:
                if self._counts(connection, point.source, signal, now, tells=True):
                    kept += self._added(connection, point)
                else:
                    ignored += 1
            done = self._facts.append_in(connection, kept, "otlp") if kept else None
        return Taken(done.new, done.doubled, ignored) if done is not None else Taken(0, 0, ignored)

    def _counts(self, connection: Connection, source: str, signal: str, now: datetime, *, tells: bool) -> bool:
        """Whether this source's calls are counted by this signal; the first that tells of tokens is."""
        known = connection.scalar(select(usage_signals.c.signal).where(usage_signals.c.source == source))
        if known is None and tells:
            row = {"source": source, "signal": signal, "at": now.isoformat()}
            connection.execute(insert(usage_signals), [row])
        return known is None or bool(known == signal)

    def _added(self, connection: Connection, point: Point) -> list[Fact]:
        """The call that a point adds; none where it adds nothing.

        A cumulative counter that began anew, or fell, counts from 0. A point from before the last one adds nothing:
        what it told is in the last one.
        """
        if not point.cumulative:
            return [point.told(point.value)] if point.value else []
        name = sha256(point.series.encode()).hexdigest()
        row = connection.execute(select(usage_series).where(usage_series.c.series == name)).first()
        now = {"started_at": point.started_at, "at": point.at, "value": point.value}
        if row is None:
            connection.execute(insert(usage_series), [{"series": name, **now}])
            return [point.told(point.value)] if point.value else []
        if point.at <= row.at:
            return []
        connection.execute(update(usage_series).where(usage_series.c.series == name).values(**now))
        anew = point.started_at > row.started_at or point.value < row.value
        added = point.value if anew else point.value - row.value
        return [point.told(added)] if added else []
