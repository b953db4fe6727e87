"""A collector on loopback that reads every request with OpenTelemetry's own messages."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """Takes traces until `with` ends. `status` and `rejected` say what it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.rejected = 0
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
                collector.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = ExportTraceServiceResponse()
                if collector.status == 200:
                    message = ExportTraceServiceRequest()
                    message.ParseFromString(body)
                    collector.bodies.append(body)
                    collector.requests.append(message)
                    answer.partial_success.rejected_spans = collector.rejected
                told = answer.SerializeToString()
                self.send_response(collector.status)
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def endpoint(self) -> str:
        """Where it takes traces."""
        return f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self) -> list[Any]:
        """Every span so far."""
        return [
            span
            for request in self.requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


def attributes(one: Any) -> dict[str, Any]:
    """The attributes of a span, an event or a resource."""
    found: dict[str, Any] = {}
    for pair in one.attributes:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        found[pair.key] = [each.string_value for each in value.values] if kind == "array_value" else value
    return found


def texts(body: bytes) -> Iterator[str]:
    """Every run of printable characters in a request, for what must not be in it."""
    yield body.decode("latin-1")
