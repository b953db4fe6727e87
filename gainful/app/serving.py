"""The long-running process: a watch per account, and the nightly schedule."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

from gainful.app.accounts import Accounts, identity_of
from gainful.app.guarding.approvals import Waker
from gainful.app.jobs import RUNS, WATCH
from gainful.app.local_zone import local_zone
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.mail import Role
from gainful.jobs.triage.run import Order
from gainful.runs.engine import Engine
from gainful.runs.watch import Watcher
from gainful.sdk.mail import Mailbox
from gainful.storage.errors import of_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.config import Account, Config

LONGEST_WAIT = timedelta(minutes=9)
"""How long one IDLE lasts; then the folder is scanned even if the server said nothing."""

REAP_EVERY = 1.0
"""Seconds between two looks for runs whose process died."""

Triage = Callable[[str, str], object]
"""Runs triage, with effects, of the account with that name, for that reason."""


class Server:
    """What `gainful serve` does.

    Args:
        more: Makes further watches, given whom to tell about trouble.
    """

    def __init__(
        self,
        config: Config,
        accounts: Accounts,
        mails: MailStore,
        runs: RunStore,
        engine: Engine,
        triage: Triage,
        approvals: ApprovalStore,
        clock: Clock,
        more: Callable[[Callable[[GainfulError], None]], Sequence[Watcher]] = lambda _complain: (),
    ) -> None:
        self._more = more
        self._approvals = approvals
        self._config = config
        self._accounts = accounts
        self._mails = mails
        self._runs = runs
        self._engine = engine
        self._triage = triage
        self._clock = clock

    def run(
        self, stop: threading.Event, on_ready: Callable[[], None], complain: Callable[[GainfulError], None]
    ) -> None:
        """Watch every account, keep the schedule, and go on with runs that were answered, until told to stop."""
        for run_id in self._engine.interrupted():
            try:
                self._engine.resume_later(run_id)
            except GainfulError as error:
                complain(error)
        # An mbox cannot be acted on, so there is nothing to do there by night.
        accounts = [account for account in self._config.accounts if account.scheme != "mbox"]
        self._schedule(accounts)
        looks = [(account.name, self._look(account)) for account in accounts]
        watchers = [Watcher(name, look, complain, look.close) for name, look in looks]
        for watcher in watchers if self._config.schedule.watch else ():
            watcher.mine = self._watches
            watcher.start()
        waker = Waker(self._approvals, self._runs, self._engine, self._clock, complain)
        others = [Watcher("approvals", waker.look, complain), *self._more(complain)]
        for watcher in others:
            watcher.mine = self._watches
            watcher.start()
        others += reapers(self._engine, complain)
        on_ready()
        stop.wait()
        for watcher in (*others, *watchers):
            watcher.stop()

    def _watches(self) -> bool:
        """Whether it is for this process to watch: of a team's processes one does, and another when that one dies."""
        return self._engine.members.has(WATCH)

    def _schedule(self, accounts: list[Account]) -> None:
        """Lay the nightly schedule down as the settings have it now."""
        at = self._config.schedule.nightly
        names = set()
        for account in accounts if at is not None else ():
            assert at is not None  # noqa: S101 - told to the type checker
            name = f"nightly {account.name}"
            order = Order(source=account.name, apply=True, trigger="nightly")
            self._engine.schedule(name, f"{at.minute} {at.hour} * * *", self._zone, "triage", order.as_json())
            names.add(name)
        self._engine.unschedule_except(names)

    def _look(self, account: Account) -> _Look:
        at = self._config.schedule.nightly
        last = self._runs.last(identity_of(account), "nightly")
        # A machine that slept through the night makes up for it once, when it wakes.
        missed = at is not None and last is not None and last.started_at < last_due(at, self._zone, self._clock())
        return _Look(account, self._accounts, self._mails, self._triage, "nightly" if missed else "")

    @property
    def _zone(self) -> str:
        return self._config.schedule.timezone or local_zone()


def reapers(engine: Engine, complain: Callable[[GainfulError], None]) -> list[Watcher]:
    """What lets runs go on whose process or thread died, started, where several machines share them; else nothing."""
    if not engine.members.shared:
        return []

    def look() -> None:
        sleep(REAP_EVERY)
        try:
            engine.take_up_again()
            if engine.members.has(RUNS):
                engine.take_over()
        except Exception as error:
            # The engine's library has its own words for a database that lets it in no more.
            raise of_database(error) or error from None

    reaper = Watcher("runs", look, complain)
    reaper.start()
    return [reaper]


class _Look:
    """One account's watch: triage what has come, then wait for the server's hint and look again."""

    def __init__(self, account: Account, accounts: Accounts, mails: MailStore, triage: Triage, owed: str) -> None:
        self._account = account
        self._accounts = accounts
        self._mails = mails
        self._triage = triage
        self._owed = owed
        self._mailbox: Mailbox | None = None

    def __call__(self) -> None:
        """Look once, then wait. A run starts only for mail that is not known, so an idle mailbox costs nothing."""
        try:
            if self._mailbox is None:
                self._mailbox = self._accounts.connect(self._account)
            folder = self._mailbox.folder(Role.INBOX) or "INBOX"
            if self._owed or self._has_news(self._mailbox, folder):
                # Owed until it went through: mail that a stopped run has seen is no news to the next look.
                self._owed = self._owed or "new mail"
                self._triage(self._account.name, self._owed)
                self._owed = ""
            self._mailbox.wait(folder, LONGEST_WAIT)
        except GainfulError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the mailbox; the next look opens it again."""
        if self._mailbox is not None:
            self._mailbox.close()
        self._mailbox = None

    def _has_news(self, mailbox: Mailbox, folder: str) -> bool:
        """Whether a mail lies in the folder that is not known. The hint may be wrong; the uids are not."""
        identity = identity_of(self._account)
        validity = mailbox.validity(folder)
        state = self._mails.folder_state(identity, folder)
        if state is None or state[0] != validity:
            # Never read, or read under other uids. An empty folder is no news even then.
            return bool(mailbox.listing(folder))
        listing = mailbox.listing(folder, state[1] or None)
        if not listing:
            return False
        known = self._mails.known(identity, folder, validity)
        return any(listed.place.uid not in known for listed in listing)


def last_due(at: time, zone: str, now: datetime) -> datetime:
    """The last instant, at or before `now`, at which the clock on the wall in that zone showed `at`.

    Where the clock is set forward over `at`, the instant counts at which it would have shown it.
    """
    here = now.astimezone(ZoneInfo(zone))
    today = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    # Where the clock is set back, it shows the same time twice; compared in UTC, since wall times then lie.
    days = (today - timedelta(days=back) for back in (0, 1, 2))
    instants = (day.replace(fold=fold).astimezone(UTC) for day in days for fold in (0, 1))
    return max(instant for instant in instants if instant <= now)
