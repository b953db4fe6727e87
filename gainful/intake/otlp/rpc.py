"""OTLP over gRPC, for exporters that speak nothing else. Needs the extra `gainful[grpc]`.

server = RpcServer("127.0.0.1:4317", admit, export, largest)
server.start(); ...; server.stop()
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gainful.core.errors import GainfulError, Refused, Unavailable
from gainful.core.telemetry import Signal
from gainful.intake.otlp.request import PROTOBUF

SERVICES: dict[Signal, str] = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
}
AT_ONCE = 8
GOODBYE = 5.0

Export = Callable[[Signal, bytes, str, str, str], bytes]
"""Books a request by its signal, body, content type, encoding and whose token it had, and answers it; durable when it
returns."""


class RpcMissing(Unavailable):
    """The library for gRPC is not installed."""

    code = "rpc-missing"


class RpcServer:
    """Listens from `start` to `stop`.

    Args:
        address: `HOST:PORT`.
        admit: Raises where the `authorization` that came with a request may not send; else whose it is, where that
            is one person's alone.
        largest: Octets of a request.
    """

    def __init__(self, address: str, admit: Callable[[str], str], export: Export, largest: int) -> None:
        try:
            import grpc
        except ImportError:
            raise RpcMissing(
                "Telemetry over gRPC needs a library that is not installed.",
                "Install it with `pip install 'gainful[grpc]'`, or let exporters use http/protobuf.",
            ) from None
        self._grpc: Any = grpc
        self._admit = admit
        self._book = export
        self._server = grpc.server(
            ThreadPoolExecutor(AT_ONCE),
            options=[("grpc.max_receive_message_length", largest)],
            maximum_concurrent_rpcs=2 * AT_ONCE,
        )
        for signal, service in SERVICES.items():
            self._server.add_generic_rpc_handlers((self._handler(signal, service),))
        self.port: int = self._server.add_insecure_port(address)

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """End what is under way, and listen no more."""
        self._server.stop(GOODBYE).wait()

    def _handler(self, signal: Signal, service: str) -> Any:
        # Bytes in and bytes out: the messages are read where those of HTTP are.
        export = self._grpc.unary_unary_rpc_method_handler(lambda body, context: self._export(signal, body, context))
        return self._grpc.method_handlers_generic_handler(service, {"Export": export})

    def _export(self, signal: Signal, body: bytes, context: Any) -> bytes:
        codes = self._grpc.StatusCode
        sent = {name.lower(): value for name, value in context.invocation_metadata()}
        try:
            person = self._admit(str(sent.get("authorization", "")))
            return self._book(signal, body, PROTOBUF, "", person)
        except Refused as error:
            context.abort(codes.UNAUTHENTICATED, str(error))
        except Unavailable as error:
            context.abort(codes.UNAVAILABLE, error.what)
        except GainfulError as error:
            context.abort(codes.INVALID_ARGUMENT, str(error))
        raise AssertionError("abort raises")
