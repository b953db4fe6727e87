"""Measuring a process from outside: its memory with all its children, its processor time."""

from __future__ import annotations

import threading
from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and everything it has started that still runs."""
    found = [pid]
    for parent in found:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found.extend(int(child) for child in children)
    # A child started by another thread than the first is listed under that thread.
    for parent in list(found):
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split() if int(child) not in found)
            except OSError:
                continue
    return found


def resident_mb(pid: int) -> float:
    """Resident memory of the process and its children, MiB; pages they share count for each."""
    total = 0
    for member in family(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text()
        except OSError:
            continue
        line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
        total += int(line.split()[1])
    return total / 1024


class PeakMemory:
    """The highest `resident_mb` of a process, looked at twenty times a second until it ends."""

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, resident_mb(self._pid))

    def end(self) -> float:
        """Stop looking; the peak in MiB."""
        self._stop.set()
        self._thread.join()
        return self.peak
