"""The same telemetry over gRPC, by the real library."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from gainful.core.errors import Unavailable
from gainful.intake.otlp.request import PROTOBUF, TelemetryInvalid, answered
from gainful.intake.otlp.rpc import RpcMissing, RpcServer
from tests.unit.intake.test_otlp import traces

SPANS = traces({"gen_ai__operation__name": "chat"})


class Door:
    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, str, str, str]] = []
        self.raises: Exception | None = None

    def export(self, *request: Any) -> bytes:
        if self.raises is not None:
            raise self.raises
        self.taken.append(request)
        return answered("traces", PROTOBUF, rejected=len(self.taken) - 1)

    def admit(self, given: str) -> str:
        from gainful.app.books.telemetry import TelemetryForbidden

        if given != "Bearer secret":
            raise TelemetryForbidden("No.", "Send a token.")
        return "ann@example.org"


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def stub(door: Door) -> Iterator[Any]:
    server = RpcServer("127.0.0.1:0", door.admit, door.export, 10_000)
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield TraceServiceStub(channel)
    server.stop()


def test_spans_come_through_as_they_were_sent(door: Door, stub: Any) -> None:
    for rejected, compression in enumerate((grpc.Compression.NoCompression, grpc.Compression.Gzip)):
        answer = stub.Export(SPANS, metadata=[("authorization", "Bearer secret")], compression=compression)
        assert answer.partial_success.rejected_spans == rejected
    assert door.taken == 2 * [("traces", SPANS.SerializeToString(), "application/x-protobuf", "", "ann@example.org")]


@pytest.mark.parametrize(
    ("raised", "token", "wanted"),
    [
        (None, "wrong", grpc.StatusCode.UNAUTHENTICATED),
        (Unavailable("The disk is full.", "Make room."), "Bearer secret", grpc.StatusCode.UNAVAILABLE),
        (TelemetryInvalid("It is none.", "Look."), "Bearer secret", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_what_is_not_taken_says_why(door: Door, stub: Any, raised: Any, token: str, wanted: Any) -> None:
    door.raises = raised
    with pytest.raises(grpc.RpcError) as failed:
        stub.Export(SPANS, metadata=[("authorization", token)])
    assert failed.value.code() is wanted
    assert door.taken == []


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "grpc":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RpcMissing) as raised:
        RpcServer("127.0.0.1:0", lambda _: "", lambda *_: b"", 1)
    assert "gainful[grpc]" in raised.value.next_move
