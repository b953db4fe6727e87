"""A private PostgreSQL for tests and benches: own folder, own port on 127.0.0.1 and socket, gone when stopped.

It needs Debian's `postgresql`. The server refuses to run as root, so root starts it as another user of the system.
"""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gainful.sdk.testing.local_server import HOST, LocalServer

INSTALL = "apt-get install -y --no-install-recommends postgresql"
USER = "gainful"

CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{dir}'
max_connections = 200
fsync = {durable}
log_line_prefix = '%m [%p] '
"""


@dataclass
class Postgres(LocalServer):
    """A running server once `start` was called; also a context manager.

    Its own texts sort by a language's rules and not by their bytes, as on most servers that people have.

    Args:
        durable: Whether a commit reaches the disk; tests do without, figures do not.
    """

    PROGRAM = "PostgreSQL"
    # At once, and leaving no shared memory behind.
    END = signal.SIGQUIT
    GRACE = 20.0

    durable: bool = False
    password: str = field(default_factory=lambda: secrets.token_hex(12), repr=False)

    def __post_init__(self) -> None:
        super().__init__()
        self._names = itertools.count(1)

    @classmethod
    def _found(cls) -> str | None:
        programs = _programs()
        return str(programs / "postgres") if programs is not None else None

    @classmethod
    def _install(cls) -> str:
        return INSTALL

    def start(self) -> Self:
        """The same server, running and answering. Takes some seconds.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        programs = Path(self._program()).parent
        (self.folder / "password").write_text(self.password, encoding="ascii")
        _give_away(self.folder)
        try:
            self._make_cluster(programs)
        except BaseException:
            self.stop()
            raise
        self._begin()
        return self

    def _make_cluster(self, programs: Path) -> None:
        local = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={self.folder / 'password'}")
        language = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
        command = [str(programs / "initdb"), "-D", str(self._data), "-U", USER, *local, *language]
        made = subprocess.run(  # noqa: S603 - fixed arguments
            [*command, "--no-sync", "--no-instructions"], capture_output=True, user=_user(), group=_group(), cwd="/"
        )
        if made.returncode:
            raise self._failed(made.stderr.decode())
        config = CONFIG.format(host=HOST, port=self.port, dir=self.folder, durable="on" if self.durable else "off")
        with (self._data / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(config)

    def _begin(self) -> None:
        self._run(["-D", str(self._data)], self._answers, {"user": _user(), "group": _group()})

    def _answers(self) -> bool:
        asked = [str(Path(self._program()).with_name("pg_isready")), "-q", "-h", str(self.folder), "-p", str(self.port)]
        return subprocess.run(asked).returncode == 0  # noqa: S603 - fixed arguments

    def restart(self, pause: float = 0.0) -> None:
        """Stop it at once, as a crash or an upgrade would, and start it again after so many seconds."""
        self.end()
        time.sleep(pause)
        self._begin()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """Address over the socket in its folder, for which no password is asked."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

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
