"""A server as a test starts it, from Debian or from PyPI: own folder, own ports on 127.0.0.1, gone when stopped."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from gainful.core.errors import Unavailable
from gainful.sdk.testing.server_environment import INSTALL, python_of_servers

HOST = "127.0.0.1"

# Below the range out of which systems give a port to whoever asks for any: between being found free and being taken, a
# port of that range can go to another program, or to the near end of somebody's connection.
_PORTS = range(20_000, 32_000)
# In turn, so that no two servers of one process are told the same before either has taken it.
_TURN = itertools.count(secrets.randbelow(len(_PORTS)))


class ServerMissing(Unavailable):
    """A server that tests need is not installed, or did not start."""

    code = "test-server-missing"


class LocalServer(ABC):
    """A program that runs from `start` to `stop`, and the folder in which all of it lies; also a context manager."""

    PROGRAM: ClassVar[str]
    """Its name, which is also that of its package."""

    START_SECONDS: ClassVar[float] = 120.0
    """How long it may take to be ready, on a busy machine too: one that ends instead is not waited for."""

    END: ClassVar[signal.Signals] = signal.SIGTERM
    """How it is asked to end."""

    GRACE: ClassVar[float] = 3.0
    """Seconds that it has for that before it is killed."""

    def __init__(self) -> None:
        self.folder = Path()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> Self:
        """The same server, running and ready.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """

    @classmethod
    def installed(cls) -> bool:
        """Whether this machine has it."""
        return cls._found() is not None

    @classmethod
    def _found(cls) -> str | None:
        """Where its program lies; None where it is not installed."""
        return program(cls.PROGRAM)

    @classmethod
    def _install(cls) -> str:
        """How it is installed."""
        return f"make servers, or apt-get install -y --no-install-recommends {cls.PROGRAM}"

    @property
    def running(self) -> bool:
        """Whether it runs at this moment."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process; 0 where it does not run."""
        return self._process.pid if self._process is not None else 0

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    def end(self, how: signal.Signals | None = None) -> None:
        """End the program, and kill it where it does not; its folder stays. Safe to call twice.

        Args:
            how: Otherwise than by `END`; `SIGKILL` is how a power cut ends it.
        """
        if self._process is None:
            return
        self._signal(how or self.END)
        try:
            self._process.wait(self.GRACE)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait(self.START_SECONDS)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _signal(self, how: signal.Signals) -> None:
        """To the program and to what it has started."""
        assert self._process is not None  # noqa: S101 - told to the type checker
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)

    def stop(self) -> None:
        """End the program and remove everything it wrote. Safe to call twice."""
        self.end()
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = Path()

    def log(self) -> str:
        """What it has said so far."""
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        """A new folder and a new port of its own; the path is short, for names of sockets may have 107 octets."""
        self.folder = Path(tempfile.mkdtemp(prefix="gfs"))
        (self.port,) = free_ports(1)

    def _program(self) -> str:
        """Where its program lies.

        Raises:
            ServerMissing: It is not installed; nothing of it is left.
        """
        found = self._found()
        if found is None:
            self.stop()
            raise ServerMissing(f"{self.PROGRAM} is not installed.", f"Install what the tests need: {self._install()}.")
        return found

    def _run(
        self, arguments: Sequence[str], ready: Callable[[], bool], options: Mapping[str, Any] | None = None
    ) -> None:
        """Run the program until it is ready.

        Args:
            options: More for `subprocess.Popen`.

        Raises:
            ServerMissing: It is not installed, or was not ready in time; nothing of it is left.
        """
        found = self._program()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
                [found, *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **{"stdin": subprocess.DEVNULL, **(options or {})},
            )
        end = time.monotonic() + self.START_SECONDS
        try:
            while not ready():
                if not self.running or time.monotonic() > end:
                    raise self._failed(self.log())
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise

    def _failed(self, said: str) -> ServerMissing:
        return ServerMissing(f"{self.PROGRAM} did not start: {said[-2000:].strip()}", "Mend its setup.")


class PackagedServer(LocalServer):
    """One that is a package from PyPI, in the environment of the servers: its program is that environment's Python."""

    PACKAGE: ClassVar[str]

    @classmethod
    def _found(cls) -> str | None:
        python = python_of_servers(cls.PACKAGE)
        return str(python) if python is not None else None

    @classmethod
    def _install(cls) -> str:
        return INSTALL


def program(name: str) -> str | None:
    """Where a program lies; servers stand in folders that ordinary users do not search."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_ports(count: int) -> list[int]:
    """As many ports on loopback that nobody listens on, and that the system gives nobody who asks for any port.

    Raises:
        ServerMissing: None is free.
    """
    found: list[int] = []
    for turn in itertools.islice(_TURN, len(_PORTS)):
        port = _PORTS[turn % len(_PORTS)]
        if _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise ServerMissing("No port of loopback is free for a server.", "End what listens there.")


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether somebody takes connections at this port of loopback."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
