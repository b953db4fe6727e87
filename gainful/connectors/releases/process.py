"""The processes of slots: started so that they outlive whoever started them, and known again without a mistake.

A small shell stands between: it notes who it is (its line of /proc, with the moment of its start) and becomes the
service. It holds the target's lock until that is noted, so that whoever comes after a crash sees either no process or
its note. A number that the system has given to another process meanwhile has another moment of start.

Source: proc(5), /proc/pid/stat: fields 3 state, 5 group, 22 start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gainful.core.redaction import redact
from gainful.sdk.deploy_target import TargetRefused, TargetUnreachable
from gainful.sdk.excerpt import log_end

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TAIL = 2000
LOG_MOST = 64 * 1024 * 1024
_LOOK = 0.02

# $0 is the file of the note, $1 the boot's id; the rest is the service. The lock is its standard input.
_NOTE = (
    'read -r line < "/proc/$$/stat" && printf "%s\\n%s\\n" "$1" "$line" > "$0.new" && mv -f "$0.new" "$0" || exit 1; '
    'shift; exec "$@" < /dev/null'
)
# The outer shell ends at once, so that the service is nobody's child and never a zombie of ours.
_LEAVE = '/bin/sh -c "$0" "$@" <&0 &'


class SlotRunner(Protocol):
    """Starts and ends what runs in slots."""

    def start(self, slot: str, folder: Path, command: Mapping[str, str], lock: int) -> None:
        """Start a slot anew; its old process, if any, is ended first.

        Args:
            folder: Where the service begins.
            command: What stands for each placeholder of the settings.
            lock: A descriptor that is held until the start is noted.
        """

    def stop(self, slot: str, command: Mapping[str, str]) -> None:
        """End a slot, politely first. Nothing happens where nothing runs."""

    def runs(self, slot: str) -> bool:
        """Whether it runs, as far as this can tell."""

    def said(self, slot: str) -> str:
        """The end of what it has said."""

    def lines(self, slot: str) -> Sequence[str]:
        """The last lines of its log, without known secrets; none where its log is somewhere else."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A process as it was noted.

    Args:
        started: In ticks since the machine's start.
    """

    pid: int
    group: int
    started: int


class OwnProcesses:
    """Processes that Gainful starts itself.

    Args:
        folder: Where notes and logs lie.
        run: The service's command, with placeholders.
        environment: All that the service finds in its environment.
        grace: Seconds between asking a process to end and ending it.
    """

    def __init__(self, folder: Path, run: Sequence[str], environment: Mapping[str, str], grace: float) -> None:
        self._folder = folder
        self._run = tuple(run)
        self._environment = dict(environment)
        self._grace = grace

    def start(self, slot: str, folder: Path, command: Mapping[str, str], lock: int) -> None:
        """Start it, in a session of its own."""
        self.stop(slot, command)
        self._folder.mkdir(parents=True, exist_ok=True)
        note, log = self._note(slot), self._log(slot)
        note.unlink(missing_ok=True)
        if log.exists() and log.stat().st_size > 0:
            log.replace(log.with_suffix(".log.1"))
        arguments = filled(self._run, command)
        environment = {name: fill(value, command) for name, value in self._environment.items()}
        try:
            with log.open("ab") as said:
                subprocess.run(  # noqa: S603 - the command of the settings, item by item
                    ["/bin/sh", "-c", _LEAVE, _NOTE, str(note), _boot(), *arguments],
                    stdin=lock, stdout=said, stderr=said, cwd=folder, env=environment, start_new_session=True,
                    check=True,
                )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise TargetRefused(
                f"The slot '{slot}' cannot be started: {error}.", "Check `run` in its target."
            ) from error
        self._await_note(slot)

    def stop(self, slot: str, command: Mapping[str, str]) -> None:  # noqa: ARG002 - as every runner
        """Ask its whole group to end, and end it when it does not."""
        noted = self._noted(slot)
        if noted is None:
            return
        for number, seconds in ((signal.SIGTERM, self._grace), (signal.SIGKILL, 5.0)):
            for pid in _members(noted):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            end = time.monotonic() + seconds
            while _members(noted) and time.monotonic() < end:
                time.sleep(_LOOK)
        if _members(noted):
            raise TargetUnreachable(f"The slot '{slot}' does not end, not even when killed.", "Look at its processes.")
        self._note(slot).unlink(missing_ok=True)

    def runs(self, slot: str) -> bool:
        """Whether the very process that was started is there."""
        noted = self._noted(slot)
        return noted is not None and _stat(noted.pid, noted.started) is not None

    def said(self, slot: str) -> str:
        """The end of its log, without secrets."""
        try:
            with self._log(slot).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
                return redact(file.read(TAIL).decode("utf-8", "replace").strip())
        except OSError:
            return ""

    def lines(self, slot: str) -> Sequence[str]:
        """The last lines of its log; they are there also when it has ended."""
        return log_end(self._log(slot))

    def _note(self, slot: str) -> Path:
        return self._folder / f"{slot}.process"

    def _log(self, slot: str) -> Path:
        return self._folder / f"{slot}.log"

    def _noted(self, slot: str) -> Noted | None:
        try:
            boot, line = self._note(slot).read_text("ascii", "replace").split("\n", 1)
        except (OSError, ValueError):
            return None
        if boot != _boot():
            return None
        return _parsed(line)

    def _await_note(self, slot: str) -> None:
        end = time.monotonic() + 10
        while not self._note(slot).exists():
            if time.monotonic() > end:
                raise TargetUnreachable(
                    f"The slot '{slot}' did not start: {self.said(slot)[-300:]}", "Look at the machine: is it full?"
                )
            time.sleep(_LOOK / 4)


class OwnCommands:
    """Slots that another program keeps, such as systemd: one command starts one, another ends it.

    Args:
        seconds: How long each may take.
    """

    def __init__(self, start: Sequence[str], stop: Sequence[str], running: Sequence[str], seconds: float) -> None:
        self._start = tuple(start)
        self._stop = tuple(stop)
        self._running = tuple(running)
        self._seconds = seconds

    def start(self, slot: str, folder: Path, command: Mapping[str, str], lock: int) -> None:  # noqa: ARG002
        """Let it be started anew."""
        self._do(self._start, slot, command, folder)

    def stop(self, slot: str, command: Mapping[str, str]) -> None:
        """Let it be ended."""
        self._do(self._stop, slot, command, None)

    def runs(self, slot: str) -> bool:
        """What the command says by its status; without one it counts as running, and its health tells the rest."""
        return not self._running or self._ask(filled(self._running, {"slot": slot}), None).returncode == 0

    def said(self, slot: str) -> str:  # noqa: ARG002
        """Whoever keeps it keeps its log too."""
        return ""

    def lines(self, slot: str) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()

    def _do(self, line: Sequence[str], slot: str, command: Mapping[str, str], folder: Path | None) -> None:
        done = self._ask(filled(line, command), folder)
        if done.returncode:
            said = redact(" ".join(done.stdout.decode("utf-8", "replace").split()))[-500:]
            raise TargetRefused(
                f"'{line[0]}' for the slot '{slot}' ended with {done.returncode}: {said}", "Run it by hand to see why."
            )

    def _ask(self, line: Sequence[str], folder: Path | None) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 - the command of the settings, item by item
                line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
                env={"PATH": PATH, "LC_ALL": "C.UTF-8"}, timeout=self._seconds, check=False, start_new_session=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise TargetUnreachable(f"'{line[0]}' took longer than {self._seconds:g} seconds.", "Look why.") from None
        except OSError as error:
            raise TargetRefused(f"'{line[0]}' cannot be run: {error.strerror}.", "Correct it in its target.") from error


def filled(line: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """A command with its placeholders replaced; each item stays one item, whatever a value holds."""
    return [fill(item, values) for item in line]


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders, such as `{port}`, replaced."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def _parsed(line: str) -> Noted | None:
    # The name stands in parentheses and may hold spaces; state and parent follow it.
    head, _, tail = line.strip().rpartition(")")
    fields = tail.split()
    try:
        if fields[0] in "ZX":
            return None
        return Noted(int(head.split("(", 1)[0]), int(fields[2]), int(fields[19]))
    except (IndexError, ValueError):
        return None


def _stat(pid: int, started: int) -> Noted | None:
    """The process of this number, if it began at this moment."""
    try:
        found = _parsed(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace"))
    except OSError:
        return None
    return found if found is not None and found.started == started else None


def _members(noted: Noted) -> list[int]:
    """It, and the processes of its group, all of which came from it."""
    own = [noted.pid] if _stat(noted.pid, noted.started) is not None else []
    group = [found for found in _everybody() if found.group == noted.group and found.pid != noted.pid]
    # The group's first member ended when the service began. One that is there, or older ones: the number was given
    # away anew, and this group is somebody else's.
    if any(found.pid == noted.group or found.started < noted.started for found in group):
        return own
    return own + [found.pid for found in group]


def _everybody() -> Iterator[Noted]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                found = _parsed((entry / "stat").read_text("utf-8", "replace"))
                if found is not None:
                    yield found
