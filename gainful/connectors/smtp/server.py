"""One mail handed to one server: everything is asked before the text is sent, so that a no means that nobody got it."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from gainful.connectors.smtp.errors import SmtpRefused, SmtpUnreachable
from gainful.sdk.mail import LoginRefused
from gainful.sdk.secret import Handle

Auth = Literal["password", "xoauth2"]
SECONDS = 30.0
"""The longest wait for the next octet."""

LONGEST = 300.0
"""The longest that the whole may take, in seconds."""

NAME = "[127.0.0.1]"
"""What we call ourselves: the name of the person's machine is nobody's business."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in.

    Args:
        implicit_tls: TLS from the first byte; otherwise STARTTLS, without which nothing is sent.
        user: Login name; empty where the server asks for none.
        cafile: A certificate file to trust instead of the system's; empty for the system's.
    """

    host: str
    port: int
    implicit_tls: bool
    user: str
    secret: Handle
    auth: Auth = "password"
    cafile: str = ""

    def send(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Hand the mail in, for all recipients or for none.

        Raises:
            SmtpRefused, LoginRefused: The server said no; nobody got it.
            SmtpUnreachable: No answer; `sent` tells whether somebody may have got it.
        """
        with self._connected() as wire, _no_longer_than(LONGEST, wire):
            self._greet(wire)
            self._sign_in(wire)
            options = [f"size={len(raw)}"] if wire.has_extn("size") else []
            self._ask("the sender", lambda: wire.mail(sender, options))
            for recipient in recipients:
                self._ask(f"'{recipient[:100]}'", lambda to=recipient: wire.rcpt(to))  # type: ignore[misc]
            self._hand_in(wire, raw)
            with suppress(OSError, smtplib.SMTPException):
                wire.quit()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            tls = ssl.create_default_context(cafile=self.cafile or None)
            wire = (
                smtplib.SMTP_SSL(self.host, self.port, local_hostname=NAME, timeout=SECONDS, context=tls)
                if self.implicit_tls
                else smtplib.SMTP(self.host, self.port, local_hostname=NAME, timeout=SECONDS)
            )
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted() from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error
        try:
            if not self.implicit_tls:
                self._greet(wire)
                self._start_tls(wire, tls)
            yield wire
        finally:
            wire.close()

    def _greet(self, wire: smtplib.SMTP) -> None:
        self._ask("us", wire.ehlo)

    def _start_tls(self, wire: smtplib.SMTP, tls: ssl.SSLContext) -> None:
        if not wire.has_extn("starttls"):
            raise SmtpRefused(f"{self._place} offers no TLS, so nothing is sent there.", "Use smtps://, or another.")
        try:
            # What came in the clear behind the answer is forgotten by the library.
            wire.starttls(context=tls)
        except smtplib.SMTPResponseException as error:
            raise SmtpRefused(
                f"{self._place} does not begin TLS, so nothing is sent there.", "Tell its operator."
            ) from error
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted() from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error

    def _sign_in(self, wire: smtplib.SMTP) -> None:
        if not self.user:
            return
        secret = self.secret.secret()
        answers = iter(self._proof(wire, secret.reveal() if secret is not None else ""))
        code, said = self._said(wire, next(answers))
        while code == 334 and (answer := next(answers, None)) is not None:
            code, said = self._said(wire, answer)
        if 500 <= code < 600:
            raise LoginRefused(
                f"{self._place} refuses the name or password of {self.user}.", "Store it anew: gainful secrets set."
            )
        if code != 235:
            raise self._no("the password", code, said)

    def _proof(self, wire: smtplib.SMTP, password: str) -> list[str]:
        """What is said to sign in, line by line. Python's own way takes no password that is not ASCII."""
        offered = str(wire.esmtp_features.get("auth", "")).upper().split()
        if self.auth == "xoauth2":
            token = f"user={self.user}\x01auth=Bearer {password}\x01\x01"
            # An error comes as a challenge, and is acknowledged by an empty line.
            return [f"AUTH XOAUTH2 {_base64(token)}", ""]
        if "PLAIN" in offered:
            pair = f"\0{self.user}\0{password}"
            return [f"AUTH PLAIN {_base64(pair)}"]
        if "LOGIN" in offered:
            return ["AUTH LOGIN", _base64(self.user), _base64(password)]
        raise SmtpRefused(f"{self._place} takes no password.", "Check the address of the server.")

    def _said(self, wire: smtplib.SMTP, command: str) -> tuple[int, bytes]:
        try:
            return wire.docmd(command)
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error

    def _ask(self, what: str, question: Callable[[], tuple[int, bytes]]) -> None:
        try:
            code, said = question()
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error
        if code not in (250, 251):
            raise self._no(what, code, said)

    def _hand_in(self, wire: smtplib.SMTP, raw: bytes) -> None:
        began = False
        try:
            wire.putcmd("data")
            code, said = wire.getreply()
            if code == 354:
                began = True
                wire.send(_dotted(raw))
                code, said = wire.getreply()
        except (OSError, smtplib.SMTPException) as error:
            # Between the last dot and its answer nobody knows.
            raise self._gone(sent=began) from error
        if began and 200 <= code < 300:
            return
        if began and not 400 <= code < 600:
            # It has the text, and what it says about it means nothing.
            raise self._gone(sent=True)
        raise self._no("the mail", code, said)

    def _no(self, what: str, code: int, said: bytes) -> SmtpRefused | SmtpUnreachable:
        # RFC 5321, section 4.2.1: from 400 on it asks to come again, from 500 on it is a no.
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        if code < 500:
            return SmtpUnreachable(f"{self._place} does not take {what} now: {code} {text}", "Try again.", sent=False)
        return SmtpRefused(f"{self._place} does not take {what}: {code} {text}", "Check it; nobody got the mail.")

    def _untrusted(self) -> SmtpRefused:
        return SmtpRefused(
            f"The certificate of {self._place} does not prove its name.", "Check the address; see `cafile`."
        )

    def _gone(self, *, sent: bool) -> SmtpUnreachable:
        how = "broke off before it said whether it has the mail" if sent else "cannot be reached, or broke off"
        return SmtpUnreachable(f"{self._place} {how}.", "Check the network.", sent=sent)

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}"


@contextmanager
def _no_longer_than(seconds: float, wire: smtplib.SMTP) -> Iterator[None]:
    """Break the connection off when the time is up, however slowly the server goes on answering."""
    assert wire.sock is not None  # noqa: S101 -- told to the type checker: it is connected
    with socket.socket(fileno=os.dup(wire.sock.fileno())) as line:
        timer = threading.Timer(seconds, _shut, (line,))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _shut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _dotted(raw: bytes) -> bytes:
    """The message with its end, and with a second dot where a line begins with one (RFC 5321, section 4.5.2)."""
    lines = raw.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + b"\r\n.\r\n"
