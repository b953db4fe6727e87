"""A logged-in IMAP connection: how it is opened, and what each failure means to the person."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

from imapclient import SocketTimeout  # type: ignore[import-untyped, unused-ignore]
from imapclient.exceptions import (  # type: ignore[import-untyped, unused-ignore]
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
    ProtocolError,
)

from gainful.connectors.imap.address import ImapAddress
from gainful.connectors.imap.responses import shown
from gainful.connectors.imap.wire import Wire
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.sdk.mail import LoginRefused, MailboxUnreachable, ServerRefused
from gainful.sdk.secret import Handle, Secret

Auth = Literal["password", "xoauth2"]
POLITE_SECONDS = 5.0
"""How long a goodbye may take."""

# Response codes that say "later": RFC 5530, and those that large providers use when they slow a client down.
_PASSING = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED", "CORRUPTION"})
_CODE = re.compile(r"\[([A-Z-]+)")


class CleartextRefused(Refused):
    """We do not send a password over a connection that others can read."""

    code = "cleartext-refused"


class Session:
    """Opens the connection, and turns whatever happens on it into errors that name the next move.

    Args:
        secret: The way to the password or the access token; asked at each login, so that a token may be fresh.
    """

    def __init__(self, address: ImapAddress, secret: Handle, auth: Auth, timeout: timedelta) -> None:
        self.address = address
        self._secret = secret
        self._auth = auth
        self._timeout = timeout.total_seconds()
        self._wire: Wire | None = None

    @property
    def wire(self) -> Wire:
        """The open connection.

        Raises:
            MailboxUnreachable: It is closed or broke.
        """
        if self._wire is None:
            raise MailboxUnreachable(f"There is no connection to {self.address.place}.", "Connect again.")
        return self._wire

    def open(self) -> None:
        """Connect and log in.

        Raises:
            MailboxUnreachable: No such host, nobody answers, no valid certificate, not an IMAP server.
            LoginRefused: The name, the password or the token is wrong, or there is none.
            CleartextRefused: The password would travel readable.
        """
        self.drop()
        secret = self._secret.secret()
        if secret is None:
            raise LoginRefused(
                f"There is no password for {self.address.account}.", "Store it with `gainful secrets set`."
            )
        wire = self._connect()
        self._wire = wire
        try:
            self._secure(wire)
            self._login(wire, secret)
            with self.talk("CAPABILITY"):
                wire.ask_capabilities_again()
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Close the connection at once, whatever it was doing."""
        wire, self._wire = self._wire, None
        if wire is not None:
            with contextlib.suppress(OSError, IMAPClientError):
                wire.shutdown()

    def leave(self) -> None:
        """Log out and close. Never CLOSE, which would expunge."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            wire.socket().settimeout(POLITE_SECONDS)
            wire.logout()
        except (OSError, IMAPClientError):
            with contextlib.suppress(OSError, IMAPClientError):
                wire.shutdown()

    @contextlib.contextmanager
    def talk(self, what: str) -> Iterator[Wire]:
        """The connection for one exchange; `what` names it in errors. A broken connection is dropped."""
        wire = self.wire
        try:
            yield wire
        except GainfulError:
            raise
        except IMAPClientReadOnlyError as error:
            raise self._refusal(what, "this folder may only be read") from error
        except (IMAPClientAbortError, ProtocolError, OSError) as error:
            self.drop()
            raise self._broken(what, error) from error
        except IMAPClientError as error:
            raise self._refusal(what, str(error)) from error
        except Exception as error:
            # imapclient's parser meets nonsense with whatever error it runs into.
            self.drop()
            raise MailboxUnreachable(
                f"{self.address.place} answered {what} with something that is not IMAP.", "Connect again."
            ) from error
        except BaseException:
            # Left in the middle of an exchange, the next answer would belong to the wrong question.
            self.drop()
            raise

    def _connect(self) -> Wire:
        try:
            wire = Wire(
                self.address.host,
                port=self.address.port,
                ssl=self.address.implicit_tls,
                ssl_context=self._tls() if self.address.implicit_tls else None,
                timeout=SocketTimeout(self._timeout, self._timeout),
            )
            # An APPEND goes out in two small writes; without this the second one waits 40 ms for the first one's ACK.
            wire.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return wire
        except (OSError, UnicodeError) as error:
            raise self._unreachable(error) from error
        except IMAPClientError as error:
            raise MailboxUnreachable(
                f"{self.address.place} does not greet like an IMAP server: {self._shown(error)}",
                "Check host and port; imaps:// is usually at 993, imap:// at 143.",
            ) from error

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.address.cafile or None)
        except OSError as error:
            raise Invalid(
                f"The certificate file {self.address.cafile} cannot be used: {error.strerror or error}.",
                "Give a readable PEM file as ?cafile=PATH.",
            ) from error

    def _secure(self, wire: Wire) -> None:
        """Turn TLS on where the connection leaves this machine."""
        at_home = self.address.is_loopback and not self.address.starttls
        if self.address.implicit_tls or at_home:
            return
        if not wire.has_capability("STARTTLS"):
            if self.address.plaintext:
                return
            raise CleartextRefused(
                f"{self.address.place} offers no encryption, so everybody on the way could read the password.",
                "Use imaps:// if the server has it; otherwise add ?plaintext=yes to accept that.",
            )
        try:
            wire.starttls(self._tls())
        except OSError as error:
            raise self._unreachable(error) from error
        except IMAPClientError as error:
            raise MailboxUnreachable(
                f"{self.address.place} offers STARTTLS but did not do it: {self._shown(error)}", "Use imaps://."
            ) from error

    def _login(self, wire: Wire, held: Secret) -> None:
        user, secret = self.address.user, held.reveal()
        try:
            if self._auth == "xoauth2":
                answer = f"user={user}\x01auth=Bearer {secret}\x01\x01".encode()
                wire.sasl_login("XOAUTH2", _once(answer))
            elif wire.has_capability("AUTH=PLAIN"):
                wire.sasl_login("PLAIN", _once(f"\0{user}\0{secret}".encode()))
            else:
                _check_for_login_command(user + secret, self.address.place)
                quoted = user.replace("\\", "\\\\").replace('"', '\\"')
                wire.login(f'"{quoted}"', secret)
        except OSError as error:
            raise self._unreachable(error) from error
        except LoginError as error:
            if isinstance(error.__context__, IMAPClientAbortError):
                raise self._broken("login", error.__context__) from error
            raise self._login_refused(str(error)) from error

    def _login_refused(self, text: str) -> GainfulError:
        if _code(text) in _PASSING:
            return self._refusal("login", text)
        if self._auth == "xoauth2":
            next_move = "Get a new access token, with the scope for IMAP, for exactly this user."
        else:
            next_move = "Check name and password; many providers want an app password instead of your own."
        return LoginRefused(
            f"{self.address.place} refused the login of {shown(self.address.user)}: {self._shown(text)}", next_move
        )

    def _refusal(self, what: str, text: str) -> GainfulError:
        said = f"{self.address.place} answered no to {what}: {self._shown(text)}"
        if _code(text) in _PASSING:
            return MailboxUnreachable(said, "Try again later.", retry_after=timedelta(minutes=1))
        return ServerRefused(said, "Ask the server's operator if you should be allowed to.")

    def _broken(self, what: str, error: BaseException) -> MailboxUnreachable:
        return MailboxUnreachable(
            f"The connection to {self.address.place} broke during {what}: {self._shown(error)}", "Connect again."
        )

    def _unreachable(self, error: Exception) -> MailboxUnreachable:
        place = self.address.place
        if isinstance(error, ssl.SSLCertVerificationError):
            return MailboxUnreachable(
                f"The certificate of {place} is not valid: {error.verify_message}",
                "If the server is your own, add ?cafile=PATH with its certificate; otherwise do not log in there.",
            )
        if isinstance(error, ssl.SSLError):
            return MailboxUnreachable(
                f"{place} does not speak TLS: {error.reason or error}", "Check the port, or use imap:// for STARTTLS."
            )
        if isinstance(error, (socket.gaierror, UnicodeError)):
            return MailboxUnreachable(f"There is no host named {self.address.host}.", "Check the spelling and the DNS.")
        if isinstance(error, TimeoutError):
            return MailboxUnreachable(
                f"{place} did not answer within {self._timeout:g} s.", "Check the port, the firewall and the network."
            )
        if isinstance(error, ConnectionRefusedError):
            return MailboxUnreachable(f"Nothing listens at {place}.", "Check host and port, and that the server runs.")
        return MailboxUnreachable(f"{place} cannot be reached: {self._shown(error)}", "Check the network.")

    def _shown(self, text: object) -> str:
        return shown(text)


def _once(answer: bytes) -> Callable[[bytes], bytes]:
    """A SASL conversation of one answer; a further challenge carries an error and is answered with nothing.

    Source: Google's and Microsoft's description of XOAUTH2: the client acknowledges the error with an empty line.
    """
    answers = [answer]
    return lambda _challenge: answers.pop() if answers else b""


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found.group(1) if found else ""


def _check_for_login_command(text: str, place: str) -> None:
    """LOGIN takes quoted ASCII; anything else would break the line or the server."""
    if not text.isascii() or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise Invalid(
            f"{place} offers only the LOGIN command, which cannot carry this name or password.",
            "Use ASCII without control characters in both.",
        )
