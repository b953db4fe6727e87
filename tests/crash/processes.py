"""Processes of their own for crash tests: started, listened to, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("engine_process.py")


class Processes:
    """Starts engine processes over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A process that does these commands; see `engine_process.py`."""
        process = subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", str(SCRIPT), str(self.folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def ask(self, *words: str) -> list[Any]:
        """The answers of a process that ends by itself."""
        process = self.start(*words)
        answers, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return [json.loads(line) for line in answers.splitlines()]

    def kill_at(self, place: str, *words: str) -> None:
        """Let a process die at the place that it is told to hang at."""
        (self.folder / "hang").write_text(place)
        process = self.start(*words)
        while (heard := self.heard(process)) != "hanging":
            assert heard is not None or process.poll() is None
        self.kill(process)
        (self.folder / "hang").unlink()

    def kill_in_step(self, number: int, run_id: str) -> None:
        """Let a process die in the middle of this step of a run."""
        self.kill_at(str(number), "run", run_id)

    @staticmethod
    def kill(process: subprocess.Popen[str]) -> None:
        """As kill -9 does."""
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    @staticmethod
    def heard(process: subprocess.Popen[str]) -> Any:
        """The next line that it says."""
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        return json.loads(line)

    @property
    def trace(self) -> list[str]:
        """What the steps wrote down as they ran."""
        path = self.folder / "trace"
        return path.read_text().splitlines() if path.exists() else []

    def stop(self) -> None:
        """End those that still run."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()
