"""Asks a homeserver's client-server API, one request at a time on each connection, several threads at once.

Source: spec.matrix.org, client-server API v1.11: standard error response, rate limiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from gainful.connectors.matrix.errors import AnswerTooLarge, Said
from gainful.sdk.chat import ChatRefused, ChatUnreachable
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUnreachable, EgressUntrusted, parse
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.secret import Handle

LONGEST_POLL = timedelta(seconds=20)
"""How long the server is asked to hold a request back until something happens."""
_LIMITS = Limits(read=LONGEST_POLL.total_seconds() + 20, size=16 * 1024 * 1024)
_BUSY = frozenset({502, 503, 504})
"""Without 429: how long to wait stands in its body."""
_METHODS = frozenset({"GET", "PUT", "POST"})

OpenHttp = Callable[[], HttpClient]


def path_of(*parts: str, version: str = "v3") -> str:
    """The path of a part of the API, such as `path_of("rooms", room, "members")`; each part is quoted."""
    return f"/_matrix/client/{version}/" + "/".join(quote(part, safe="") for part in parts)


class Wire:
    """One homeserver, signed in to by one token.

    Args:
        url: Scheme, host and port, as the settings name it; it may lie in the person's own network.
        open_http: Makes a client; by default one that reaches this server alone.

    Raises:
        EgressRefused: The address is not plain.
    """

    def __init__(self, url: str, token: Handle, open_http: OpenHttp | None = None) -> None:
        self._origin = parse(url).origin
        self._token = token
        self._open = open_http or self._own_http
        self._idle: list[HttpClient] = []

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """What stands there.

        Raises:
            Said, AnswerTooLarge, ChatRefused, ChatUnreachable: As they say.
        """
        return self._ask("GET", path, params=params)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """What became of it.

        Raises:
            Said, ChatRefused: Nothing has happened.
            ChatUnreachable: `sent` tells whether it may have.
        """
        return self._ask("PUT", path, body=body)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What became of it.

        Raises:
            Said, ChatRefused: Nothing has happened.
            ChatUnreachable: `sent` tells whether it may have.
        """
        return self._ask("POST", path, body=body)

    def close(self) -> None:
        """Let go of every connection that is not in use. Safe to call twice."""
        while self._idle:
            self._idle.pop().close()

    def _ask(
        self, method: str, path: str, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        secret = self._token.secret()
        if secret is None:
            raise ChatRefused(
                f"There is no access token for {self._origin}.", f"Store it: gainful secrets set {self._token.name}"
            )
        headers = {"authorization": f"Bearer {secret.reveal()}"}
        try:
            with self._client() as http:
                answer = http.request(method, f"{self._origin}{path}", params=params, headers=headers, json_body=body)
        except EgressUnreachable as error:
            raise ChatUnreachable(
                error.what, error.next_move, retry_after=error.retry_after, sent=error.sent and method != "GET"
            ) from error
        except EgressTooLarge as error:
            raise AnswerTooLarge(error.what, error.next_move) from error
        except (EgressRefused, EgressUntrusted) as error:
            raise ChatRefused(error.what, error.next_move) from error
        return self._content(answer, method)

    def _content(self, answer: Answer, method: str) -> Any:
        changes = method != "GET"
        try:
            content = answer.json()
        except ValueError:
            raise ChatUnreachable(
                f"{self._origin} answered in a way that is not Matrix ({answer.status}).",
                "Check the address, and whether something stands in between.",
                sent=changes and answer.status != 429,
            ) from None
        if answer.status < 300:
            return content
        said = content if isinstance(content, dict) else {}
        if answer.status == 429:
            raise ChatUnreachable(
                f"{self._origin} wants to be asked later.", "Wait.", retry_after=_wait(said), sent=False
            )
        if answer.status >= 500:
            raise ChatUnreachable(f"{self._origin} has trouble ({answer.status}).", "Try again later.", sent=changes)
        raise self._said(answer.status, said)

    def _said(self, status: int, said: Mapping[str, Any]) -> Said:
        errcode, words = str(said.get("errcode", ""))[:60], str(said.get("error", "no reason given"))[:200]
        next_move = "Check names, rights and settings."
        if status == 401:
            next_move = f"Sign in again and store the token: gainful secrets set {self._token.name}"
        return Said(f"{self._origin} said no ({errcode}): {words}", next_move, status=status, errcode=errcode)

    @contextmanager
    def _client(self) -> Iterator[HttpClient]:
        """A client that nobody else uses; kept for later when it worked."""
        try:
            http = self._idle.pop()
        except IndexError:
            http = self._open()
        try:
            yield http
        except BaseException:
            http.close()
            raise
        self._idle.append(http)

    def _own_http(self) -> HttpClient:
        egress = Egress(methods=_METHODS, private_ok=frozenset({self._origin}))
        return HttpClient(egress, limits=_LIMITS, busy=_BUSY)


def _wait(said: Mapping[str, Any]) -> timedelta | None:
    wait = said.get("retry_after_ms")
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait < 10**9:
        return None
    return min(timedelta(milliseconds=wait), timedelta(days=1))
