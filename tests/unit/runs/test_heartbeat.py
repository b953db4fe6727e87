"""Who lives is told by numbers that grow, judged by the clock of whoever looks; nobody begins what others may have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from gainful.core.errors import Unavailable
from gainful.runs.heartbeat import Heartbeat
from gainful.runs.membership import Member
from tests.fixtures.waiting import eventually


class Roster:
    """Kept in memory; can be away."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.holders: dict[str, str] = {}
        self.away = False

    def _check(self) -> None:
        if self.away:
            raise Unavailable("Away.", "Wait.")

    def join(self, member: Member) -> None:
        self._check()
        self.counts.setdefault(member.id, 0)

    def beat(self, member_id: str, duties: frozenset[str]) -> frozenset[str] | None:
        self._check()
        if member_id not in self.counts:
            return None
        self.counts[member_id] += 1
        return frozenset(duty for duty in duties if self.take(duty, member_id))

    def beats(self) -> dict[str, int]:
        self._check()
        return dict(self.counts)

    def bury(self, member_id: str, beats: int) -> bool:
        if self.counts.get(member_id) != beats:
            return False
        self.leave(member_id)
        return True

    def take(self, name: str, member_id: str) -> bool:
        if self.holders.get(name, member_id) != member_id:
            return False
        self.holders[name] = member_id
        return True

    def give_back(self, name: str, member_id: str) -> None:
        if self.holders.get(name) == member_id:
            del self.holders[name]

    def leave(self, member_id: str) -> None:
        self._check()
        self.counts.pop(member_id, None)
        self.holders = {name: who for name, who in self.holders.items() if who != member_id}

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        yield


class Watch:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def roster() -> Roster:
    return Roster()


@pytest.fixture
def watch() -> Watch:
    return Watch()


def member(roster: Roster, watch: Watch, name: str, *duties: str) -> Heartbeat:
    return Heartbeat(
        roster, Member(name, "here", 1, "test"), frozenset(duties), watch, dead_after=timedelta(seconds=10)
    )


def test_who_stands_still_under_anothers_eyes_is_dead(roster: Roster, watch: Watch) -> None:
    one, two = member(roster, watch, "one"), member(roster, watch, "two")
    two.beat()
    watch.now += 9
    two.beat()
    assert two.alive() == {"one", "two"}
    watch.now += 2
    two.beat()
    assert two.alive() == {"two"}
    assert one.own not in roster.counts


def test_who_beats_lives_however_long(roster: Roster, watch: Watch) -> None:
    one, two = member(roster, watch, "one"), member(roster, watch, "two")
    for _ in range(30):
        watch.now += 3
        one.beat()
        two.beat()
    assert two.alive() == {"one", "two"}


def test_a_newcomer_needs_to_look_as_long_as_anybody(roster: Roster, watch: Watch) -> None:
    member(roster, watch, "one")
    watch.now += 1000
    two = member(roster, watch, "two")
    two.beat()
    assert two.alive() == {"one", "two"}


def test_a_duty_is_ones_and_goes_to_another_with_its_death(roster: Roster, watch: Watch) -> None:
    one, two = member(roster, watch, "one", "watch"), member(roster, watch, "two", "watch")
    one.beat()
    two.beat()
    assert one.has("watch")
    assert not two.has("watch")
    for _ in range(4):
        watch.now += 4
        two.beat()
    assert two.has("watch")
    # The other one has not learnt of it; but it has not beaten for too long, and does not trust itself.
    assert not one.has("watch")
    one.beat()
    one.beat()
    assert not one.has("watch")


def test_who_was_struck_off_joins_again_and_knows_it(roster: Roster, watch: Watch) -> None:
    one, two = member(roster, watch, "one"), member(roster, watch, "two")
    one.beat()
    assert one.await_standing() == 0
    for _ in range(4):
        watch.now += 4
        two.beat()
    one.beat()
    assert one.await_standing() == 1
    assert two.alive() == {"one", "two"}


def test_nothing_begins_until_it_has_beaten(roster: Roster, watch: Watch) -> None:
    one = member(roster, watch, "one")
    one.beat()
    watch.now += 6
    begun = threading.Event()

    def begin() -> None:
        one.await_standing()
        begun.set()

    thread = threading.Thread(target=begin)
    thread.start()
    assert not begun.wait(0.2)
    one.beat()
    assert begun.wait(120)
    thread.join()


def test_time_in_which_the_database_was_away_counts_for_nobody(roster: Roster, watch: Watch) -> None:
    member(roster, watch, "one")
    two = Heartbeat(
        roster, Member("two", "here", 1, "test"), monotonic=watch, beat_every=timedelta(seconds=0.01)
    ).start()
    assert eventually(lambda: roster.counts["two"] > 1)
    roster.away = True
    watch.now += 1000
    threading.Event().wait(0.1)
    roster.away = False
    count = roster.counts["two"]
    assert eventually(lambda: roster.counts["two"] > count + 3)
    assert two.alive() == {"one", "two"}
    two.close()
    assert "two" not in roster.counts


def test_who_leaves_frees_what_it_held_at_once(roster: Roster, watch: Watch) -> None:
    one, two = member(roster, watch, "one", "watch"), member(roster, watch, "two", "watch")
    one.beat()
    assert one.hold("account a")
    assert not two.hold("account a")
    one.close()
    two.beat()
    assert two.has("watch")
    assert two.hold("account a")
    two.let_go("account a")
    assert roster.holders == {"watch": "two"}
