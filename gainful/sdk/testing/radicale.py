"""A private Radicale for tests and benches: own folder, own port on 127.0.0.1, gone when stopped.

It is a real CalDAV server, installed from PyPI beside the tests' own environment: `.venv/servers`.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gainful.core.errors import Unavailable
from gainful.sdk.testing.server_environment import INSTALL, python_of_servers

HOST = "127.0.0.1"
START_SECONDS = 20.0

CONFIG = """\
[server]
hosts = {host}:{port}
[auth]
type = htpasswd
htpasswd_filename = {dir}/users
htpasswd_encryption = plain
delay = 0
[storage]
type = multifilesystem
filesystem_folder = {dir}/collections
[web]
type = none
[logging]
level = warning
"""

MAKE = (
    '<?xml version="1.0" encoding="utf-8"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    "<d:set><d:prop><d:displayname>{name}</d:displayname><c:supported-calendar-component-set>"
    '<c:comp name="{holds}"/></c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>'
)


class RadicaleMissing(Unavailable):
    """Radicale is not installed, or did not start."""

    code = "radicale-missing"


@dataclass
class Radicale:
    """A running server once `start` was called; also a context manager.

    Every user that `new_user` gave has the same password, and no calendar until `make` makes one.
    """

    password: str = "correct horse"  # noqa: S105 - a test server on loopback

    def __post_init__(self) -> None:
        self.directory = Path()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)

    @staticmethod
    def installed() -> bool:
        """Whether this machine has Radicale."""
        return python_of_servers("radicale") is not None

    def start(self) -> Radicale:
        """The same server, running and answering. Takes about a second.

        Raises:
            RadicaleMissing: Not installed, or it did not come up within 20 seconds.
        """
        python = python_of_servers("radicale")
        if python is None:
            raise RadicaleMissing("Radicale is not installed.", f"Install it with `{INSTALL}`.")
        self.directory = Path(tempfile.mkdtemp(prefix="gainful-radicale-"))
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        (self.directory / "users").touch()
        config = self.directory / "config"
        config.write_text(CONFIG.format(host=HOST, port=self.port, dir=self.directory), encoding="utf-8")
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
                [python, "-m", "radicale", "--config", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._await_port()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server and remove everything it wrote. Safe to call twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)
            self._process = None
        if self.directory != Path():
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Radicale:
        return self if self._process else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    def new_user(self) -> str:
        """A name that nobody had before, and that can sign in."""
        user = f"ada{next(self._names)}"
        with (self.directory / "users").open("a", encoding="utf-8") as users:
            users.write(f"{user}:{self.password}\n")
        return user

    def make(self, user: str, path: str, name: str, holds: str = "VEVENT") -> str:
        """A calendar of the user's: its path on the server."""
        place = f"/{user}/{path}/"
        self.ask("MKCALENDAR", place, user, MAKE.format(name=name, holds=holds).encode())
        return place

    def put(self, user: str, place: str, uid: str, text: bytes) -> None:
        """Let the person's own program put an event into a calendar."""
        self.ask("PUT", f"{place}{uid}.ics", user, text)

    def ask(self, method: str, path: str, user: str, body: bytes = b"") -> bytes:
        """The server's answer to a request of the user's; fails when it says no."""
        pair = base64.b64encode(f"{user}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            kind = "text/calendar" if method == "PUT" else "application/xml"
            connection.request(method, path, body, {"Authorization": f"Basic {pair}", "Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RadicaleMissing(
                f"Radicale said {answer.status} to {method} {path}: {content[:500]!r}", "Mend the test."
            )
        return content

    def _await_port(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                said = (self.directory / "log").read_text("utf-8", "replace")
                raise RadicaleMissing(f"Radicale did not start: {said[-2000:]}", "Mend its setup.")
            time.sleep(0.02)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
