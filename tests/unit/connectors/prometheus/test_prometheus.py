"""Prometheus' API, against the real one, and against answers that it would not give."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from gainful.connectors.prometheus import PrometheusMetrics, Queries
from gainful.core.clock import system_clock
from gainful.sdk.metrics import NOTHING, MetricsInvalid, MetricsUnreachable, Totals
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.prometheus import Prometheus
from gainful.sdk.testing.web_server import Reply, WebServer
from tests.fixtures.waiting import GIVEN_UP

QUERIES = Queries(
    requests='sum(shop_requests_total{slot="{slot}"})',
    errors='sum(shop_requests_total{slot="{slot}",status=~"5.."})',
    latency='sum by (le) (shop_request_seconds_bucket{slot="{slot}"})',
)
METRICS = b"""\
# TYPE shop_requests_total counter
shop_requests_total{status="200"} 90
shop_requests_total{status="500"} 10
# TYPE shop_request_seconds histogram
shop_request_seconds_bucket{le="0.1"} 60
shop_request_seconds_bucket{le="0.5"} 95
shop_request_seconds_bucket{le="+Inf"} 100
shop_request_seconds_count 100
shop_request_seconds_sum 9
"""
WHOLE = Totals(100, 10, ((0.1, 60), (0.5, 95), (float("inf"), 100)))


@pytest.fixture(scope="module")
def slots() -> Iterator[tuple[WebServer, WebServer]]:
    with WebServer() as blue, WebServer() as green:
        yield blue, green


@pytest.fixture(scope="module")
def prometheus(slots: tuple[WebServer, WebServer]) -> Iterator[Prometheus]:
    slots[0].replies["/metrics"] = Reply(headers={"content-type": "text/plain; version=0.0.4"}, body=METRICS)
    slots[1].replies["/metrics"] = Reply(500)
    ports = {name: int(one.origin.rpartition(":")[2]) for name, one in zip(("blue", "green"), slots, strict=True)}
    with Prometheus(ports) as running:
        yield running


def until(ask: Callable[[], Totals | str], right: Callable[[Totals | str], bool]) -> Totals | str:
    """What is answered once it is right; a scrape takes up to a second."""
    end = time.monotonic() + GIVEN_UP
    while not right(found := ask()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_counters_and_buckets_are_read(prometheus: Prometheus) -> None:
    source = PrometheusMetrics(prometheus.origin, QUERIES, system_clock)
    assert until(lambda: source.read(["blue"])["blue"], lambda found: found == WHOLE) == WHOLE
    # Never reached, and so without a series: no traffic yet.
    assert source.read(["green"])["green"] == NOTHING
    source.close()


def test_a_slot_that_cannot_be_scraped_any_more_is_not_silent(
    prometheus: Prometheus, slots: tuple[WebServer, WebServer]
) -> None:
    source = PrometheusMetrics(f"{prometheus.origin}/", QUERIES, system_clock)
    until(lambda: source.read(["blue"])["blue"], lambda found: found == WHOLE)
    working = slots[0].replies["/metrics"]
    slots[0].replies["/metrics"] = Reply(500)

    def ask() -> str:
        try:
            return str(source.read(["blue"]))
        except MetricsUnreachable as error:
            return error.what

    try:
        told = until(ask, lambda found: "not reach" in str(found))
        assert told == "Prometheus does not reach 'blue' at the moment."
    finally:
        slots[0].replies["/metrics"] = working
    assert until(ask, lambda found: "not reach" not in str(found)) == str({"blue": WHOLE})
    source.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('sum(shop_requests_total{slot="{slot}"}', "Prometheus said:"),
        ('shop_requests_total{slot="{slot}"}', "gives 2 numbers for 'blue'"),
        ('0/sum(0*shop_requests_total{slot="{slot}"})', "is no counter"),
        ('-sum(shop_requests_total{slot="{slot}"})', "is no counter"),
    ],
)
def test_queries_that_cannot_be_meant(prometheus: Prometheus, query: str, said: str) -> None:
    good = PrometheusMetrics(prometheus.origin, QUERIES, system_clock)
    until(lambda: good.read(["blue"])["blue"], lambda found: found == WHOLE)
    good.close()
    source = PrometheusMetrics(prometheus.origin, Queries(query, QUERIES.errors), system_clock)
    with pytest.raises(MetricsInvalid) as caught:
        source.read(["blue"])
    assert said in caught.value.what
    source.close()


def test_buckets_without_a_bound(prometheus: Prometheus) -> None:
    queries = Queries(QUERIES.requests, QUERIES.errors, 'sum(shop_request_seconds_bucket{slot="{slot}"})')
    source = PrometheusMetrics(prometheus.origin, queries, system_clock)
    with pytest.raises(MetricsInvalid):
        source.read(["blue"])
    source.close()


@pytest.mark.parametrize("slot", ["", 'blue"} or vector(1) #', "blue\\", "a b", "x" * 65, "blue\n", "{slot}"])
def test_names_that_would_be_queries(slot: str) -> None:
    source = PrometheusMetrics("http://127.0.0.1:1", QUERIES, system_clock)
    with pytest.raises(MetricsInvalid):
        source.read([slot])


@pytest.mark.parametrize(
    ("requests", "errors", "latency"),
    [
        ("sum(x)", QUERIES.errors, ""),
        ("sum({slot})", QUERIES.errors, ""),
        (QUERIES.requests, "", ""),
        (QUERIES.requests, QUERIES.errors, "sum by (le) (x)"),
    ],
)
def test_queries_that_ask_for_all_slots(requests: str, errors: str, latency: str) -> None:
    with pytest.raises(MetricsInvalid):
        Queries(requests, errors, latency)


def said(result: object, kind: str = "vector") -> Reply:
    return Reply(body=json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>"), Reply(body=b"[]"), Reply(body=b"{}"), Reply(500), Reply(404), Reply(503),
        said([{"metric": {}}]), said([{"metric": {}, "value": [1, "many"]}]), said(7), Reply(body=b"[" * 100_000),
        Reply(cut=0),
    ],
)  # fmt: skip
def test_something_else_at_the_url(reply: Reply) -> None:
    with WebServer() as server:
        server.replies["/api/v1/query"] = reply
        source = PrometheusMetrics(server.origin, QUERIES, system_clock)
        with pytest.raises(MetricsUnreachable):
            source.read(["blue"])
        source.close()


def test_signing_in() -> None:
    with WebServer() as server:
        server.replies["/prom/api/v1/query"] = lambda seen: said([1, "7"], "scalar")
        held = Handle.of(Secret("metrics:shop", "a-long-token"))
        queries = Queries(QUERIES.requests, QUERIES.errors)
        bearer = PrometheusMetrics(f"{server.origin}/prom", queries, system_clock, secret=held)
        assert bearer.read(["blue"]) == {"blue": Totals(7, 7)}
        basic = PrometheusMetrics(f"{server.origin}/prom", queries, system_clock, user="ada", secret=held)
        basic.read(["blue"])
        sent = [seen.headers["authorization"] for seen in server.seen]
        assert sent == ["Bearer a-long-token"] * 2 + ["Basic YWRhOmEtbG9uZy10b2tlbg=="] * 2
        server.replies["/prom/api/v1/query"] = Reply(401)
        with pytest.raises(MetricsInvalid):
            basic.read(["blue"])
        bearer.close()
        basic.close()


def test_nobody_at_the_url() -> None:
    source = PrometheusMetrics("http://127.0.0.1:1", QUERIES, system_clock)
    with pytest.raises(MetricsUnreachable):
        source.read(["blue"])
    source.close()


@pytest.mark.parametrize("url", ["", "prometheus:9090", "ftp://127.0.0.1/", "http://ada@127.0.0.1/"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(MetricsInvalid):
        PrometheusMetrics(url, QUERIES, system_clock)
