"""A probe against servers on loopback, good and bad."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import inf

import pytest

from gainful.connectors.probe import Probe, ProbeMetrics
from gainful.sdk.metrics import MetricsInvalid
from gainful.sdk.testing.web_server import Reply, WebServer


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        running.replies["/blue"] = Reply(body=b"all is well")
        running.replies["/green"] = Reply(500, body=b"all is well")
        yield running


def probe(server: WebServer, **settings: float | str) -> ProbeMetrics:
    return ProbeMetrics(
        {"blue": f"{server.origin}/blue", "green": f"{server.origin}/green"},
        Probe(**{"each": 3, **settings}),  # type: ignore[arg-type]
    )


def test_it_counts_what_each_slot_answers(server: WebServer) -> None:
    source = probe(server)
    read = source.read(["blue", "green"])
    assert [(one.requests, one.errors, one.buckets[-1]) for one in read.values()] == [
        (3, 0, (inf, 3)),
        (3, 3, (inf, 3)),
    ]
    assert source.read(["blue"])["blue"].requests == 6
    assert [seen.path for seen in server.seen[:4]] == ["/blue", "/green", "/blue", "/green"]
    source.close()
    source.close()


@pytest.mark.parametrize("status", [302, 404, 429, 503])
def test_what_counts_as_an_error(server: WebServer, status: int) -> None:
    server.replies["/blue"] = Reply(status, {"location": "/green"} if status == 302 else {})
    source = probe(server)
    assert source.read(["blue"])["blue"].errors == 3
    source.close()


def test_the_text_of_a_good_answer(server: WebServer) -> None:
    source = probe(server, contains="is broken")
    assert source.read(["blue"])["blue"].errors == 3
    source.close()


def test_nobody_there_is_an_error_without_a_time() -> None:
    source = ProbeMetrics({"blue": "http://127.0.0.1:1/"}, Probe(each=3))
    read = source.read(["blue"])["blue"]
    assert (read.requests, read.errors, read.buckets) == (1, 1, ())
    source.close()


def test_one_that_hangs_is_waited_for_once_a_round(server: WebServer) -> None:
    never = threading.Event()
    server.replies["/green"] = Reply(wait=never)
    source = probe(server, seconds=1.5)
    read = source.read(["green", "blue"])
    never.set()
    assert (read["green"].requests, read["green"].errors, read["blue"].requests) == (1, 1, 3)
    source.close()


def test_an_answer_without_end_is_an_error(server: WebServer) -> None:
    server.replies["/blue"] = Reply(body=b"x" * 2_000_000)
    source = probe(server)
    assert source.read(["blue"])["blue"].errors == 3
    source.close()


@pytest.mark.parametrize("settings", [{"each": 0}, {"each": 10_000}, {"seconds": 0}, {"seconds": 1e9}])
def test_probes_that_ask_too_much(server: WebServer, settings: dict[str, float]) -> None:
    with pytest.raises(MetricsInvalid):
        probe(server, **settings)


def test_a_slot_without_a_url(server: WebServer) -> None:
    with pytest.raises(MetricsInvalid):
        probe(server).read(["red"])


@pytest.mark.parametrize("url", ["", "blue", "ftp://127.0.0.1/", "http://127.1/", "http://ada@127.0.0.1/"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(MetricsInvalid):
        ProbeMetrics({"blue": url})
