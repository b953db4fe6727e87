"""Sends OTLP requests to one server, and reads what it acknowledges.

Source: https://opentelemetry.io/docs/specs/otlp/ ("OTLP/HTTP Response", "Partial Success", "Failures").
"""

from __future__ import annotations

import gzip
from types import TracebackType
from typing import Any

from gainful.app.remote.errors import RemoteUntrusted
from gainful.app.remote.remote import Remote
from gainful.app.remote.server import trust
from gainful.core.errors import Refused, Unavailable
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUnreachable, EgressUntrusted
from gainful.sdk.http import Answer, HttpClient, Limits

PATH = "/v1/traces"
LIMITS = Limits(connect=5.0, read=30.0, total=60.0, size=1024 * 1024, redirects=0)
LONGEST = 300
"""Letters that are kept of what a server says."""


class ReportRefused(Refused):
    """The server does not take reports from here, or cannot use them; sending them again does not help."""

    code = "report-refused"


class ReportUnreachable(Unavailable):
    """The server that is reported to is away or busy; nothing is lost, and it is sent later."""

    code = "report-unreachable"


class Exporter:
    """One server, and the token for its intake. One thread, one exporter."""

    def __init__(self, remote: Remote, limits: Limits = LIMITS) -> None:
        self._remote = remote
        egress = Egress(methods=frozenset({"POST"}), private_ok=frozenset({remote.url}))
        self._http = HttpClient(egress, limits=limits, tls=trust(remote))

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._http.close()

    def send(self, body: bytes) -> tuple[int, str]:
        """How many spans of a request the server could not use, and why; the others are durable there.

        Raises:
            ReportUnreachable: It is away or busy: send it again later.
            ReportRefused: It does not take it.
            RemoteUntrusted: Its certificate does not prove its name.
        """
        answer = self._sent(body)
        if answer.status != 200:
            raise self._refused(answer)
        try:
            partial = _record(_record(answer.json()).get("partialSuccess"))
            rejected = int(partial.get("rejectedSpans", 0))
        except (ValueError, TypeError):
            raise ReportUnreachable(
                f"What answers at {self._remote.url} acknowledges nothing.",
                "Check the address under [report], and what stands in front of the server.",
            ) from None
        return rejected, str(partial.get("errorMessage", ""))[:LONGEST]

    def _sent(self, body: bytes) -> Answer:
        headers = {
            "authorization": f"Bearer {self._remote.token.reveal()}",
            "content-type": "application/json",
            "content-encoding": "gzip",
        }
        try:
            packed = gzip.compress(body, mtime=0)
            return self._http.request("POST", f"{self._remote.url}{PATH}", headers=headers, content=packed)
        except EgressUntrusted as error:
            raise RemoteUntrusted(error.what, "Name a remote with --cafile under [report].") from error
        except EgressUnreachable as error:
            raise ReportUnreachable(
                error.what, "Nothing is lost: it is sent with the next report.", retry_after=error.retry_after
            ) from error
        except (EgressRefused, EgressTooLarge) as error:
            raise ReportRefused(error.what, "Check the address under [report].") from error

    def _refused(self, answer: Answer) -> Refused:
        moves = {
            401: "Let its owner make a token (`gainful secrets set intake:NAME`); then: gainful secrets set report",
            404: "Check the address under [report]: its web server takes telemetry at /v1/traces.",
            413: "Let its owner raise largest_mb under [intake].",
        }
        try:
            said = str(_record(answer.json()).get("message", ""))[:LONGEST]
        except (ValueError, TypeError):
            said = ""
        return ReportRefused(
            f"{self._remote.url} does not take the report (HTTP {answer.status}). {said}".strip(),
            moves.get(answer.status, "Install the same release here as there; if they are the same, report this."),
        )


def _record(content: Any) -> dict[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise TypeError("no record")
    return content
