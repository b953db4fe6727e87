"""By which channel each source counts: once each token, whoever tells of it and in whatever order.

- A source counts by one channel. A finer one takes its place as soon as it tells of tokens; one that is as fine or
  coarser does only when nothing has come by the other for a day.
- What the channel before told of is not told again: the new one counts from the moment that the old one had come to.
- Telemetry that does not say whose it is counts as long as nobody of the same process, or of the same tool where it
  does not name a process either, reports by a finer channel: it may be the same tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gainful.core.telemetry import FINENESS, Source
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.schema import usage_signals

LAPSE = timedelta(days=1)
"""How long a channel must have been silent before one that is no finer takes its place."""

CHUNK = 500
EVERYBODY = "*"


@dataclass(slots=True)
class _Row:
    """What is known of a source; instants are microseconds since 1970.

    Args:
        seen_at: When something last came by the channel.
        since: What ended before or then was told by another channel.
        until: How far the channel has come.
    """

    channel: str
    seen_at: int
    since: int = 0
    until: int = 0


class SignalStore:
    """The channels of one installation's sources, whose people stand under their pseudonyms."""

    def counting_in(
        self, connection: Connection, told: Mapping[tuple[Source, str], int], now: datetime
    ) -> dict[tuple[Source, str], int]:
        """Of these sources and channels, which tell of tokens, those that count, and from when on.

        Args:
            told: How far each has come, microseconds since 1970.

        Returns:
            For each that counts the instant, in microseconds; what ended before or then was told already.
        """
        names = {name for source, _ in told for name in (source, *_above(source), *_noted(source), *_beneath(source))}
        rows = self._known(connection, names)
        changed: set[Source] = set()
        counting: dict[tuple[Source, str], int] = {}
        # The finest first, so that what comes together is decided as if it had come in that order.
        for (source, channel), until in sorted(told.items(), key=lambda one: (-FINENESS[one[0][1]], one[0])):
            row = self._row(rows, source, channel, microseconds(now))
            if row is not None:
                # A clock that is ahead would make what comes later look as if it were told.
                row.until = max(row.until, min(until, microseconds(now)))
                counting[source, channel] = row.since
                changed |= {source, *self._note(rows, source, channel, row.seen_at)}
        self._write(connection, {name: rows[name] for name in changed})
        return counting

    def channels_in(self, connection: Connection, sources: Iterable[Source]) -> dict[Source, str]:
        """The channel by which each of these sources counts, where one is known."""
        return {source: row.channel for source, row in self._known(connection, set(sources)).items()}

    def _row(self, rows: dict[Source, _Row], source: Source, channel: str, now: int) -> _Row | None:
        """The source's row where this channel counts, brought up to date; None where it does not count."""
        for name in _beneath(source):
            finer = rows.get(name)
            if finer is not None and FINENESS[finer.channel] > FINENESS[channel] and not _lapsed(finer, now):
                return None
        row = rows.get(source)
        if row is None:
            told = (rows[name] for name in _above(source) if name in rows)
            since = max((one.until for one in told if FINENESS[one.channel] < FINENESS[channel]), default=0)
            row = rows[source] = _Row(channel, now, since)
        elif row.channel != channel:
            if FINENESS[channel] <= FINENESS[row.channel] and not _lapsed(row, now):
                return None
            row = rows[source] = _Row(channel, now, row.until, row.until)
        row.seen_at = now
        return row

    def _note(self, rows: dict[Source, _Row], source: Source, channel: str, now: int) -> set[Source]:
        """Take note, for those who do not say whose they are, of the finest channel in the same process and tool."""
        noted: set[Source] = set()
        for name in _noted(source):
            known = rows.get(name)
            if known is None or FINENESS[channel] >= FINENESS[known.channel] or _lapsed(known, now):
                rows[name] = _Row(channel, now)
                noted.add(name)
        return noted

    def _known(self, connection: Connection, names: set[Source]) -> dict[Source, _Row]:
        by_text = {_text(name): name for name in names}
        wanted = list(by_text)
        rows: dict[Source, _Row] = {}
        for start in range(0, len(wanted), CHUNK):
            query = select(usage_signals).where(usage_signals.c.source.in_(wanted[start : start + CHUNK]))
            for row in connection.execute(query):
                rows[by_text[row.source]] = _Row(row.channel, row.seen_at, row.since, row.until)
        return rows

    def _write(self, connection: Connection, rows: Mapping[Source, _Row]) -> None:
        if not rows:
            return
        make = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        statement = make(usage_signals)
        fields = ("channel", "seen_at", "since", "until")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["source"], set_={name: statement.excluded[name] for name in fields}
            ),
            [
                {"source": _text(source), **{name: getattr(row, name) for name in fields}}
                for source, row in sorted(rows.items())
            ],
        )


def _above(source: Source) -> list[Source]:
    """Those that the source's usage may be told under where it is not said whose it is, or in which process."""
    above = [source._replace(person=""), source._replace(instance="", person="")]
    return [one for one in dict.fromkeys(above) if one != source]


def _noted(source: Source) -> list[Source]:
    """Under which names the channel is noted for those who may stand for the source."""
    return [above._replace(person=EVERYBODY) for above in _above(source)]


def _beneath(source: Source) -> list[Source]:
    """Under which names the finest channel is noted of those whom the source may stand for."""
    return [] if source.person else [source._replace(person=EVERYBODY)]


def _lapsed(row: _Row, now: int) -> bool:
    return now - row.seen_at > LAPSE // timedelta(microseconds=1)


def _text(source: Source) -> str:
    return "\n".join(source)
