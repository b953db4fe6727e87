"""A backup or a restore that is told to end leaves everything as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.backups import back_up
from gainful.core.clock import system_clock
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.sdk.testing.postgres import Postgres
from gainful.storage.settings.config import Home

SCRIPT = Path(__file__).with_name("backup_process.py")
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def told_to_end(home: Home, number: signal.Signals, *words: str, times: int = 1) -> tuple[int, str]:
    """Status and errors of a command that got this signal half way."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), *words],
        env={**os.environ, "GAINFUL_HOME": str(home.path), "GAINFUL_DATABASE": home.server},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "half way\n"
            for _ in range(times):
                process.send_signal(number)
            _, errors = process.communicate(timeout=300)
        finally:
            # Whatever went wrong, nobody waits for it.
            process.kill()
        return process.returncode, errors


def filled(home: Home) -> Home:
    """Something happened there."""
    with Gainful.open(home) as app:
        app.audit.append([AuditEvent(system_clock(), AuditKind.STOP, "", "", "triage", "ada", verdict="stopped")])
    return home


def kept(folder: Path) -> set[str]:
    """Every file below, but for what SQLite keeps beside a database that is open."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if not name.endswith(("-wal", "-shm"))}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_backup_that_is_told_to_end_leaves_no_copy(tmp_path: Path, number: signal.Signals) -> None:
    home = filled(Home(tmp_path / "home"))
    before = kept(tmp_path)
    status, errors = told_to_end(home, number, "backup", str(tmp_path / "backup.tar"))
    assert (status, "[interrupted]" in errors) == (130, True)
    assert kept(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_restore_that_is_told_to_end_leaves_the_home_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    home = filled(Home(tmp_path / "home"))
    with Gainful.open(home) as app:
        back_up(app, tmp_path / "backup.tar", with_key=True)
    before = kept(tmp_path)
    assert told_to_end(home, number, "restore", "--replace", str(tmp_path / "backup.tar"))[0] == 130
    assert kept(tmp_path) == before
    with Gainful.open(home) as app:
        assert app.audit.verify().entries == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_restore_that_is_told_to_end_puts_a_teams_database_back(
    tmp_path: Path, team_url: str, postgres: Postgres, times: int
) -> None:
    home = filled(Home(tmp_path / "home", team_url))
    with Gainful.open(home) as app:
        back_up(app, tmp_path / "backup.tar", with_key=True)
    filled(home)
    name = team_url.partition("@/")[2].partition("?")[0]
    words = ("restore", "--replace", str(tmp_path / "backup.tar"))
    assert told_to_end(home, signal.SIGTERM, *words, times=times)[0] == 130
    schemas = postgres.ask(name, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'before|public|dbos' ORDER BY 1")
    assert schemas == [("public",)]
    with Gainful.open(home) as app:
        # As it was, and not as the backup is.
        assert app.audit.verify().entries == 2
