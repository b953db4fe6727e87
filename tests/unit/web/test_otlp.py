"""Telemetry over the wire: what was answered with 200 is kept, and everything else says what to do."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from gainful.app import Gainful
from gainful.app.books.telemetry import Sent, Telemetry, Tokens
from gainful.core.errors import GainfulError, Unavailable
from gainful.intake.otlp.request import PROTOBUF
from gainful.sdk.secret import Secret
from gainful.storage.settings.config import Home
from gainful.storage.settings.web import Server
from gainful.web import otlp
from gainful.web.otlp import TelemetryDoor
from gainful.web.server import WebServer, is_loopback
from gainful.web.signature import is_one_of
from tests.fixtures.waiting import eventually
from tests.unit.intake.test_otlp import traces

SPANS = traces({"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 8}).SerializeToString()
TOKEN = "a-long-random-token"
HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": PROTOBUF}
LARGEST = 100_000


class Site:
    """A server that takes telemetry, and requests to it."""

    def __init__(self, app: Gainful) -> None:
        self.app = app
        self.complaints: list[GainfulError] = []
        tokens = Tokens(app.secrets.names, app.broker, app.clock)
        self.telemetry = Telemetry(
            app.telemetry, lambda given: is_one_of(given, tokens.all()), app.clock, LARGEST, open_=False
        )
        self.door = TelemetryDoor(self.telemetry, self.complaints.append, LARGEST)
        self.server = WebServer(Server(port=None), [self.door.route()])

    def post(self, body: bytes = SPANS, path: str = "/v1/traces", **headers: str) -> tuple[int, dict[str, str], bytes]:
        host = self.server.address.removeprefix("http://")
        link = http.client.HTTPConnection(host, timeout=120)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            link.request("POST", path, body, {**HEADERS, **named})
            answer = link.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            link.close()

    @property
    def calls(self) -> int:
        from datetime import date

        return sum(one.calls for one in self.app.usage.spent("model", date(2026, 1, 1), date(2027, 1, 1)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Gainful.open(Home(tmp_path / "home")) as app:
        app.secrets.put("intake:laptops", Secret("intake:laptops", TOKEN))
        made = Site(app)
        with made.server:
            yield made


def test_spans_are_kept_once_however_often_they_come(site: Site) -> None:
    for _ in range(3):
        status, headers, body = site.post()
        assert (status, headers["content-type"], body) == (200, PROTOBUF, b"")
    assert site.calls == 1
    assert site.post(gzip.compress(SPANS), content_encoding="gzip")[0] == 200
    assert site.calls == 1


def span_of(number: int) -> bytes:
    request = traces({"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": number})
    request.resource_spans[0].scope_spans[0].spans[0].span_id = number.to_bytes(8)
    body: bytes = request.SerializeToString()
    return body


def test_many_at_once_are_written_together_and_answered_each_by_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, export_all = list[int](), site.telemetry.export_all

    def held(requests: Sequence[Sent]) -> Any:
        together.append(len(requests))
        if len(together) == 1:
            # The first is not done before all others wait for it.
            assert eventually(lambda: len(site.door._waiting) == 21 - together[0])
        return export_all(requests)

    monkeypatch.setattr(site.telemetry, "export_all", held)
    bodies = [b"\xff" * 9 if number % 5 == 0 else span_of(number) for number in range(1, 21)]
    # One of them twice, as an exporter sends it that lost patience.
    with ThreadPoolExecutor(21) as senders:
        statuses = list(senders.map(lambda body: site.post(body)[0], [*bodies, bodies[0]]))
    assert statuses == [*([200] * 4 + [400]) * 4, 200]
    assert (site.calls, sum(together), len(together)) == (16, 21, 2)


def test_a_request_that_breaks_us_keeps_out_no_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    take = site.app.telemetry.take

    def broken(contents: Any) -> Any:
        if any(fact.tokens.fresh == 13 for one in contents for group in one.reported for fact in group.facts):
            raise KeyError("unlucky")
        return take(contents)

    monkeypatch.setattr(site.app.telemetry, "take", broken)
    answers = site.telemetry.export_all([Sent("traces", span_of(number), PROTOBUF, "") for number in (12, 13, 14)])
    assert [type(answer) for answer in answers] == [bytes, KeyError, bytes]
    assert site.calls == 2


def test_json_is_answered_in_json(site: Site) -> None:
    status, headers, body = site.post(b"{}", content_type="application/json")
    assert (status, headers["content-type"], body) == (200, "application/json", b"{}")
    status, _, body = site.post(b"[", content_type="application/json")
    assert (status, "no OTLP traces" in json.loads(body)["message"]) == (400, True)


def test_what_cannot_be_used_is_told_and_the_rest_is_kept(site: Site) -> None:
    request = traces(*3 * [{"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 8}])
    for span in request.resource_spans[0].scope_spans[0].spans[:2]:
        span.span_id = b""
    status, _, body = site.post(request.SerializeToString())
    told = ExportTraceServiceResponse.FromString(body).partial_success
    assert (status, told.rejected_spans, bool(told.error_message), site.calls) == (200, 2, True, 1)
    as_json = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "00" * 16, "spanId": "ab" * 8}]}]}]})
    _, _, body = site.post(as_json.encode(), content_type="application/json")
    assert json.loads(body)["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("change", "body", "path", "wanted"),
    [
        ({"authorization": ""}, SPANS, "/v1/traces", 401),
        ({"authorization": "Bearer wrong"}, SPANS, "/v1/traces", 401),
        ({"authorization": f"Basic {TOKEN}"}, SPANS, "/v1/traces", 401),
        ({"origin": "http://127.0.0.1:8787"}, SPANS, "/v1/traces", 403),
        ({"content_type": "text/plain"}, SPANS, "/v1/traces", 415),
        ({"content_encoding": "br"}, SPANS, "/v1/traces", 415),
        ({"content_encoding": "gzip"}, SPANS, "/v1/traces", 400),
        ({}, b"\xff" * 20, "/v1/logs", 400),
        ({}, bytes(LARGEST + 1), "/v1/metrics", 413),
        ({"content_encoding": "gzip"}, gzip.compress(bytes(10 * LARGEST)), "/v1/traces", 413),
        ({}, SPANS, "/v1/profiles", 404),
    ],
)
def test_what_is_not_taken_says_why(site: Site, change: dict[str, str], body: bytes, path: str, wanted: int) -> None:
    assert site.post(body, path, **change)[0] == wanted
    assert site.calls == 0
    assert site.complaints == []


def test_a_token_that_was_taken_back_is_worth_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.post()[0] == 200
    site.app.secrets.delete("intake:laptops")
    monkeypatch.setattr("gainful.app.books.telemetry.LOOKED_UP", timedelta(0))
    assert site.post()[0] == 401


def test_a_database_that_is_away_asks_for_it_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("The disk is full.", "Make room.", retry_after=timedelta(seconds=7))

    monkeypatch.setattr(site.app.telemetry, "take", away)
    status, headers, body = site.post()
    assert (status, headers["retry-after"]) == (503, "7")
    # A google.rpc.Status with its message.
    assert body == b"\x12\x11The disk is full."


def test_a_fault_of_ours_is_told_to_the_owner_and_not_to_the_sender(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("a name that is nobody's business")

    monkeypatch.setattr(site.app.telemetry, "take", broken)
    status, _, body = site.post()
    assert (status, b"business" in body, len(site.complaints)) == (503, False, 1)


def test_too_many_at_once_are_told_to_come_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "AT_ONCE", 0)
    status, headers, _ = site.post()
    assert (status, headers["retry-after"]) == (429, "5")


def test_only_this_machine_may_be_open() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.1.2.3", "example.org")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_a_persons_own_token_tells_of_that_person_alone(tmp_path: Path) -> None:
    from gainful.app.console import Role, Scope

    with Gainful.open(Home(tmp_path / "home")) as app:
        app.access.add("bo@example.org", Role.EMPLOYEE, None, "olga@example.org")
        life = timedelta(days=1)
        own, reads = (
            app.access.add_token(scope, "bo@example.org", [scope], life, "olga@example.org")
            for scope in (Scope.REPORT, Scope.READ)
        )
        telemetry = Telemetry(
            app.telemetry, lambda _given: False, app.clock, LARGEST, open_=False, person_of=app.access.reporter
        )
        assert telemetry.admit(f"Bearer {own}") == "bo@example.org"
        with pytest.raises(GainfulError):
            telemetry.admit(f"Bearer {reads}")
        said = traces(
            {"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 8, "user__id": "ann@example.org"}
        )
        telemetry.export("traces", said.SerializeToString(), PROTOBUF, "", telemetry.admit(f"Bearer {own}"))
        assert app.directory.pseudonym("bo@example.org")
        assert app.directory.pseudonym("ann@example.org") == ""
