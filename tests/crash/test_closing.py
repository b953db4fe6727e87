"""A server that is told to end does so under a run that is at work, and another process goes on with that one.

Each test talks to processes of their own; see `closing_process.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fixtures.waiting import eventually

SCRIPT = Path(__file__).with_name("closing_process.py")


@dataclass
class Servers:
    """Processes of one home, or of homes that share a database."""

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, role: str, *words: str, home: str = "home") -> subprocess.Popen[str]:
        """A process that is ready."""
        place = self.folder / home
        place.mkdir(mode=0o700, exist_ok=True)
        (place / "gainful.toml").write_text('[owner]\nname = "mira@example.org"\n')
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(self.folder), role, "serve", "--json", *words],
            env={**os.environ, "GAINFUL_HOME": str(place)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        assert process.stdout is not None
        assert '"ready"' in process.stdout.readline()
        return process

    def trace(self) -> list[str]:
        """What the runs have noted."""
        file = self.folder / "trace"
        return file.read_text().splitlines() if file.exists() else []

    def end(self) -> None:
        """Leave nobody."""
        for process in self.running:
            process.kill()
            process.communicate()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    (tmp_path / "hang").touch()
    made = Servers(tmp_path)
    yield made
    made.end()


def told_to_end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Status, last line and errors of a process after SIGTERM."""
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    return process.returncode, out.splitlines()[-1], errors


def test_a_server_ends_while_a_run_of_its_waits_and_the_next_one_goes_on_with_it(servers: Servers) -> None:
    first = servers.start("begin")
    assert eventually(lambda: servers.trace() == [f"begun {first.pid}"])
    assert told_to_end(first) == (0, '{"event": "stopped"}', "")
    (servers.folder / "hang").unlink()
    second = servers.start("join")
    assert eventually(lambda: f"ended {second.pid}" in servers.trace())
    assert servers.trace() == [f"begun {first.pid}", f"begun {second.pid}", f"ended {second.pid}"]


def test_of_a_team_another_process_goes_on_when_nothing_is_left_of_the_one_that_ended(
    servers: Servers, team_url: str
) -> None:
    first = servers.start("begin", "--database", team_url)
    assert eventually(lambda: servers.trace() == [f"begun {first.pid}"])
    second = servers.start("join", "--worker", "--database", team_url, home="other")
    assert told_to_end(first) == (0, '{"event": "stopped"}', "")
    # Were a thread of the first one left, its number would stand in this line.
    assert eventually(lambda: servers.trace() == [f"begun {first.pid}", f"begun {second.pid}"])
    (servers.folder / "hang").unlink()
    assert eventually(lambda: servers.trace()[2:] == [f"ended {second.pid}"])


def test_who_is_told_twice_closes_in_order_all_the_same(servers: Servers) -> None:
    server = servers.start("linger")
    assert server.stdout is not None
    server.send_signal(signal.SIGTERM)
    assert [server.stdout.readline() for _ in range(2)] == ['{"event": "stopped"}\n', "closing\n"]
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate("go on\n", timeout=60)
    assert (server.returncode, errors) == (0, "")
