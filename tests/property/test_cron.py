"""Slots of cron expressions beside a walk, minute by minute, that asks the clock on the wall and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.runs.cron import Cron

MINUTE = timedelta(minutes=1)
CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),
    "America/Santiago": ("2026-09-06T04:00", "2026-04-05T03:00"),
    "Asia/Beirut": ("2025-03-29T22:00", "2025-10-25T21:00"),
    "Africa/Casablanca": ("2025-02-23T02:00", "2025-04-06T02:00"),
    "Pacific/Apia": ("2011-12-30T10:00",),
    "Asia/Kathmandu": ("2026-01-01T00:00",),
    "UTC": ("2026-02-28T12:00",),
}


@dataclass(frozen=True)
class Part:
    """One field: how it is written, and which numbers it means."""

    text: str
    fits: frozenset[int]


def named(low: int, high: int) -> st.SearchStrategy[Part]:
    """A list or a range."""
    number = st.integers(low, high)
    lists = st.lists(number, min_size=1, max_size=4, unique=True)
    ranges = st.tuples(number, number).map(sorted)
    return st.one_of(
        lists.map(lambda numbers: Part(",".join(map(str, numbers)), frozenset(numbers))),
        ranges.map(lambda ends: Part(f"{ends[0]}-{ends[1]}", frozenset(range(ends[0], ends[1] + 1)))),
    )


def part(low: int, high: int) -> st.SearchStrategy[Part]:
    """A star, a rhythm, a list or a range."""
    return st.one_of(
        st.just(Part("*", frozenset(range(low, high + 1)))),
        st.integers(2, 20).map(lambda step: Part(f"*/{step}", frozenset(range(low, high + 1, step)))),
        named(low, high),
    )


@dataclass(frozen=True)
class Expression:
    """Five fields."""

    minute: Part
    hour: Part
    day: Part
    month: Part
    weekday: Part

    @property
    def text(self) -> str:
        return " ".join(field.text for field in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def is_rhythm(self) -> bool:
        return self.minute.text.startswith("*") or self.hour.text.startswith("*")

    def fits(self, shown: datetime) -> bool:
        days = (shown.day in self.day.fits, shown.isoweekday() % 7 in self.weekday.fits)
        star = self.day.text.startswith("*") or self.weekday.text.startswith("*")
        day = all(days) if star else any(days)
        return day and all(
            (shown.minute in self.minute.fits, shown.hour in self.hour.fits, shown.month in self.month.fits)
        )


EXPRESSIONS = st.builds(
    Expression,
    part(0, 59),
    st.one_of(part(0, 23), named(0, 3)),
    # The days that are looked at are few: most expressions should have slots in them.
    st.one_of(st.just(Part("*", frozenset(range(1, 32)))), part(1, 31)),
    st.just(Part("*", frozenset(range(1, 13)))),
    st.one_of(st.just(Part("*", frozenset(range(7)))), part(0, 6)),
)


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone, and a time about one of its changes."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone]))).replace(tzinfo=UTC)
    after = change - timedelta(minutes=draw(st.integers(-300, 1500)), seconds=draw(st.integers(0, 59)))
    return zone, after, after + timedelta(minutes=draw(st.integers(1, 1800)))


def walked(expression: Expression, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """The slots by the words of the definition."""
    here = ZoneInfo(zone)
    found = []
    at = after.replace(second=0, microsecond=0)
    if at <= after:
        at += MINUTE
    while at <= until:
        local = at.astimezone(here)
        shown = local.replace(tzinfo=None)
        before = (at - MINUTE).astimezone(here).replace(tzinfo=None)
        if expression.is_rhythm:
            due = expression.fits(shown)
        else:
            # A time of the day: when it is shown first, or when the clock has jumped over it.
            due = local.fold == 0 and expression.fits(shown)
            passed = before + MINUTE
            while passed < shown and not due:
                due = expression.fits(passed)
                passed += MINUTE
        if due:
            found.append(at)
        at += MINUTE
    return found


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, spans())
def test_the_slots_are_those_of_the_walk(expression: Expression, span: tuple[str, datetime, datetime]) -> None:
    zone, after, until = span
    cron = Cron(expression.text, zone)
    expected = walked(expression, zone, after, until)
    assert list(cron.between(after, until)) == expected
    assert list(cron.back(until, after)) == expected[::-1]


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, spans(), st.integers(0, 1800))
def test_it_makes_no_difference_where_a_time_is_cut(
    expression: Expression, span: tuple[str, datetime, datetime], cut: int
) -> None:
    zone, after, until = span
    middle = min(after + timedelta(minutes=cut), until)
    cron = Cron(expression.text, zone)
    whole = list(cron.between(after, until))
    assert [*cron.between(after, middle), *cron.between(middle, until)] == whole
    assert whole == sorted(set(whole))


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS, spans())
def test_following_steps_from_slot_to_slot(expression: Expression, span: tuple[str, datetime, datetime]) -> None:
    zone, after, until = span
    cron = Cron(expression.text, zone)
    steps: list[datetime] = []
    at = cron.following(after)
    while at is not None and at <= until and len(steps) < 20:
        steps.append(at)
        at = cron.following(at)
    assert steps == list(cron.between(after, until))[:20]
