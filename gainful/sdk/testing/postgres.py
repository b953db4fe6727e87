"""A private PostgreSQL for tests and benches: own folder, own port on 127.0.0.1 and socket, gone when stopped.

It needs Debian's `postgresql`. The server refuses to run as root, so root starts it as another user of the system.
"""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from gainful.core.errors import Unavailable

INSTALL = "apt-get install -y --no-install-recommends postgresql"
HOST = "127.0.0.1"
USER = "gainful"
START_SECONDS = 30.0

CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{dir}'
max_connections = 200
fsync = {durable}
log_line_prefix = '%m [%p] '
"""


class PostgresMissing(Unavailable):
    """PostgreSQL is not installed, or did not start."""

    code = "postgres-missing"


@dataclass
class Postgres:
    """A running server once `start` was called; also a context manager.

    Its own texts sort by a language's rules and not by their bytes, as on most servers that people have.

    Args:
        durable: Whether a commit reaches the disk; tests do without, figures do not.
    """

    durable: bool = False
    password: str = field(default_factory=lambda: secrets.token_hex(12), repr=False)

    def __post_init__(self) -> None:
        self.directory = Path()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)

    @staticmethod
    def installed() -> bool:
        """Whether this machine has Debian's PostgreSQL."""
        return _programs() is not None

    def start(self) -> Postgres:
        """The same server, running and answering. Takes some seconds.

        Raises:
            PostgresMissing: Not installed, or it did not come up within 30 seconds.
        """
        programs = _programs()
        if programs is None:
            raise PostgresMissing("PostgreSQL is not installed.", f"Install it with: {INSTALL}")
        self.directory = Path(tempfile.mkdtemp(prefix="gainful-postgres-"))
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        (self.directory / "password").write_text(self.password, encoding="ascii")
        _give_away(self.directory)
        try:
            self._make_cluster(programs)
            self._run(programs)
        except BaseException:
            self.stop()
            raise
        return self

    def _make_cluster(self, programs: Path) -> None:
        local = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={self.directory / 'password'}")
        language = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
        command = [str(programs / "initdb"), "-D", str(self._data), "-U", USER, *local, *language]
        made = subprocess.run(  # noqa: S603 - fixed arguments
            [*command, "--no-sync", "--no-instructions"], capture_output=True, user=_user(), group=_group(), cwd="/"
        )
        if made.returncode:
            raise PostgresMissing(f"initdb failed: {made.stderr.decode()[-1000:]}", "Mend its setup.")
        config = CONFIG.format(host=HOST, port=self.port, dir=self.directory, durable="on" if self.durable else "off")
        with (self._data / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(config)

    def _run(self, programs: Path) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
                [str(programs / "postgres"), "-D", str(self._data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=_user(),
                group=_group(),
                cwd="/",
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers(programs):
            if self._process.poll() is not None or time.monotonic() > end:
                raise PostgresMissing(f"PostgreSQL did not start: {self.log[-2000:]}", "Mend its setup.")
            time.sleep(0.02)

    def _answers(self, programs: Path) -> bool:
        asked = [str(programs / "pg_isready"), "-q", "-h", str(self.directory), "-p", str(self.port)]
        return subprocess.run(asked).returncode == 0  # noqa: S603 - fixed arguments

    def restart(self, pause: float = 0.0) -> None:
        """Stop it at once, as a crash or an upgrade would, and start it again after so many seconds."""
        programs = _programs()
        if programs is None or self._process is None:
            raise PostgresMissing("PostgreSQL does not run.", "Start it first.")
        self._end(signal.SIGQUIT)
        time.sleep(pause)
        self._run(programs)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
            self._process = None

    def stop(self) -> None:
        """End the server and remove everything it wrote. Safe to call twice."""
        self._end(signal.SIGQUIT)
        if self.directory != Path():
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Postgres:
        return self if self._process else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What the server wrote down."""
        return (self.directory / "log").read_text("utf-8", "replace")

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str) -> str:
        """Address over the socket in its folder, for which no password is asked."""
        return f"postgresql://{USER}@/{database}?host={self.directory}&port={self.port}"

    def address(self, database: str) -> str:
        """Address over the network, for which the password is asked."""
        return f"postgresql://{USER}@{HOST}:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Name of a new database, a copy of another one."""
        name = f"base{next(self._names)}"
        self.ask("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.ask("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def ask(self, database: str, statement: str) -> list[tuple[object, ...]]:
        """What a statement gives, from outside Gainful."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []


def _programs() -> Path | None:
    """Where the server's programs lie: Debian keeps each version's apart, and none of them in the PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres") if path.parts[-3].isdigit()]
    return max(found, key=lambda path: int(path.parts[-2]), default=None)


def _user() -> int | None:
    """As whom the server runs; None for whoever runs this."""
    return _other().pw_uid if os.geteuid() == 0 else None


def _group() -> int | None:
    return _other().pw_gid if os.geteuid() == 0 else None


def _other() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _give_away(directory: Path) -> None:
    if os.geteuid() == 0:
        for path in (directory, *directory.iterdir()):
            os.chown(path, _other().pw_uid, _other().pw_gid)
