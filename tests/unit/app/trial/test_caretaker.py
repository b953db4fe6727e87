"""Whoever is left when a world's process is killed ends what that one had started, and nothing where it ended well."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gainful.app.trial.caretaker import Caretaker
from gainful.connectors.releases.process import OwnProcesses
from tests.fixtures.waiting import eventually

WORLD = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from gainful.app.trial.caretaker import Caretaker
folder, server, pid, end = sys.argv[1:]
caretaker = Caretaker(Path(folder), ["blue"], Path(folder, "run"))
caretaker.start()
caretaker.mind(SimpleNamespace(pid=int(pid), folder=Path(server)))
if end == "well":
    caretaker.dismiss()
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class Server:
    """A process that sleeps, a slot that does, and a folder of each."""

    process: subprocess.Popen[bytes]
    folder: Path
    world: Path
    slots: OwnProcesses

    @property
    def pid(self) -> int:
        return self.process.pid

    def left_by(self, end: str) -> None:
        """By a process that ends like this."""
        subprocess.run([sys.executable, "-c", WORLD, self.world, self.folder, str(self.pid), end], check=False)

    def gone(self) -> bool:
        ended = self.process.poll() is not None and not self.slots.runs("blue")
        return ended and not self.folder.exists() and not self.world.exists()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    world, folder = tmp_path / "world", tmp_path / "server"
    for place in (world, folder):
        place.mkdir()
    slots = OwnProcesses(world / "run", ("sleep", "60"), {}, grace=0.5)
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    slots.start("blue", world, {}, lock)
    os.close(lock)
    process = subprocess.Popen(["sleep", "60"])
    yield Server(process, folder, world, slots)
    process.kill()
    process.wait()
    slots.stop("blue", {})


def test_what_a_killed_world_leaves_is_ended_and_removed(server: Server) -> None:
    server.left_by("killed")
    assert eventually(server.gone)


def test_after_a_good_end_it_touches_nothing(server: Server) -> None:
    server.left_by("well")
    time.sleep(0.5)
    assert server.process.poll() is None
    assert server.slots.runs("blue")
    assert server.folder.exists()


def test_dismissed_twice_or_never_started(tmp_path: Path) -> None:
    caretaker = Caretaker(tmp_path, ["blue"], tmp_path / "run")
    caretaker.dismiss()
    caretaker.start()
    caretaker.dismiss()
    caretaker.dismiss()
    assert tmp_path.exists()
