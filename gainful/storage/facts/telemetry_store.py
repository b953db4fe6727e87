"""Takes telemetry into the facts: durable when it returns, and the same request again changes nothing.

    store.take([Content(reported, points)])     # Taken(new=3, doubled=0, ignored=1)

Many tools report the same tokens as spans, as log events and as metrics; `signal_store` says which of them counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from gainful.core.clock import Clock
from gainful.core.fact import Call, Fact
from gainful.core.telemetry import Content, Point, Reported, Source, counted, ended_at
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.signal_store import SignalStore
from gainful.storage.schema import usage_series

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of requests.

    Args:
        doubled: Facts that were known.
        ignored: What tells of tokens that are counted by another channel, or were.
    """

    new: int = 0
    doubled: int = 0
    ignored: int = 0


class TelemetryStore:
    """Telemetry of one installation. Safe to share between threads and processes.

    Args:
        price: What the tokens of many calls together cost, USD; None where nobody knows.
    """

    def __init__(self, engine: Engine, facts: FactStore, price: Callable[[Call], Decimal | None], clock: Clock) -> None:
        self._engine = engine
        self._facts = facts
        self._signals = SignalStore()
        self._price = price
        self._clock = clock

    def take(self, contents: Sequence[Content]) -> Taken:
        """Book what requests hold, all or nothing.

        Many small ones together take little longer than one: what a transaction costs, most of all to be durable, is
        paid once.
        """
        content = Content(
            tuple(group for one in contents for group in one.reported),
            tuple(point for one in contents for point in one.points),
        )
        if not content.reported and not content.points:
            return Taken()
        with transaction(self._engine) as connection:
            content = self._veiled(connection, content)
            counting = self._signals.counting_in(connection, _told(content), self._clock())
            kept, ignored = self._counted(connection, content.reported, counting)
            points = [point for point in content.points if _counts(point, counting)]
            ignored += len(content.points) - len(points)
            kept += self._added(connection, points)
            done = self._facts.append_in(connection, kept, "otlp") if kept else None
        new, doubled = (done.new, done.doubled) if done is not None else (0, 0)
        return Taken(new, doubled, ignored)

    def _veiled(self, connection: Connection, content: Content) -> Content:
        """The same with pseudonyms in the place of people's names in all that is kept beside the facts.

        Keys of events and points are made from what they say, without whose they are: the pseudonym comes in here, so
        that nobody who was forgotten can be found out by trying names.
        """
        sources = {group.source for group in content.reported} | {point.source for point in content.points}
        names = self._facts.pseudonyms_in(connection, sorted({source.person for source in sources}))
        veiled = {source: source._replace(person=names[source.person]) for source in sources}
        return Content(
            tuple(
                replace(group, source=veiled[group.source], facts=_keyed(group, veiled[group.source]))
                for group in content.reported
            ),
            tuple(_point_of(point, veiled[point.source]) for point in content.points),
        )

    def _counted(
        self, connection: Connection, reported: Iterable[Reported], counting: dict[tuple[Source, str], int]
    ) -> tuple[list[Fact], int]:
        """The facts that count, and how many calls do not. What is no call counts by every channel."""
        groups = list(reported)
        # Who tells of no tokens claims nothing, and still must not tell what another channel does.
        silent = self._signals.channels_in(connection, {group.source for group in groups if not group.tells})
        kept: list[Fact] = []
        total = 0
        for group in groups:
            total += len(group.facts)
            if group.tells:
                since = counting.get((group.source, group.channel))
            else:
                since = 0 if silent.get(group.source, group.channel) == group.channel else None
            kept += [fact for fact in group.facts if not isinstance(fact, Call) or _follows(fact, since)]
        return kept, total - len(kept)

    def _added(self, connection: Connection, points: Iterable[Point]) -> list[Call]:
        """The calls that points add, of those that were counted together one."""
        # A request and the same one again may come together.
        marks = list({(point.series, point.at): point for point in points}.values())
        series = self._series(connection, {_name(point) for point in marks if point.cumulative})
        calls: dict[str, Call] = {}
        added: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for point in sorted(marks, key=lambda point: point.at):
            tokens = self._since_last(connection, point, series) if point.cumulative else point.value
            if tokens:
                calls[point.call.key] = point.call
                kinds = added[point.call.key]
                kinds[point.kind] = kinds.get(point.kind, 0) + tokens
        return [self._priced(counted(call, added[key])) for key, call in calls.items()]

    def _priced(self, call: Call) -> Call:
        return replace(call, cost=self._price(call))

    def _series(self, connection: Connection, names: set[str]) -> dict[str, Any]:
        wanted, known = sorted(names), dict[str, Any]()
        for start in range(0, len(wanted), CHUNK):
            query = select(usage_series).where(usage_series.c.series.in_(wanted[start : start + CHUNK]))
            known.update((row.series, dict(row._mapping)) for row in connection.execute(query))
        return known

    def _since_last(self, connection: Connection, point: Point, known: dict[str, Any]) -> int:
        """What a point of a cumulative counter adds.

        One that began anew, or fell, counts from 0. A point from before the last one adds nothing: what it told is in
        the last one.
        """
        name = _name(point)
        last = known.get(name)
        now = {"started_at": point.started_at, "at": point.at, "value": point.value}
        if last is not None and point.at <= last["at"]:
            return 0
        known[name] = {"series": name, **now}
        if last is None:
            connection.execute(insert(usage_series), [known[name]])
            return point.value
        connection.execute(update(usage_series).where(usage_series.c.series == name).values(**now))
        anew = point.started_at > last["started_at"] or point.value < last["value"]
        return point.value if anew else point.value - int(last["value"])


def _keyed(group: Reported, source: Source) -> tuple[Fact, ...]:
    # Spans have ids of their own.
    if group.channel == "span" or not source.person:
        return group.facts
    return tuple(replace(fact, key=f"{fact.key}@{source.person}") for fact in group.facts)


def _point_of(point: Point, source: Source) -> Point:
    call = replace(point.call, key=f"{point.call.key}@{source.person}", id=f"{point.call.id}@{source.person}")
    return replace(point, source=source, series=repr((*source, point.series)), call=call)


def _told(content: Content) -> dict[tuple[Source, str], int]:
    """Who tells of tokens by which channel, and how far they have come."""
    told: dict[tuple[Source, str], int] = {}
    for group in content.reported:
        if group.tells:
            ends = (microseconds(ended_at(fact)) for fact in group.facts if isinstance(fact, Call) and fact.model)
            key = (group.source, group.channel)
            told[key] = max(told.get(key, 0), *ends)
    for point in content.points:
        key = (point.source, point.channel)
        told[key] = max(told.get(key, 0), microseconds(point.call.at))
    return told


def _follows(call: Call, since: int | None) -> bool:
    return since is not None and (since == 0 or microseconds(ended_at(call)) > since)


def _counts(point: Point, counting: dict[tuple[Source, str], int]) -> bool:
    since = counting.get((point.source, point.channel))
    return _follows(point.call, since)


def _name(point: Point) -> str:
    return sha256(point.series.encode()).hexdigest()
