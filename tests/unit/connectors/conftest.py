"""A mail server of a few lines, for what a well-behaved one cannot be made to do."""

from __future__ import annotations

import contextlib
import re
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.sdk.secret import Handle, Secret

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
DEFAULTS = {
    "LOGOUT": b"* BYE\r\nTAG OK bye\r\n",
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n",
}


@dataclass
class OddServer:
    """Answers each IMAP command by a script.

    Args:
        answers: By command (`UID FETCH` counts as one), what to send; `TAG` stands for the command's tag.
            An empty answer closes the connection.
        heard: Every line that came.
    """

    answers: Mapping[str, bytes]
    greeting: bytes = GREETING
    heard: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"imap://olga@127.0.0.1:{self.port}"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        script: OddServer = self.server.script  # type: ignore[attr-defined]
        self.wfile.write(script.greeting)
        tag = b""
        while line := self.rfile.readline():
            script.heard.append(line)
            if line == b"DONE\r\n":
                self.wfile.write(tag + b" OK idle is over\r\n")
                continue
            tag, _, rest = line.strip().partition(b" ")
            found = re.match(rb"UID \w+|\w+", rest.upper())
            command = found.group().decode() if found else ""
            answer = script.answers.get(command, DEFAULTS.get(command, b"TAG OK done\r\n"))
            if command == "AUTHENTICATE" and command not in script.answers:
                self.wfile.write(b"+ \r\n")
                script.heard.append(self.rfile.readline())
            if not answer:
                return
            self.wfile.write(answer.replace(b"TAG", tag))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def opened() -> Iterator[Callable[..., ImapMailbox]]:
    """Opens IMAP mailboxes that are closed after the test."""
    with contextlib.ExitStack() as stack:

        def open_mailbox(url: str, secret: str | Handle = "secret", **options: Any) -> ImapMailbox:
            held = Secret("account:test", secret) if isinstance(secret, str) else secret
            mailbox = ImapMailbox(url, held, **options)
            stack.callback(mailbox.close)
            return mailbox

        yield open_mailbox


@pytest.fixture
def odd_server() -> Iterator[Callable[..., OddServer]]:
    """Starts an `OddServer` with the given script."""
    running: list[_Server] = []

    def start(answers: Mapping[str, bytes] | None = None, greeting: bytes = GREETING) -> OddServer:
        script = OddServer(answers or {}, greeting)
        server = _Server(("127.0.0.1", 0), _Handler)
        server.script = script  # type: ignore[attr-defined]
        script.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        running.append(server)
        return script

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
