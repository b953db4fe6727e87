"""When the nightly run was due, across the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from queue import Queue
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Error as PostgresError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import DBAPIError

from gainful.app.guarding.guards import Stopped
from gainful.app.serving import _Look, last_due, reapers
from gainful.core.errors import GainfulError
from gainful.sdk.testing.memory_mailbox import Kept, Mailstore, MemoryMailbox
from gainful.storage.settings.config import Account

BERLIN = "Europe/Berlin"
# Clocks go forward on 29 March 2026 (02:00 → 03:00) and back on 25 October 2026 (03:00 → 02:00).


@pytest.mark.parametrize(
    ("at", "zone", "now", "due"),
    [
        ("03:30", "UTC", "2026-03-02T03:30", "2026-03-02T03:30"),
        ("03:30", "UTC", "2026-03-02T03:29", "2026-03-01T03:30"),
        ("03:30", BERLIN, "2026-01-10T12:00", "2026-01-10T02:30"),
        ("03:30", BERLIN, "2026-07-10T12:00", "2026-07-10T01:30"),
        ("23:00", "America/New_York", "2026-03-02T02:00", "2026-03-01T04:00"),
        # Over the night of the change, the wall shows 03:30 after 23 and after 25 hours.
        ("03:30", BERLIN, "2026-03-29T01:29", "2026-03-28T02:30"),
        ("03:30", BERLIN, "2026-03-29T01:30", "2026-03-29T01:30"),
        ("03:30", BERLIN, "2026-10-25T02:29", "2026-10-24T01:30"),
        ("03:30", BERLIN, "2026-10-25T02:30", "2026-10-25T02:30"),
        # 02:30 does not exist on that day; it counts at the instant that would have been it.
        ("02:30", BERLIN, "2026-03-29T12:00", "2026-03-29T01:30"),
        # 02:30 comes twice on that day.
        ("02:30", BERLIN, "2026-10-25T00:29", "2026-10-24T00:30"),
        ("02:30", BERLIN, "2026-10-25T00:45", "2026-10-25T00:30"),
        ("02:30", BERLIN, "2026-10-25T12:00", "2026-10-25T01:30"),
    ],
)
def test_the_last_time_at_which_the_clock_on_the_wall_showed_it(at: str, zone: str, now: str, due: str) -> None:
    found = last_due(time.fromisoformat(at), zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found.astimezone(UTC) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(
    st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01"), timezones=st.just(UTC)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_it_was_never_in_the_future_and_never_longer_ago_than_a_long_day(now: datetime, at: time, zone: str) -> None:
    due = last_due(at, zone, now)
    assert due <= now
    assert now - due <= timedelta(hours=25)
    shown = due.astimezone(ZoneInfo(zone)).time()
    skipped = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - datetime.combine(
        due.astimezone(ZoneInfo(zone)).date(), at
    )
    assert shown == at or timedelta(0) < abs(skipped) <= timedelta(hours=1)


def test_work_that_was_held_back_is_owed_until_it_went_through() -> None:
    tried: list[str] = []
    held_back = [True]

    def triage(name: str, trigger: str) -> None:
        tried.append(f"{name}: {trigger}")
        if held_back[0]:
            raise Stopped("'triage' was stopped.", "`gainful resume triage` lets it go on.")

    store = Mailstore()
    account = Account(name="work", url="maildir:/nowhere")
    accounts, mails = StandInAccounts(store), StandInMails()
    look = _Look(account, accounts, mails, triage, "")  # type: ignore[arg-type]
    look()
    assert tried == []
    store.put("INBOX", Kept(b"Subject: Hello\n\nHi\n", set()))
    for _ in range(2):
        with pytest.raises(Stopped):
            look()
        # The stopped run has seen the mail: it is no news any more.
        mails.seen = True
    held_back[0] = False
    look()
    look()
    assert tried == ["work: new mail"] * 3


class Impatient(MemoryMailbox):
    """Waits for nothing."""

    def wait(self, folder: str, timeout: timedelta) -> bool:
        return False


class StandInAccounts:
    def __init__(self, store: Mailstore) -> None:
        self._store = store

    def connect(self, account: Account) -> MemoryMailbox:
        return Impatient(self._store)


class StandInMails:
    """Knows no folder until a run has seen it."""

    seen = False

    def folder_state(self, account: str, folder: str) -> tuple[str, str] | None:
        return (Mailstore().validity, "1") if self.seen else None

    def known(self, account: str, folder: str, validity: str) -> dict[str, tuple[str, bool]]:
        return {"1": ("mail1", False)}


def test_rights_on_the_database_that_were_lost_are_told_as_what_they_are() -> None:
    lost = InsufficientPrivilege("permission denied for table workflow_status")
    told: Queue[GainfulError] = Queue()

    class Engine:
        members = SimpleNamespace(shared=True, has=lambda _duty: False)

        def take_up_again(self) -> None:
            raise DBAPIError.instance("SELECT", None, lost, PostgresError)

    (reaper,) = reapers(Engine(), told.put)  # type: ignore[arg-type]
    try:
        assert told.get(timeout=60).code == "database-forbidden"
    finally:
        reaper.stop()
