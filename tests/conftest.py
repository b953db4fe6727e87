"""Fixtures that several test rooms share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from gainful.app.guarding.guards import built_in
from gainful.core import redaction
from gainful.core.clock import Clock, system_clock
from gainful.gate.audit import AuditEvent
from gainful.gate.effects import EffectDoor
from gainful.gate.guard import Guard
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.protection import Protection
from gainful.jobs.triage.reading.reader import Reader
from gainful.jobs.triage.settings import Settings
from gainful.sdk.declaration import declared
from gainful.sdk.mail import Mailbox
from gainful.sdk.testing import postgres as postgres_server
from gainful.sdk.testing import server_environment
from gainful.sdk.testing.canaille import Canaille
from gainful.sdk.testing.dovecot import INSTALL, Dovecot
from gainful.sdk.testing.identity_provider import IdentityProvider
from gainful.sdk.testing.postgres import Postgres
from gainful.sdk.testing.radicale import Radicale
from gainful.sdk.testing.synapse import Synapse
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.database import open_database
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.mail.truth_store import TruthStore

pytest.register_assert_rewrite(
    "gainful.sdk.testing.mailbox",
    "gainful.sdk.testing.calendar",
    "gainful.sdk.testing.chat",
    "gainful.sdk.testing.deploy_target",
    "gainful.sdk.testing.chat_saying",
    "gainful.sdk.testing.chat_world",
)


# How long an example takes tells how busy the machine is. Before a change lands, what is tried depends on the test
# alone: what fails there is the change's doing. Elsewhere each run tries something new.
settings.register_profile(
    "gainful",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("gainful")


@pytest.fixture(autouse=True)
def nothing_known_to_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a process of its own: what another one used as a password is an ordinary word here."""
    monkeypatch.setattr(redaction, "_process", redaction.Redactor())


def _needed(installed: bool, missing: str) -> None:
    """Skip a test whose server is not there; in CI, fail it."""
    if not installed:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real mail server on loopback. Absent, the test is skipped; in CI it fails."""
    _needed(Dovecot.installed(), f"Dovecot is not installed; install it with: {INSTALL}")
    odd = {"odd name@example.org": 'p "ä\\{5} %x'}
    with Dovecot(users=odd, tokens={"token-of-olga": "olga@example.org"}) as server:
        yield server


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    """A real Matrix homeserver on loopback. Absent, the test is skipped; in CI it fails."""
    _needed(Synapse.installed(), f"Synapse is not installed; install it with: {server_environment.INSTALL}")
    with Synapse() as server:
        yield server


@pytest.fixture(scope="session")
def radicale() -> Iterator[Radicale]:
    """A real calendar server on loopback. Absent, the test is skipped; in CI it fails."""
    _needed(Radicale.installed(), f"Radicale is not installed; install it with: {server_environment.INSTALL}")
    with Radicale() as server:
        yield server


@pytest.fixture(scope="session")
def identity_provider() -> type[IdentityProvider]:
    """A real identity provider on loopback, to be started with its users. Absent: skipped; in CI it fails."""
    missing = f"Django OAuth Toolkit is not installed; install it with: {server_environment.INSTALL}"
    _needed(IdentityProvider.installed(), missing)
    return IdentityProvider


@pytest.fixture(scope="session")
def canaille() -> type[Canaille]:
    """A second real identity provider on loopback, of other people's making. Absent: skipped; in CI it fails."""
    _needed(Canaille.installed(), f"Canaille is not installed; install it with: {server_environment.INSTALL}")
    return Canaille


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL on loopback. Absent, the test is skipped; in CI it fails."""
    _needed(Postgres.installed(), f"PostgreSQL is not installed; install it with: {postgres_server.INSTALL}")
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def empty_team_database(postgres: Postgres) -> str:
    """Name of a database on the server without content, built once: copying it is quicker than migrating anew."""
    name = postgres.create()
    open_database(postgres.url(name)).dispose()
    return name


@pytest.fixture
def team_url(postgres: Postgres, empty_team_database: str) -> Iterator[str]:
    """Where an empty database of this test's own is, on a server."""
    name = postgres.create(empty_team_database)
    yield postgres.url(name)
    postgres.drop(name)


# --- in CI nothing is skipped ---

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what did not run; an expected failure ran."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append(f"{report.nodeid}: {reason}")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A whole file that skips itself counts too."""
    if report.skipped:
        _skipped.append(f"{report.nodeid}: {report.longrepr}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when CI is set and a test was skipped."""
    if _skipped and os.environ.get("CI") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the skipped tests that made the run fail."""
    if _skipped and os.environ.get("CI"):
        terminalreporter.section("skipped, which CI does not allow", red=True)
        for line in _skipped:
            terminalreporter.line(line)


# --- a desk for triage: a real database, any mailbox ---


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """One worker process for all tests: it keeps nothing between mails."""
    with Reader() as shared:
        yield shared


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file without content, built once: copying it is quicker than migrating anew for each test."""
    path = tmp_path_factory.mktemp("empty") / "gainful.sqlite"
    engine = open_database(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Iterator[Engine]:
    """An empty database of this test's own."""
    shutil.copyfile(empty_database, tmp_path / "gainful.sqlite")
    engine = open_database(tmp_path / "gainful.sqlite")
    yield engine
    engine.dispose()


class Log:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Record these events."""
        self.events.extend(events)


class Nobody:
    """Nobody is stopped."""

    def reason(self, agent: str) -> str:
        """Empty."""
        return ""


@pytest.fixture
def audit_log() -> Log:
    """An audit log in memory."""
    return Log()


@pytest.fixture
def free_guard(audit_log: Log) -> Guard:
    """The guard of triage, with nobody stopped."""
    return Guard("triage", built_in("triage"), Nobody(), audit_log)


@pytest.fixture
def lay_desk(reader: Reader, free_guard: Guard) -> Callable[..., Desk]:
    """Builds the desk of an account: `lay_desk(engine, mailbox, settings=…, applied=…)`."""

    def lay(
        engine: Engine,
        mailbox: Mailbox,
        settings: Settings | None = None,
        *,
        applied: bool = True,
        clock: Clock = system_clock,
        wrap: Callable[[Any], Any] = lambda store: store,
    ) -> Desk:
        mails, truths, effects = MailStore(engine), TruthStore(engine), EffectStore(engine)
        chosen = settings or Settings(owner=("owner@example.org",))
        labels = LabelSet.standard()
        protection = Protection("test", mails, truths, labels, chosen, applied=applied)
        journal = wrap(effects)
        return Desk(
            account="test",
            mailbox=mailbox,
            mails=wrap(mails),
            evidence=wrap(truths),
            effects=journal,
            door=EffectDoor(
                "test", mailbox, journal, protection.facts, clock, lambda _: None, free_guard, declared("maildir")
            ),
            work=wrap(WorkItemStore(engine, LedgerStore(engine, clock))),
            reader=reader,
            labels=labels,
            settings=chosen,
            protection=protection,
            clock=clock,
            sleep=lambda _: None,
        )

    return lay
