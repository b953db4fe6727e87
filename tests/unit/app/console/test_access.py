"""Passwords that are guessed: not faster by guessing side by side, and not at the cost of those who are in already."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Access, Role
from gainful.app.console.access import HASHED_AT_ONCE, LONGEST_NAME, TRIES, AccountInvalid, SignInRefused
from gainful.storage.settings.config import Home

ANN, PASSWORD = "ann@example.org", "several words do well"


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    with Gainful.open(Home(tmp_path / "home")) as app:
        app.access.add(ANN, Role.OWNER, PASSWORD, ANN)
        yield app.access


class Hasher:
    """Finds every password wrong, and counts; an answer comes only once so many ask, or nobody more can."""

    def __init__(self, inner: object) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self.asked = self.now = self.most = 0

    def hash(self, password: str) -> str:
        return self._inner.hash(password)  # type: ignore[attr-defined,no-any-return]

    def verify(self, known: str, password: str) -> None:
        with self._lock:
            self.asked, self.now = self.asked + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            self._inner.verify(known, password)  # type: ignore[attr-defined]
        finally:
            with self._lock:
                self.now -= 1


@pytest.fixture
def hasher(access: Access, monkeypatch: pytest.MonkeyPatch) -> Hasher:
    found = Hasher(access._hasher)
    monkeypatch.setattr(access, "_hasher", found)
    return found


def guessed(access: Access, person: str, password: str = "no such password") -> str:
    try:
        access.sign_in(person, password)
    except SignInRefused as error:
        return "wrong" if "wrong." in error.what else "later"
    return "in"


def test_guesses_side_by_side_are_as_many_as_one_after_the_other(access: Access, hasher: Hasher) -> None:
    begin = threading.Barrier(24)

    def guess(_: int) -> str:
        begin.wait()
        return guessed(access, ANN)

    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(guess, range(24)))
    assert said.count("wrong") == TRIES == hasher.asked
    assert said.count("later") == 24 - TRIES


def test_few_passwords_are_hashed_at_once_whoever_asks(access: Access, hasher: Hasher) -> None:
    begin = threading.Barrier(12)

    def guess(number: int) -> str:
        begin.wait()
        return guessed(access, f"nobody-{number}@example.org")

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(guess, range(12))) == {"wrong"}
    assert hasher.asked == 12
    assert hasher.most <= HASHED_AT_ONCE


def test_two_owners_who_put_each_other_out_leave_one(access: Access) -> None:
    ben = "ben@example.org"

    def put_out(person: str) -> bool:
        begin.wait()
        try:
            access.remove(person, "the other")
        except AccountInvalid:
            return False
        return True

    for _ in range(20):
        present = [one.person for one in access.accounts()]
        for person in {ANN, ben} - set(present):
            access.add(person, Role.OWNER, None, "mira@example.org")
        begin = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(put_out, [ANN, ben])) == [False, True]


def test_a_stranger_at_the_door_does_not_keep_those_inside_from_confirming(access: Access) -> None:
    who = access.session(access.sign_in(ANN, PASSWORD))
    assert who is not None
    while guessed(access, ANN) != "later":
        pass
    assert guessed(access, ANN, PASSWORD) == "later", "the door waits"
    access.confirm(who, PASSWORD)


def test_who_confirms_wrongly_has_to_wait_as_well(access: Access) -> None:
    who = access.session(access.sign_in(ANN, PASSWORD))
    assert who is not None
    for _ in range(TRIES):
        with pytest.raises(SignInRefused, match=r"wrong\."):
            access.confirm(who, "no such password")
    with pytest.raises(SignInRefused, match="too many"):
        access.confirm(who, PASSWORD)
    assert guessed(access, ANN, PASSWORD) == "in", "the door counts for itself"


def test_a_right_password_ends_the_count(access: Access) -> None:
    for _ in range(3):
        assert [guessed(access, ANN) for _ in range(TRIES - 1)] == ["wrong"] * (TRIES - 1)
        assert guessed(access, ANN, PASSWORD) == "in"


def test_a_name_that_no_account_can_have_takes_no_memory(access: Access) -> None:
    guessed(access, "x" * 300_000)
    assert max(len(name) for _, name in access._tries._wrong) <= LONGEST_NAME + 1


class Moving:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def timed(tmp_path: Path, clock: Moving) -> Iterator[Access]:
    with Gainful.open(Home(tmp_path / "timed"), clock) as app:
        app.access.add(ANN, Role.OWNER, PASSWORD, ANN)
        yield app.access


def test_a_clock_that_is_set_back_keeps_nobody_confirmed(timed: Access, clock: Moving) -> None:
    cookie = timed.sign_in(ANN, PASSWORD)
    # Two servers of a team differ by as much.
    clock.now -= timedelta(seconds=30)
    signed_in = timed.session(cookie)
    assert signed_in is not None
    assert signed_in.confirmed
    clock.now -= timedelta(hours=1)
    signed_in = timed.session(cookie)
    assert signed_in is not None
    assert not signed_in.confirmed
    timed.confirm(signed_in, PASSWORD)
    confirmed = timed.session(cookie)
    assert confirmed is not None
    assert confirmed.confirmed


def test_a_clock_that_is_set_back_keeps_nobody_out(timed: Access, clock: Moving) -> None:
    assert [guessed(timed, ANN) for _ in range(TRIES + 1)] == ["wrong"] * TRIES + ["later"]
    clock.now -= timedelta(hours=1)
    assert timed.sign_in(ANN, PASSWORD)
