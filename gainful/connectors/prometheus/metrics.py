"""Reads counters of slots from Prometheus' HTTP API.

    queries = Queries(
        requests='sum(shop_requests_total{slot="{slot}"})',
        errors='sum(shop_requests_total{slot="{slot}",status=~"5.."})',
        latency='sum by (le) (shop_request_seconds_bucket{slot="{slot}"})',
    )
    PrometheusMetrics("http://127.0.0.1:9090", queries, system_clock).read(["blue", "green"])

The queries ask for counters, not for rates: what happened since a moment is the difference of two reads, and exact.

Source: Prometheus documentation, "HTTP API", instant queries; "Querying basics", staleness and subqueries.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from gainful.core.clock import Clock
from gainful.sdk.egress import Egress, EgressRefused, HostPatternInvalid
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.metrics import NOTHING, MetricsInvalid, MetricsUnreachable, Totals
from gainful.sdk.secret import Handle
from gainful.sdk.tool import ToolUnreachable

PLACE = "{slot}"
_SLOT = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LIMITS = Limits(connect=3.0, read=5.0, total=10.0, size=4 * 1024 * 1024)
_RECENTLY = "5m:1s"
"""How far back, and in which steps, to look for what cannot be read at the moment."""


@dataclass(frozen=True, slots=True)
class Queries:
    """PromQL for one slot; `{slot}` in it stands for the slot's name, within quotes.

    Args:
        requests: One number: requests answered so far.
        errors: One number: those of them that failed.
        latency: Numbers by `le`: the buckets of a histogram. Empty where there is none.
    """

    requests: str
    errors: str
    latency: str = ""

    def __post_init__(self) -> None:
        for name in ("requests", "errors", "latency"):
            query = getattr(self, name)
            if (query or name != "latency") and not re.search(r"\"[^\"]*\{slot\}[^\"]*\"", query):
                raise MetricsInvalid(
                    f"The query '{name}' does not ask for one slot.", 'Let it select a label by it: slot="{slot}".'
                )


class PrometheusMetrics:
    """The counters of slots as Prometheus has last scraped them.

    Args:
        url: Of the server, with the path before `/api/v1` where there is one.
        clock: The present; all queries of one read ask for the same moment.
        secret: What is sent as a bearer's token, or as the password of `user`.
        tls: Whom to trust; the system's authorities by default.

    Raises:
        MetricsInvalid: The url is none.
    """

    def __init__(
        self,
        url: str,
        queries: Queries,
        clock: Clock,
        *,
        user: str = "",
        secret: Handle | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits = _LIMITS,
    ) -> None:
        parts = urlsplit(url)
        self._url = f"{url.rstrip('/')}/api/v1/query"
        self._queries = queries
        self._clock = clock
        self._user = user
        self._secret = secret
        # The person named this server, so it may lie in their own network.
        try:
            egress = Egress(private_ok=frozenset({f"{parts.scheme}://{parts.netloc}"}))
            egress.target("GET", self._url)
        except (HostPatternInvalid, EgressRefused) as error:
            raise MetricsInvalid(f"The url of the metrics cannot be asked: {error.what}", error.next_move) from error
        self._http = HttpClient(egress, limits=limits, tls=tls)

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Totals by slot at one moment, as old as the last scrape.

        Raises:
            MetricsUnreachable: Prometheus does not answer, or does not reach a slot that it reached a moment ago.
            MetricsInvalid: It does not understand a query, or answers with something that is no counter.
        """
        for slot in slots:
            # Within quotes these letters are only themselves: no name can end the text and begin another query.
            if not _SLOT.fullmatch(slot):
                raise MetricsInvalid(
                    f"{slot[:64]!r} cannot be asked for.", "Name slots in letters, digits and any of _ . : -"
                )
        at = f"{self._clock().timestamp():.3f}"
        return {slot: self._slot(slot, at) for slot in slots}

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _slot(self, slot: str, at: str) -> Totals:
        requests = self._one(self._queries.requests, slot, at)
        if requests is None:
            if self._one(f"last_over_time(({self._queries.requests})[{_RECENTLY}])", slot, at) is not None:
                # One scrape that fails ends a series. That is no sign that the slot answers nobody.
                raise MetricsUnreachable(
                    f"Prometheus does not reach '{slot}' at the moment.", "Look at it on Prometheus' page of targets."
                )
            return NOTHING
        errors = self._one(self._queries.errors, slot, at) or 0
        return Totals(requests, errors, self._buckets(slot, at) if self._queries.latency else ())

    def _buckets(self, slot: str, at: str) -> tuple[tuple[float, int], ...]:
        found: dict[float, int] = {}
        for labels, value in self._ask(self._queries.latency, slot, at):
            try:
                bound = float(labels["le"])
            except (KeyError, ValueError):
                raise MetricsInvalid(
                    "The query 'latency' gives something that is no bucket.", "Begin it with: sum by (le)"
                ) from None
            if bound in found:
                raise MetricsInvalid("The query 'latency' gives a bucket twice.", "Begin it with: sum by (le)")
            found[bound] = _counter(value, "latency")
        most, rising = 0, []
        for bound, count in sorted(found.items()):
            # Targets that are scraped at different moments may be out of step by some requests.
            most = max(most, count)
            rising.append((bound, most))
        return tuple(rising)

    def _one(self, query: str, slot: str, at: str) -> int | None:
        found = self._ask(query, slot, at)
        if len(found) > 1:
            raise MetricsInvalid(
                f"A query gives {len(found)} numbers for '{slot}' where one is meant: {query[:200]}",
                "Put sum(...) around it.",
            )
        return _counter(found[0][1], query) if found else None

    def _ask(self, query: str, slot: str, at: str) -> list[tuple[Mapping[str, str], float]]:
        """What the query gives: labels and number."""
        params = {"query": query.replace(PLACE, slot), "time": at}
        try:
            answer = self._http.request("GET", self._url, params=params, headers=self._headers())
        except ToolUnreachable as error:
            raise MetricsUnreachable(error.what, error.next_move, retry_after=error.retry_after, sent=False) from error
        return _vector(answer)

    def _headers(self) -> dict[str, str]:
        secret = self._secret.secret() if self._secret is not None else None
        if secret is None:
            return {}
        if not self._user:
            return {"authorization": f"Bearer {secret.reveal()}"}
        pair = base64.b64encode(f"{self._user}:{secret.reveal()}".encode()).decode("ascii")
        return {"authorization": f"Basic {pair}"}


def _vector(answer: Answer) -> list[tuple[Mapping[str, str], float]]:
    try:
        content: Any = answer.json()
    except ValueError:
        content = None
    if answer.status in (401, 403):
        raise MetricsInvalid(f"Prometheus lets nobody in (HTTP {answer.status}).", "Check the secret of the metrics.")
    if answer.status in (400, 422) and isinstance(content, dict):
        raise MetricsInvalid(f"Prometheus said: {_plain(content.get('error'))}", "Correct the query in gainful.toml.")
    if answer.status != 200:
        raise MetricsUnreachable(f"Prometheus has trouble (HTTP {answer.status}).", "Check the url of the metrics.")
    try:
        data = content["data"]
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(dict(one["metric"]), float(one["value"][1])) for one in data["result"]]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise MetricsUnreachable("What answers is no Prometheus.", "Check the url of the metrics.") from error


def _counter(value: float, query: str) -> int:
    if not isfinite(value) or value < 0:
        raise MetricsInvalid(f"{value} is no counter: {query[:200]}", "Ask for a counter that only grows.")
    return round(value)


def _plain(said: object) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in str(said))[:300]
