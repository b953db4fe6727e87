"""A private Radicale for tests and benches: own folder, own port on 127.0.0.1, gone when stopped.

It is a real CalDAV server, installed from PyPI beside the tests' own environment: `.venv/servers`.
"""

from __future__ import annotations

import base64
import http.client
import itertools
from typing import Self

from gainful.sdk.testing.local_server import HOST, PackagedServer, listens

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


class Radicale(PackagedServer):
    """A running server once `start` was called; also a context manager.

    Every user that `new_user` gave has the same password, and no calendar until `make` makes one.
    """

    PROGRAM = "Radicale"
    PACKAGE = "radicale"

    def __init__(self) -> None:
        super().__init__()
        self.password = "correct horse"  # noqa: S105 - a test server on loopback
        self._names = itertools.count(1)

    def start(self) -> Self:
        """The same server, running and answering. Takes about a second.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        (self.folder / "users").touch()
        config = self.folder / "config"
        config.write_text(CONFIG.format(host=HOST, port=self.port, dir=self.folder), encoding="utf-8")
        self._run(["-m", "radicale", "--config", str(config)], lambda: listens(self.port))
        return self

    def new_user(self) -> str:
        """A name that nobody had before, and that can sign in."""
        user = f"ada{next(self._names)}"
        with (self.folder / "users").open("a", encoding="utf-8") as users:
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
        """The server's answer to a request of the user's.

        Raises:
            AssertionError: It refuses; with its reason.
        """
        pair = base64.b64encode(f"{user}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            kind = "text/calendar" if method == "PUT" else "application/xml"
            connection.request(method, path, body, {"Authorization": f"Basic {pair}", "Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return content
