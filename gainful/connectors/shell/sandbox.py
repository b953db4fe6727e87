"""Runs one program where it can do no harm: bubblewrap, as an ordinary user, without network, within limits.

    sandbox = Sandbox(folders=(Path.home() / "projects",))
    sandbox.probe()                                            # SandboxUnavailable where it cannot be built
    outcome = sandbox.run(["/bin/sh", "-c", "wc -l *.py"], folder=Path.home() / "projects" / "site")

What the program sees: /usr, four harmless files of /etc, the folder read-only as /work, an empty /tmp in memory, and
its own processes. Nothing of it is left when the program ends.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gainful.connectors.shell.errors import SandboxInputInvalid, SandboxRefusedRoot, SandboxUnavailable
from gainful.connectors.shell.filter import program
from gainful.connectors.shell.gate import Gate
from gainful.connectors.shell.watch import Ended, watch

_TRUSTED_PATH = "/usr/bin:/bin"
_HOST_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/mime.types")
_ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 -- the sandbox's own
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "USER": "sandbox",
    "LOGNAME": "sandbox",
}
_MOST_INPUT = 100_000
_SHARED = 1024 * 1024
"""Octets of /dev/shm: Python's locks between processes lie there."""
_WALL_SECONDS = 60.0
"""How long the walls may take to stand."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use.

    Args:
        seconds: From its start, when the walls stand, to its end; then everything is killed.
        cpu_seconds: Of each process.
        memory: Octets of each process's address space, and of all processes together.
        processes: At one time, threads included.
        file: Octets of the largest file.
        scratch: Octets of all files in /tmp; they lie in memory.
        open_files: Of each process.
        output: Octets of standard output and of standard error that are kept; the rest is thrown away.
    """

    seconds: float = 30.0
    cpu_seconds: int = 30
    memory: int = 512 * 1024 * 1024
    processes: int = 64
    file: int = 64 * 1024 * 1024
    scratch: int = 64 * 1024 * 1024
    open_files: int = 256
    output: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    Args:
        exit_code: 128 and the signal's number where a signal ended it.
        timed_out: Its time was over.
        out_of_memory: Its processes together used too much.
        cpu_seconds: Of all its processes, as seen in the last twentieth of a second.
        max_memory: Octets, the most that was seen of all its processes together.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    timed_out: bool = False
    out_of_memory: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    max_memory: int = 0


class Sandbox:
    """Builds the sandbox anew for each run.

    Args:
        folders: Where the folder of a run must lie.
        bwrap: The program; searched in the system's own directories when None.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        limits: Limits | None = None,
        *,
        bwrap: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders = tuple(folders)
        self._limits = limits or Limits()
        self._bwrap = bwrap
        self._clock = clock
        self._proven = False

    def probe(self) -> None:
        """Prove that the sandbox can be built here.

        Raises:
            SandboxRefusedRoot: We are root.
            SandboxUnavailable: bubblewrap is missing, or the kernel forbids what it needs.
        """
        if 0 in (os.getuid(), os.geteuid()):
            raise SandboxRefusedRoot(
                "Commands are not run for root: a sandbox that root starts can be left.",
                "Run Gainful as an ordinary user.",
            )
        if self._proven:
            return
        self._run(["/usr/bin/true"], b"", None)
        self._proven = True

    def run(self, argv: Sequence[str], stdin: bytes = b"", folder: Path | None = None) -> Outcome:
        """How the program ended; everything that it started has ended too, and nothing of it is left.

        Args:
            folder: Seen as /work, read-only.

        Raises:
            SandboxInputInvalid: The arguments are too long, or the folder is not among those allowed.
            SandboxRefusedRoot, SandboxUnavailable: As for `probe`.
        """
        self.probe()
        if not argv or any("\0" in word for word in argv) or sum(len(word.encode()) for word in argv) > _MOST_INPUT:
            raise SandboxInputInvalid(
                f"The command is empty, holds a zero octet, or is longer than {_MOST_INPUT} octets.", "Make it shorter."
            )
        if folder is None:
            return self._run(argv, stdin, None)
        with self._opened(folder) as descriptor:
            return self._run(argv, stdin, descriptor)

    @contextlib.contextmanager
    def _opened(self, folder: Path) -> Iterator[int]:
        """A descriptor of the folder: what was checked is what is mounted, whatever links are changed meanwhile."""
        try:
            descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError):
            raise SandboxInputInvalid(f"'{str(folder)[:200]}' is no folder.", "Name an existing one.") from None
        try:
            real = Path(f"/proc/self/fd/{descriptor}").readlink()
            if not any(real.is_relative_to(allowed.resolve()) for allowed in self._folders):
                raise SandboxInputInvalid(
                    f"'{real}' is not within the folders that commands may see.",
                    "Add it to folders under [shell] in gainful.toml, if it should be.",
                )
            yield descriptor
        finally:
            os.close(descriptor)

    def _run(self, argv: Sequence[str], stdin: bytes, folder: int | None) -> Outcome:
        bwrap = self._bwrap or shutil.which("bwrap", path=_TRUSTED_PATH)
        filter_program = program(platform.machine())
        if bwrap is None or not Path(bwrap).exists():
            raise SandboxUnavailable("bubblewrap is not installed.", "Install it: apt-get install bubblewrap.")
        if Path(bwrap).stat().st_mode & stat.S_ISUID:
            raise SandboxUnavailable(f"{bwrap} runs as root.", f"Run: chmod u-s {bwrap}")
        if filter_program is None:
            raise SandboxUnavailable(
                f"No filter of system calls is known for {platform.machine()}.", "Use an x86_64 or aarch64 machine."
            )
        with ExitStack() as held:
            filter_file = held.enter_context(_in_memory(filter_program))
            input_file = held.enter_context(_in_memory(stdin))
            gate = held.enter_context(Gate())
            command = [bwrap, *self._walls(filter_file, folder), "--", *self._bounds(), "--", *gate.wrapped(argv)]
            process = subprocess.Popen(  # noqa: S603 -- that is what it is for
                command,
                stdin=input_file,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[filter_file, *gate.inner, *([] if folder is None else [folder])],
                env={},
                cwd="/",
                start_new_session=True,
            )
            with process:
                if not gate.opened(process, _WALL_SECONDS):
                    raise _unavailable(process)
                # Its time begins with it: on a busy machine the walls alone may take as long as a short program may.
                began = self._clock()
                end = began + self._limits.seconds
                ended = watch(process, end, self._limits.memory, self._limits.output, self._clock)
        return _outcome(ended, self._clock() - began)

    def _walls(self, filter_file: int, folder: int | None) -> list[str]:
        """What bubblewrap separates, and what it lets be seen."""
        walls = ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
        walls += ["--hostname", "sandbox", "--new-session", "--die-with-parent", "--cap-drop", "ALL", "--clearenv"]
        for name, value in _ENVIRONMENT.items():
            walls += ["--setenv", name, value]
        walls += ["--ro-bind", "/usr", "/usr"]
        for link in _ROOT_LINKS:
            path = Path("/", link)
            if path.is_symlink():
                walls += ["--symlink", str(path.readlink()), str(path)]
            elif path.is_dir():
                walls += ["--ro-bind", str(path), str(path)]
        for file in _HOST_FILES:
            walls += ["--ro-bind-try", file, file]
        # Read-only, /proc gives neither the kernel's settings nor the memory of bubblewrap's own process, which has no
        # limits; read-only, /dev is no further place to fill.
        walls += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
        walls += ["--size", str(_SHARED), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
        walls += ["--perms", "1777", "--size", str(self._limits.scratch), "--tmpfs", "/tmp"]  # noqa: S108
        if folder is None:
            walls += ["--chdir", "/tmp"]  # noqa: S108
        else:
            walls += ["--ro-bind-fd", str(folder), "/work", "--chdir", "/work"]
        return [*walls, "--remount-ro", "/", "--seccomp", str(filter_file)]

    def _bounds(self) -> list[str]:
        """Set within the walls, where processes are counted for the sandbox alone and not for the whole user."""
        limits = self._limits
        return [
            "/usr/bin/prlimit",
            f"--cpu={limits.cpu_seconds}",
            f"--as={limits.memory}",
            f"--nproc={limits.processes}",
            f"--fsize={limits.file}",
            f"--nofile={limits.open_files}",
            "--core=0",
            "--memlock=0",
            "--msgqueue=0",
        ]


@contextlib.contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    """A descriptor from which the content can be read."""
    descriptor = os.memfd_create("gainful", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as out:
            out.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _unavailable(process: subprocess.Popen[bytes]) -> SandboxUnavailable:
    """What bubblewrap said; nothing else ran yet that could have written it."""
    said = process.stderr.read(1000).decode("utf-8", "replace").strip() if process.stderr else ""
    return SandboxUnavailable(
        f"The sandbox cannot be built here: {said.partition(chr(10))[0] or 'it did not come up in time'}.",
        "Allow unprivileged user namespaces for bubblewrap 0.8 or later, or leave shell off.",
    )


def _outcome(ended: Ended, seconds: float) -> Outcome:
    code = ended.status if ended.status >= 0 else 128 - ended.status
    if ended.timed_out or ended.out_of_memory:
        code = 128 + signal.SIGKILL
    return Outcome(
        exit_code=code,
        stdout=bytes(ended.stdout.kept),
        stderr=bytes(ended.stderr.kept),
        stdout_truncated=ended.stdout.truncated,
        stderr_truncated=ended.stderr.truncated,
        timed_out=ended.timed_out,
        out_of_memory=ended.out_of_memory,
        seconds=round(seconds, 3),
        cpu_seconds=round(ended.cpu_seconds, 3),
        max_memory=ended.max_memory,
    )
