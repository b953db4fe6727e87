"""One mail handed to one server: everything is asked before the text is sent, so that a no means that nobody got it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from gainful.connectors.smtp.errors import SmtpRefused, SmtpUnreachable
from gainful.sdk.mail import LoginRefused
from gainful.sdk.secret import Handle

Auth = Literal["password", "xoauth2"]
SECONDS = 30.0
_LATER = 500
"""Below this a reply asks to come again, from it on it is a no (RFC 5321, section 4.2.1)."""


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
        with self._connected() as wire:
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
                smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=tls)
                if self.implicit_tls
                else smtplib.SMTP(self.host, self.port, timeout=SECONDS)
            )
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted() from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error
        try:
            if not self.implicit_tls:
                self._start_tls(wire, tls)
            yield wire
        finally:
            wire.close()

    def _start_tls(self, wire: smtplib.SMTP, tls: ssl.SSLContext) -> None:
        try:
            wire.ehlo_or_helo_if_needed()
            if not wire.has_extn("starttls"):
                raise SmtpRefused(
                    f"{self._place} offers no TLS, so nothing is sent there.", "Use smtps://, or another."
                )
            code, _ = wire.starttls(context=tls)
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted() from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._gone(sent=False) from error
        if code != 220:
            raise SmtpRefused(f"{self._place} does not begin TLS, so nothing is sent there.", "Tell its operator.")

    def _sign_in(self, wire: smtplib.SMTP) -> None:
        if not self.user:
            return
        secret = self.secret.secret()
        password = secret.reveal() if secret is not None else ""
        try:
            wire.ehlo_or_helo_if_needed()
            if self.auth == "xoauth2":
                answer = f"user={self.user}\x01auth=Bearer {password}\x01\x01"
                # An error comes as a challenge, and is acknowledged by an empty line.
                wire.auth("XOAUTH2", lambda challenge=None: answer if challenge is None else "")
            else:
                wire.login(self.user, password)
        except smtplib.SMTPNotSupportedError as error:
            raise SmtpRefused(f"{self._place} takes no password.", "Check the address of the server.") from error
        except smtplib.SMTPAuthenticationError as error:
            raise LoginRefused(
                f"{self._place} refuses the name or password of {self.user}.", "Store it anew: gainful secrets set."
            ) from error
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
        if code != 250:
            raise self._no("the mail", code, said)

    def _no(self, what: str, code: int, said: bytes) -> SmtpRefused | SmtpUnreachable:
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        if 400 <= code < _LATER:
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


def _dotted(raw: bytes) -> bytes:
    """The message with its end, and with a second dot where a line begins with one (RFC 5321, section 4.5.2)."""
    lines = raw.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + b"\r\n.\r\n"
