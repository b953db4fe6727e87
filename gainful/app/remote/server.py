"""One remote Gainful server, by its public API: sends a request, and gives what was answered or says what is wrong.

    with RemoteServer(remote) as server:
        server.get("/agents")
        server.post("/agents/triage/stop", {"reason": "it loops"})

Only what changes nothing is sent again when it fails. What may have happened is said to be so.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, NoReturn

from gainful.app.remote.errors import (
    RemoteAnswerTooLarge,
    RemoteAnswerUnreadable,
    RemoteFailed,
    RemoteInvalid,
    RemoteScopeMissing,
    RemoteTokenRefused,
    RemoteUnreachable,
    RemoteUntrusted,
    RemoteVersionDiffers,
)
from gainful.app.remote.remote import Remote
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUnreachable, EgressUntrusted
from gainful.sdk.http import Answer, HttpClient, Limits

API = "/api/v1"
VERSION = "1"
VERSION_HEADER = "gainful-api"
"""Every answer of the API has it; what has not is something else that answers there."""

LIMITS = Limits(connect=5.0, read=20.0, total=40.0, size=16 * 1024 * 1024, redirects=0)
TRIES = 3
"""Of a request that changes nothing."""

LONGEST_WAIT = timedelta(seconds=10)
"""Between two tries; a server that asks for longer is left to the person."""

SCOPES = {"look": "read"}
"""The scope of a token by the right that is missing, where it has another name."""

_EXITS = {403: 3, 429: 4, 503: 4}
_CODE = re.compile(r"[a-z][a-z0-9-]{0,60}", re.ASCII)


class RemoteServer:
    """A remote server and this person's token for it. One thread, one server.

    Args:
        limits: How long and how large.
        sleep: Waits so many seconds between two tries.
    """

    def __init__(self, remote: Remote, limits: Limits = LIMITS, sleep: Callable[[float], None] = time.sleep) -> None:
        self.remote = remote
        self._sleep = sleep
        # The person has named this server: it may be one of their own network, or of this machine.
        egress = Egress(methods=frozenset({"GET", "POST"}), private_ok=frozenset({remote.url}))
        self._http = HttpClient(egress, limits=limits, tls=trust(remote))

    def __enter__(self) -> RemoteServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> Any:
        """What stands at this path of the API; asked for again where the server is away for a moment.

        Raises:
            RemoteUnreachable, RemoteUntrusted, RemoteTokenRefused, RemoteScopeMissing, RemoteVersionDiffers,
            RemoteAnswerTooLarge, RemoteAnswerUnreadable, RemoteFailed: As they say.
        """
        given = {name: value for name, value in query.items() if value}
        for left in reversed(range(TRIES)):
            try:
                return self._read(self._asked("GET", path, given, None))
            except RemoteUnreachable as error:
                wait = error.retry_after or timedelta(seconds=0.3 * (TRIES - left))
                if not left or wait > LONGEST_WAIT:
                    raise
                self._sleep(wait.total_seconds())
        raise AssertionError("the last try returns or raises")

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers to this; sent once, whatever happens. Raises as `get` does."""
        return self._read(self._asked("POST", path, {}, body))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _asked(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> Answer:
        headers = {"authorization": f"Bearer {self.remote.token.reveal()}", "accept": "application/json"}
        try:
            return self._http.request(
                method, f"{self.remote.url}{API}{path}", params=query, headers=headers, json_body=body
            )
        except EgressUntrusted as error:
            raise RemoteUntrusted(
                f"Remote '{self.remote.name}': {error.what}",
                "Name the authority that signed it: `gainful remote add NAME URL --cafile FILE`. Else tell its owner.",
            ) from error
        except EgressTooLarge as error:
            raise RemoteAnswerTooLarge(f"Remote '{self.remote.name}': {error.what}", "Ask for less of it.") from error
        except EgressUnreachable as error:
            may_have = method != "GET" and error.sent is not False
            raise RemoteUnreachable(
                f"Remote '{self.remote.name}': {error.what}",
                "It may have been done all the same: look before you do it again."
                if may_have
                else "Check that it runs and that you reach its network, then try again.",
                retry_after=error.retry_after,
            ) from error
        except EgressRefused as error:
            raise RemoteInvalid(
                f"Remote '{self.remote.name}': {error.what}", "Check its address: `gainful remote list`."
            ) from error

    def _read(self, answer: Answer) -> Any:
        version = answer.headers.get(VERSION_HEADER, "")
        if not version:
            raise RemoteAnswerUnreadable(
                f"What answers at {self.remote.url} (HTTP {answer.status}) is no API of Gainful's.",
                "Check the address of the remote, and what stands in front of the server.",
            )
        if version != VERSION:
            raise RemoteVersionDiffers(
                f"Remote '{self.remote.name}' speaks version {version[:20]} of the API; this program speaks {VERSION}.",
                "Install the same release here as there.",
            )
        try:
            content = answer.json()
        except ValueError:
            raise self.unreadable("it is not JSON") from None
        if answer.status == 200:
            return content
        return self._failed(answer.status, content)

    def _failed(self, status: int, content: Any) -> NoReturn:
        error = content.get("error") if isinstance(content, dict) else None
        if not isinstance(error, dict):
            raise self.unreadable(f"HTTP {status} without a reason")
        code, what, next_move = (str(error.get(name, "")) for name in ("code", "what", "next_move"))
        name = self.remote.name
        if status == 401:
            raise RemoteTokenRefused(
                f"Remote '{name}' does not take the token: it has expired, was removed, or its person has no account.",
                f"Let its owner make one (`gainful console token`), then: gainful remote add {name} {self.remote.url}",
            )
        if status == 403 and code == "not-allowed":
            right = what.rstrip(".").rpartition(" ")[2]
            scope = SCOPES.get(right, right)
            raise RemoteScopeMissing(
                f"The token of remote '{name}' may not do this: it needs the scope '{scope[:20]}', "
                "and its person a role that allows it.",
                f"Let its owner make one: `gainful console token NAME --person YOU --scope {scope[:20]}`.",
            )
        raise RemoteFailed(
            code if _CODE.fullmatch(code) else RemoteFailed.code, what, next_move, _EXITS.get(status, _usual(status))
        )

    def unreadable(self, why: str) -> RemoteAnswerUnreadable:
        """The error of an answer that cannot be used."""
        return RemoteAnswerUnreadable(
            f"The answer of remote '{self.remote.name}' cannot be read: {why}.",
            "Install the same release here as there; if they are the same, report this.",
        )


def _usual(status: int) -> int:
    return 2 if status < 500 else 5


def trust(remote: Remote) -> ssl.SSLContext | None:
    """Whom to trust: its own authority where one was named; None: the system's.

    Raises:
        RemoteInvalid: The authority's file cannot be read.
    """
    if not remote.cafile:
        return None
    try:
        return ssl.create_default_context(cafile=remote.cafile)
    except OSError:
        raise RemoteInvalid(
            f"The authority of remote '{remote.name}' cannot be read from {remote.cafile}.", "Check the file, as PEM."
        ) from None
