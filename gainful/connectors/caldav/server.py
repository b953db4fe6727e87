"""A CalDAV server, signed in to (RFC 4918, RFC 4791)."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urljoin, urlsplit

from gainful.connectors.caldav.multistatus import Told, read
from gainful.sdk.calendar import CalendarRefused, CalendarUnreachable
from gainful.sdk.egress import UNCHANGING, Egress
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.ical import LARGEST
from gainful.sdk.secret import Handle
from gainful.sdk.tool import ToolUnreachable

Auth = Literal["password", "bearer"]
_LIMITS = Limits(size=LARGEST)
_METHODS = frozenset({"GET", "OPTIONS", "PROPFIND", "REPORT", "PUT", "DELETE"})


class Server:
    """Asks one server, and none else: whatever addresses it names lie on it.

    Args:
        origin: `https://cal.example.org`; the person named it, so it may lie in their own network.
        user: Name to sign in with.
        tls: Whom to trust; the system's authorities by default.
    """

    def __init__(
        self,
        origin: str,
        user: str,
        secret: Handle,
        *,
        auth: Auth = "password",
        tls: ssl.SSLContext | None = None,
        limits: Limits = _LIMITS,
    ) -> None:
        self.origin = origin
        self._user = user
        self._secret = secret
        self._auth = auth
        egress = Egress(methods=_METHODS, private_ok=frozenset({origin}))
        self._http = HttpClient(egress, limits=limits, tls=tls)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def ask(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status, except that nobody was let in or the server has trouble.

        Raises:
            CalendarRefused: The sign-in was refused.
            CalendarUnreachable: `sent` tells whether something may have happened.
            EgressRefused, EgressUntrusted, EgressTooLarge: As they say; nothing has happened.
        """
        try:
            sent = {**(headers or {}), "authorization": self._signed_in()}
            answer = self._http.request(method, urljoin(self.origin, url), headers=sent, content=body)
        except ToolUnreachable as error:
            may_have = error.sent and method not in UNCHANGING
            raise CalendarUnreachable(
                error.what, error.next_move, retry_after=error.retry_after, sent=may_have
            ) from error
        if answer.status == 401:
            raise CalendarRefused(
                f"{self._host} refused the name or password of the calendar.",
                f"Store it anew: gainful secrets set {self._secret.name}",
            )
        if answer.status >= 500 and answer.status != 507:
            raise CalendarUnreachable(
                f"{self._host} has trouble (HTTP {answer.status}).", "Try again later.", sent=method not in UNCHANGING
            )
        return answer

    def properties(self, url: str, names: str, depth: int) -> tuple[str, list[Told]]:
        """Where the thing really lies, and what the server says of it, and at depth 1 of what is in it.

        Args:
            names: XML of the properties wanted.

        Returns:
            Nothing in the list where the server has no such thing.
        """
        body = f'<?xml version="1.0" encoding="utf-8"?><d:propfind {_SPACES}><d:prop>{names}</d:prop></d:propfind>'
        answer = self.ask("PROPFIND", url, body.encode(), {"depth": str(depth), **_XML})
        return answer.url, self._told(answer)

    def report(self, url: str, body: str) -> list[Told]:
        """What the server finds in a calendar.

        Raises:
            CalendarRefused: It does not let us ask.
        """
        answer = self.ask("REPORT", url, body.encode(), {"depth": "1", **_XML})
        if answer.status != 207:
            raise CalendarRefused(
                f"{self._host} does not say what stands in the calendar (HTTP {answer.status}).", "Check its rights."
            )
        return self._told(answer)

    def beside(self, base: str, href: str) -> str:
        """The address that the server means, if it lies on this server.

        Raises:
            CalendarRefused: It lies on another one, to which nobody gave the password.
        """
        try:
            url = urljoin(base, href)
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            url, origin = "", href
        if origin != self.origin:
            raise CalendarRefused(
                f"{self._host} says that the calendar lies on {origin[:100]}.",
                "If that is right, put that host into the calendar's url.",
            )
        return url

    def _told(self, answer: Answer) -> list[Told]:
        return read(answer.body) if answer.status == 207 else []

    def _signed_in(self) -> str:
        secret = self._secret.secret()
        if secret is None:
            raise CalendarRefused(
                f"No password is stored for the calendar at {self._host}.", f"gainful secrets set {self._secret.name}"
            )
        if self._auth == "bearer":
            return f"Bearer {secret.reveal()}"
        return "Basic " + base64.b64encode(f"{self._user}:{secret.reveal()}".encode()).decode("ascii")

    @property
    def _host(self) -> str:
        return urlsplit(self.origin).netloc


_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_XML = {"content-type": "application/xml; charset=utf-8"}
