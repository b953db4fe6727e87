"""A mail server of a few lines, for what a well-behaved one cannot be made to do; and what Dovecot hands mail on to."""

from __future__ import annotations

import contextlib
import os
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.testing.dovecot import INSTALL, Dovecot

DEFAULTS = {
    "GREETING": b"220 odd ready\r\n",
    "EHLO": b"250-odd\r\n250-AUTH PLAIN LOGIN\r\n250-STARTTLS\r\n250 SIZE\r\n",
    "AUTH": b"235 fine\r\n",
    "DATA": b"354 go on\r\n",
    "TEXT": b"250 taken\r\n",
    "QUIT": b"221 bye\r\n",
    "STARTTLS": b"220 go on\r\n",
}


@dataclass
class OddSmtp:
    """Answers each command by a script.

    Args:
        answers: By command, what to send; `GREETING` comes first, `TEXT` after the text. Empty: hang up.
        lines: Every command that came.
        texts: What was handed in, as it travelled.
    """

    answers: Mapping[str, bytes | Callable[[str], bytes]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = True
    cafile: str = ""
    port: int = 0
    lines: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)

    def answer(self, command: str, line: str = "") -> bytes:
        """What is sent to this command."""
        found = self.answers.get(command, DEFAULTS.get(command, b"250 fine\r\n"))
        return found(line) if callable(found) else found


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            self._converse()

    def _converse(self) -> None:
        script: OddSmtp = self.server.script  # type: ignore[attr-defined]
        line = self.request
        if script.tls and script.implicit:
            line = script.tls.wrap_socket(line, server_side=True)
        file = line.makefile("rb")
        greeting = script.answer("GREETING")
        line.sendall(greeting)
        while greeting and (received := file.readline()):
            text = received.decode().rstrip("\r\n")
            script.lines.append(text)
            command = text.split(" ")[0].upper()
            answer = script.answer(command, text)
            if not answer:
                break
            line.sendall(answer)
            if command == "STARTTLS" and script.tls and answer.startswith(b"220"):
                line = script.tls.wrap_socket(line, server_side=True)
                file = line.makefile("rb")
            if command == "DATA" and answer.startswith(b"354"):
                parts = []
                while (part := file.readline()) not in (b".\r\n", b""):
                    parts.append(part)
                script.texts.append(b"".join(parts))
                said = script.answer("TEXT")
                if not said:
                    break
                line.sendall(said)
        line.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def serving(script: OddSmtp) -> Iterator[OddSmtp]:
    """The server, running."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.script = script  # type: ignore[attr-defined]
        script.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield script
        finally:
            server.shutdown()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    write_certificate(folder)
    return folder


@pytest.fixture
def odd(certificate: Path) -> Iterator[Callable[..., OddSmtp]]:
    """Starts such a server, with TLS."""
    with contextlib.ExitStack() as stack:

        def start(answers: Mapping[str, bytes] | None = None, **more: object) -> OddSmtp:
            script = OddSmtp(answers or {}, server_context(certificate), cafile=str(certificate / "cert.pem"), **more)  # type: ignore[arg-type]
            return stack.enter_context(serving(script))

        yield start


@pytest.fixture(scope="session")
def relay() -> Iterator[OddSmtp]:
    """To which Dovecot hands mail on: takes everything that is not for somebody called `no`."""

    def rcpt(line: str) -> bytes:
        return b"550 5.1.1 no such user\r\n" if "<no@" in line else b"250 fine\r\n"

    # With an AUTH of its own, Dovecot would want to sign in.
    plain: dict[str, bytes | Callable[[str], bytes]] = {"EHLO": b"250-relay\r\n250 SIZE\r\n", "RCPT": rcpt}
    with serving(OddSmtp(plain)) as script:
        yield script


@pytest.fixture(scope="session")
def post(relay: OddSmtp) -> Iterator[Dovecot]:
    """A real server to which mail can be handed in. Absent, the test is skipped; in CI it fails."""
    if not Dovecot.takes_mail():
        missing = f"Dovecot's submission server is not installed; install it with: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with Dovecot(
        relay=relay.port, users={"ünï@example.org": "pässwörd \\ 5€"}, tokens={"fresh": "ada@example.org"}
    ) as run:
        yield run
