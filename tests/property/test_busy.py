"""Laws of the busy rule, over any calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.busy import GAP, Interval, busy_intervals, busy_until, free_intervals, meeting_ends, merged
from gainful.core.calendar import Event, Guest, Reply, Shown, Standing

ADA, BO = "ada@example.org", "bo@example.org"
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)

moments = st.integers(0, 3 * 24 * 60).map(lambda minute: MONDAY + timedelta(minutes=minute))
lengths = st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes))
guests = st.lists(
    st.builds(Guest, st.sampled_from([(ADA,), (BO,), ("7", ADA)]), st.sampled_from([None, *Reply])), max_size=3
).map(tuple)


@st.composite
def events(draw: st.DrawFn) -> Event:
    start = draw(moments)
    return Event(
        id=str(draw(st.integers(0, 10**9))),
        uid="1",
        start=start,
        end=start + draw(lengths),
        all_day=draw(st.booleans()),
        organizer=draw(st.sampled_from(["", ADA, BO])),
        guests=draw(guests),
        shown=draw(st.sampled_from(Shown)),
        standing=draw(st.sampled_from(Standing)),
    )


calendars = st.lists(events(), max_size=12)


@given(calendars)
def test_busy_times_are_in_order_and_apart(found: list[Event]) -> None:
    busy = busy_intervals(found, {ADA})
    assert all(one.start < one.end for one in busy)
    assert all(later.start - earlier.end > GAP for earlier, later in pairwise(busy))


@given(calendars, st.randoms())
def test_the_order_of_events_means_nothing(found: list[Event], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert busy_intervals(shuffled, {ADA}) == busy_intervals(found, {ADA})


@given(calendars, events())
def test_a_declined_event_changes_nothing(found: list[Event], one: Event) -> None:
    declined = Event("x", "x", one.start, one.end, organizer=BO, guests=(Guest((ADA,), Reply.DECLINED),))
    assert busy_intervals([*found, declined], {ADA}) == busy_intervals(found, {ADA})


@given(calendars, events(), st.sampled_from([Shown.BUSY, Shown.AWAY, Shown.UNSAID, Shown.TENTATIVE]))
def test_an_unanswered_invitation_changes_nothing(found: list[Event], one: Event, shown: Shown) -> None:
    """Whatever a stranger writes into it, they cannot make anybody busy."""
    invited = Event(
        "x", "x", one.start, one.end, one.all_day, organizer=BO, guests=(Guest((ADA,), Reply.OPEN),), shown=shown
    )
    assert busy_intervals([*found, invited], {ADA}) == busy_intervals(found, {ADA})


@given(calendars, events())
def test_an_accepted_meeting_is_busy_throughout(found: list[Event], one: Event) -> None:
    accepted = Event("x", "x", one.start, one.end, organizer=BO, guests=(Guest((ADA,), Reply.ACCEPTED),))
    busy = busy_intervals([*found, accepted], {ADA})
    if one.start < one.end:
        assert any(each.start <= one.start and one.end <= each.end for each in busy)


@given(calendars, moments)
def test_until_is_an_end_and_lies_ahead(found: list[Event], now: datetime) -> None:
    until = busy_until(found, {ADA}, now)
    assert until is None or (until > now and until in {event.end for event in found})


@given(calendars)
def test_merging_twice_is_merging_once(found: list[Event]) -> None:
    busy = busy_intervals(found, {ADA})
    assert merged(busy) == busy


@given(calendars, moments, moments)
def test_free_and_busy_share_no_moment_and_leave_none(found: list[Event], one: datetime, other: datetime) -> None:
    start, end = min(one, other), max(one, other) + timedelta(minutes=1)
    busy = busy_intervals(found, {ADA}, timedelta(0))
    free = free_intervals(busy, start, end)
    inside = [Interval(max(each.start, start), min(each.end, end)) for each in busy]
    taken = [each for each in inside if each.start < each.end]
    assert merged([*free, *taken], timedelta(0)) == [Interval(start, end)]
    lengths = [each.end - each.start for each in [*free, *taken]]
    assert sum(lengths, timedelta(0)) == end - start


@given(calendars, st.lists(moments, min_size=2, max_size=6))
def test_no_end_is_told_twice_or_missed(found: list[Event], asked: list[datetime]) -> None:
    busy, asked = busy_intervals(found, {ADA}), sorted(asked)
    told = [end for after, until in pairwise(asked) for end in meeting_ends(busy, after, until)]
    assert told == meeting_ends(busy, asked[0], asked[-1])
