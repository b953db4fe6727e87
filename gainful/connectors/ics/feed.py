"""A calendar that is published at an address. It is fetched again only when it has changed."""

from __future__ import annotations

import base64
import ssl
from datetime import tzinfo
from urllib.parse import urlsplit

from gainful.connectors.ics.read_only import ReadOnlyCalendar
from gainful.sdk.calendar import CalendarRefused, CalendarUnreachable, NoSuchCalendar
from gainful.sdk.egress import Egress
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.ical import LARGEST
from gainful.sdk.secret import Handle
from gainful.sdk.tool import ToolUnreachable

SECRET_PART = "{secret}"  # noqa: S105 -- a place for one
_LIMITS = Limits(size=LARGEST)


class FeedCalendar(ReadOnlyCalendar):
    """The calendar at one address.

    Args:
        url: `https://…`; `{secret}` in it stands for the secret, as of Google's private addresses.
        user: Name to sign in with; empty for none.
        tls: Whom to trust; the system's authorities by default.
    """

    def __init__(
        self,
        name: str,
        url: str,
        secret: Handle,
        usual: tzinfo,
        stated: tzinfo | None = None,
        *,
        user: str = "",
        tls: ssl.SSLContext | None = None,
        limits: Limits = _LIMITS,
    ) -> None:
        super().__init__(name, usual, stated)
        self._url = url
        self._user = user
        self._secret = secret
        self._tls = tls
        self._limits = limits
        parts = urlsplit(url)
        self._host = parts.netloc
        # The person named this server, so it may lie in their own network.
        self._egress = Egress(private_ok=frozenset({f"{parts.scheme}://{parts.netloc}"}))
        self._marks: dict[str, str] = {}
        self._text = b""

    def text(self) -> bytes:
        """What is published now.

        Raises:
            CalendarUnreachable, CalendarRefused, NoSuchCalendar: It is not given.
            EgressRefused, EgressUntrusted, EgressTooLarge: As they say.
        """
        answer = self._asked()
        if answer.status == 304 and self._marks:
            return self._text
        if answer.status in (401, 403):
            raise CalendarRefused(
                f"{self._host} does not show the calendar '{self._name}' (HTTP {answer.status}).",
                f"Store its secret anew: gainful secrets set {self._secret.name}",
            )
        if answer.status in (404, 410):
            raise NoSuchCalendar(f"{self._host} has no calendar there any more.", "Check its url in gainful.toml.")
        if answer.status != 200:
            raise CalendarUnreachable(
                f"{self._host} has trouble (HTTP {answer.status}).", "Try again later.", sent=False
            )
        self._marks = {
            condition: answer.headers[mark]
            for condition, mark in (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            if mark in answer.headers
        }
        self._text = answer.body
        return self._text

    def _asked(self) -> Answer:
        url, headers = self._url, {"accept": "text/calendar, text/plain;q=0.5", **self._marks}
        if self._user or SECRET_PART in url:
            secret = self._secret.secret()
            if secret is None:
                raise CalendarRefused(
                    f"No secret is stored for the calendar '{self._name}'.", f"gainful secrets set {self._secret.name}"
                )
            url = url.replace(SECRET_PART, secret.reveal())
            if self._user:
                pair = f"{self._user}:{secret.reveal()}".encode()
                headers["authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
        try:
            with HttpClient(self._egress, limits=self._limits, tls=self._tls) as http:
                return http.request("GET", url, headers=headers)
        except ToolUnreachable as error:
            raise CalendarUnreachable(error.what, error.next_move, retry_after=error.retry_after, sent=False) from error
