"""Fixtures that several test rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gainful.sdk.testing.dovecot import INSTALL, Dovecot

pytest.register_assert_rewrite("gainful.sdk.testing.mailbox")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real mail server on loopback. Absent, the test is skipped; in CI it fails."""
    if not Dovecot.installed():
        missing = f"Dovecot is not installed; install it with: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    odd = {"odd name@example.org": 'p "ä\\{5} %x'}
    with Dovecot(users=odd, tokens={"token-of-olga": "olga@example.org"}) as server:
        yield server


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
