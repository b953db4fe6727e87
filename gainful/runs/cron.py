"""When a cron expression falls due in a time zone, also on the days on which the clocks are changed.

cron = Cron("0 9 * * 1-5", "Europe/Berlin")
cron.between(after, until)      # its slots after the one instant and up to the other, oldest first
cron.back(until, after)         # the same ones, newest first

An expression that names minute and hour means times of day: each falls due once, whatever is done to the clocks. A time
that is left out when they go forward falls due right after; several that fall together there are one. A time that is
shown twice when they go back falls due the first time.

An expression whose minute or hour begins with `*` is a rhythm, and follows the clock on the wall: through the hour that
comes twice it goes on, and in the hour that is left out it has no slot. Debian's cron tells the two apart likewise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from gainful.core.errors import Invalid

LONGEST = 200
"""Characters of an expression."""

_INSTANT = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_NEVER = timedelta(days=40 * 366)
"""How far ahead a slot is looked for: a 29 February that is the fifth Monday of its month comes every 28 years."""


class CronInvalid(Invalid):
    """A cron expression or a time zone that cannot be used."""

    code = "cron-invalid"


class Cron:
    """The slots of one expression in one time zone, as aware UTC instants.

    Args:
        expression: Five fields: minute, hour, day of the month, month, day of the week.
        zone: IANA name, such as `Europe/Berlin`.

    Raises:
        CronInvalid: One of them is none.
    """

    def __init__(self, expression: str, zone: str) -> None:
        self.expression = " ".join(expression.split())
        self.zone = zone_of(zone)
        fields = _checked(self.expression)
        self._is_rhythm = fields[0].startswith("*") or fields[1].startswith("*")

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The slots later than `after` and not later than `until`, oldest first."""
        if not self._is_rhythm:
            yield from self._times(after, until)
            return
        for begin, end, offset in self._segments(after, until):
            for shown in CronSim(self.expression, _naive(begin, offset)):
                if (due := _aware(shown, offset)) > end:
                    break
                yield due

    def back(self, until: datetime, after: datetime) -> Iterator[datetime]:
        """The slots not later than `until` and later than `after`, newest first."""
        if not self._is_rhythm:
            yield from self._times_back(until, after)
            return
        for begin, end, offset in reversed(list(self._segments(after, until))):
            for shown in CronSim(self.expression, _naive(end + _INSTANT, offset), reverse=True):
                if (due := _aware(shown, offset)) <= begin:
                    break
                yield due

    def following(self, after: datetime) -> datetime | None:
        """The first slot later than `after`; None when there is none in a lifetime."""
        return next(self.between(after, after + _NEVER), None)

    def _times(self, after: datetime, until: datetime) -> Iterator[datetime]:
        last = after
        for shown in CronSim(self.expression, after.astimezone(self.zone).replace(tzinfo=None)):
            due = self._first_shown(shown)
            if due > until:
                break
            # In the second of two equal hours, the times of the first one are past.
            if due > last:
                yield due
                last = due

    def _times_back(self, until: datetime, after: datetime) -> Iterator[datetime]:
        last: datetime | None = None
        # In the second of two equal hours the clock shows less than it did at the end of the first one.
        start = until.astimezone(self.zone).replace(tzinfo=None) + _DAY
        for shown in CronSim(self.expression, start, reverse=True):
            due = self._first_shown(shown)
            if due <= after:
                break
            if due <= until and due != last:
                yield due
                last = due

    def _first_shown(self, shown: datetime) -> datetime:
        """The instant at which the clock first shows this, or something later where it leaves this out."""
        while True:
            due = shown.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            if due.astimezone(self.zone).replace(tzinfo=None) == shown:
                return due
            shown += _MINUTE

    def _segments(self, after: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """The time between the two, cut where the distance from UTC changes: beginning (not in it), end, distance."""
        begin = after.astimezone(UTC)
        end = until.astimezone(UTC)
        while begin < end:
            first = begin + _INSTANT
            change = self._change(first, end)
            yield begin, end if change is None else change - _INSTANT, self._offset(first)
            begin = end if change is None else change - _INSTANT

    def _change(self, first: datetime, end: datetime) -> datetime | None:
        """The first instant after `first`, and not after `end`, at which the distance from UTC is another."""
        offset, low = self._offset(first), first
        while low < end:
            high = min(low + _DAY, end)
            if self._offset(high) != offset:
                return self._exactly(int(low.timestamp()), ceil(high.timestamp()), offset)
            low = high
        return None

    def _exactly(self, low: int, high: int, offset: timedelta) -> datetime:
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == offset:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this IANA name.

    Raises:
        CronInvalid: There is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CronInvalid(f"'{name[:80]}' is no time zone.", "Write it like Europe/Berlin, or UTC.") from None


def _checked(expression: str) -> list[str]:
    fields = expression.split()
    reason = ""
    if len(fields) != 5 or len(expression) > LONGEST:
        reason = f"it has {len(fields)} fields, not five" if len(fields) != 5 else "it is too long"
    else:
        try:
            CronSim(expression, datetime(2000, 1, 1))  # noqa: DTZ001 -- read, not run
        except CronSimError as error:
            reason = f"its {str(error).removeprefix('Bad ')} cannot be used"
    if reason:
        raise CronInvalid(
            f"'{expression[:80]}' is no cron expression: {reason}.",
            "Write minute, hour, day of the month, month and day of the week: 0 9 * * 1-5 is nine on working days.",
        )
    return fields


def _naive(at: datetime, offset: timedelta) -> datetime:
    return (at + offset).replace(tzinfo=None)


def _aware(shown: datetime, offset: timedelta) -> datetime:
    return shown.replace(tzinfo=UTC) - offset
