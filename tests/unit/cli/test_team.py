"""Commands on a team's database: the way in, servers and workers as processes, and no password anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gainful.sdk.testing.postgres import Postgres


@pytest.fixture
def network_url(postgres: Postgres, team_url: str) -> str:
    """Where a password is asked."""
    return postgres.address(team_url.partition("@/")[2].partition("?")[0])


def gainful(home: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GAINFUL_HOME": str(home)}
    command = [sys.executable, "-m", "gainful", *words]
    return subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=120)


@contextmanager
def serving(home: Path, *words: str) -> Iterator[dict[str, object]]:
    """A server or worker, with what it said when it was ready; it must end in order."""
    environment = {**os.environ, "GAINFUL_HOME": str(home)}
    command = [sys.executable, "-m", "gainful", "serve", *words, "--json"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr is not None else ""
            yield json.loads(line)
            process.send_signal(signal.SIGTERM)
            rest, errors = process.communicate(timeout=120)
            assert (process.returncode, errors) == (0, "")
            assert json.loads(rest.splitlines()[-1]) == {"event": "stopped"}
        finally:
            process.kill()


def test_the_password_is_stored_before_the_database_can_be_opened_and_never_shown(
    tmp_path: Path, postgres: Postgres, network_url: str
) -> None:
    (tmp_path / "gainful.toml").write_text(f'[storage]\ndatabase = "{network_url}"\n')
    before = gainful(tmp_path, "ledger", "--json")
    assert json.loads(before.stderr or before.stdout)["error"]["code"] == "database-forbidden"
    stored = gainful(tmp_path, "secrets", "set", "database", typed=f"{postgres.password}\n")
    assert (stored.returncode, stored.stdout) == (0, "Stored database.\n")
    # A new key opens it, too.
    rotated = gainful(tmp_path, "secrets", "rotate")
    assert rotated.stdout.startswith("Sealed 1 secret ")
    doctor = gainful(tmp_path, "doctor")
    assert network_url in doctor.stdout
    assert "at work" in doctor.stdout
    said = [each.stdout + each.stderr for each in (before, stored, rotated, doctor)]
    assert not any(postgres.password in text for text in said)
    assert not any(postgres.password.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not (tmp_path / "gainful.sqlite").exists()
    assert gainful(tmp_path, "secrets", "delete", "database").returncode == 0
    assert gainful(tmp_path, "secrets", "delete", "database").returncode == 2


def test_the_password_may_come_from_a_pgpass_file(
    tmp_path: Path, postgres: Postgres, network_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:*:{postgres.password}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    monkeypatch.setenv("GAINFUL_DATABASE", network_url)
    assert gainful(tmp_path / "home", "doctor").stdout.count(network_url) == 1


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    told = gainful(tmp_path, "serve", "--worker", "--database", "postgresql://ann:hush@127.0.0.1:1/x", "--json")
    assert told.returncode == 2
    assert "database-url-invalid" in told.stderr + told.stdout
    assert "hush" not in told.stderr + told.stdout


def test_servers_and_workers_share_a_database(tmp_path: Path, team_url: str) -> None:
    server = serving(tmp_path / "one", "--database", team_url)
    worker = serving(tmp_path / "two", "--worker", "--database", team_url)
    with server as ready, worker as also:
        assert ready["event"] == also["event"] == "ready"
        assert also["worker"]
        doctor = subprocess.run(
            [sys.executable, "-m", "gainful", "doctor"],
            env={**os.environ, "GAINFUL_HOME": str(tmp_path / "one"), "GAINFUL_DATABASE": team_url},
            capture_output=True,
            text=True,
        )
        assert "2 processes at work" in doctor.stdout


def test_a_worker_needs_a_shared_database(tmp_path: Path) -> None:
    told = gainful(tmp_path, "serve", "--worker", "--json")
    assert "database-not-shared" in told.stderr + told.stdout
