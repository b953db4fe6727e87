"""Sends OTLP requests and facts to one server, and reads what it acknowledges.

Source: https://opentelemetry.io/docs/specs/otlp/ ("OTLP/HTTP Response", "Partial Success", "Failures").
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from gainful.app.remote.errors import RemoteUntrusted
from gainful.app.remote.remote import Remote
from gainful.app.remote.server import trust
from gainful.core.errors import Refused, Unavailable
from gainful.core.fact import Fact
from gainful.core.fact_json import fact_json
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUnreachable, EgressUntrusted
from gainful.sdk.http import Answer, HttpClient, Limits

TRACES, REPORTS = "/v1/traces", "/api/v1/reports"
LIMITS = Limits(connect=5.0, read=30.0, total=60.0, size=1024 * 1024, redirects=0)
LONGEST = 300
"""Letters that are kept of what a server says."""


class ReportRefused(Refused):
    """The server does not take reports from here, or cannot use them; sending them again does not help."""

    code = "report-refused"


class ReportUnreachable(Unavailable):
    """The server that is reported to is away or busy; nothing is lost, and it is sent later."""

    code = "report-unreachable"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a server has made of facts.

    Args:
        refused: Facts that it could not use; sending them again does not help.
        why: What it said of the first of those.
        prefix: What ids of this reporter's items begin with over there; empty where it keeps none.
    """

    refused: int = 0
    why: str = ""
    prefix: str = ""

    def __add__(self, other: Acknowledged) -> Acknowledged:
        return Acknowledged(self.refused + other.refused, self.why or other.why, other.prefix or self.prefix)


class Exporter:
    """One server, and the token for it. One thread, one exporter."""

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
        answer = self._sent(TRACES, gzip.compress(body, mtime=0), {"content-encoding": "gzip"})
        if answer.status != 200:
            raise self._refused(answer, _TRACES)
        try:
            partial = _record(_record(answer.json()).get("partialSuccess"))
            rejected = int(partial.get("rejectedSpans", 0))
        except (ValueError, TypeError):
            raise self._silent() from None
        return rejected, str(partial.get("errorMessage", ""))[:LONGEST]

    def tell(self, facts: Sequence[Fact]) -> Acknowledged:
        """What the server has made of these facts; those that it could use are durable there.

        Raises:
            ReportUnreachable, ReportRefused, RemoteUntrusted: As `send`.
        """
        body = json.dumps(facts_request(facts), separators=(",", ":"), ensure_ascii=False).encode()
        answer = self._sent(REPORTS, body, {})
        if answer.status == 413 and len(facts) > 1:
            # What stands in front of a server may take less than the server itself.
            half = len(facts) // 2
            return self.tell(facts[:half]) + self.tell(facts[half:])
        if answer.status != 200:
            raise self._refused(answer, _REPORTS)
        try:
            said = _record(answer.json())
            refused = [str(_record(one)["why"]) for one in said["refused"]]
            if said["booked"] + said["known"] + len(refused) != len(facts):
                raise ValueError("not all of them")
        except (ValueError, TypeError, KeyError):
            raise self._silent() from None
        return Acknowledged(len(refused), next(iter(refused), "")[:LONGEST], str(said.get("prefix", ""))[:100])

    def _silent(self) -> ReportUnreachable:
        return ReportUnreachable(
            f"What answers at {self._remote.url} acknowledges nothing.",
            "Check the address under [report], and what stands in front of the server.",
        )

    def _sent(self, path: str, content: bytes, more: Mapping[str, str]) -> Answer:
        headers = {
            "authorization": f"Bearer {self._remote.token.reveal()}",
            "content-type": "application/json",
            **more,
        }
        try:
            return self._http.request("POST", f"{self._remote.url}{path}", headers=headers, content=content)
        except EgressUntrusted as error:
            raise RemoteUntrusted(error.what, "Name a remote with --cafile under [report].") from error
        except EgressUnreachable as error:
            raise ReportUnreachable(
                error.what, "Nothing is lost: it is sent with the next report.", retry_after=error.retry_after
            ) from error
        except (EgressRefused, EgressTooLarge) as error:
            raise ReportRefused(error.what, "Check the address under [report].") from error

    def _refused(self, answer: Answer, moves: Mapping[int, str]) -> Refused:
        try:
            content = _record(answer.json())
            said = str(content.get("message") or _record(content.get("error")).get("what", ""))[:LONGEST]
        except (ValueError, TypeError):
            said = ""
        return ReportRefused(
            f"{self._remote.url} does not take the report (HTTP {answer.status}). {said}".strip(),
            moves.get(answer.status, "Install the same release here as there; if they are the same, report this."),
        )


def facts_request(facts: Sequence[Fact]) -> dict[str, Any]:
    """The body of a request with these facts."""
    return {"facts": [fact_json(fact) for fact in facts]}


_MAKE_ONE = (
    "Let its owner make one: `gainful console token NAME --person YOU --scope report`; here: gainful secrets set report"
)
_TRACES = {
    401: _MAKE_ONE,
    404: "Check the address under [report]: its web server takes telemetry at /v1/traces.",
    413: "Let its owner raise largest_mb under [intake].",
}
_REPORTS = {
    401: f"Outcomes need a token of yours alone. {_MAKE_ONE}",
    403: f"Outcomes need a token with the scope `report`. {_MAKE_ONE}",
    404: "Outcomes are taken by a server with a console, of this release or a later one.",
}
"""What to do about an answer."""


def _record(content: Any) -> dict[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise TypeError("no record")
    return content
