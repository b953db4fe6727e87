"""Reads the body of an OTLP/HTTP request: protobuf or JSON, packed or not, and no larger than is taken; and answers it.

Source: opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Request" and "JSON Protobuf Encoding".
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from google.protobuf.json_format import MessageToJson, ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from gainful.core.errors import Invalid
from gainful.core.telemetry import Signal

REQUESTS: dict[str, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
RESPONSES: dict[str, tuple[type[Message], str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records"),
}
PROTOBUF, JSON = "application/x-protobuf", "application/json"

_HEX = frozenset({"traceId", "spanId", "parentSpanId"})
"""Fields that OTLP's JSON writes as hex, and protobuf's JSON as base 64."""
_DEEPEST = 64


class TelemetryInvalid(Invalid):
    """A request of telemetry cannot be read; sending it again does not help."""

    code = "telemetry-invalid"


class TelemetryTooLarge(Invalid):
    """A request of telemetry unpacks to more than is taken."""

    code = "telemetry-too-large"


class TelemetryUnknown(Invalid):
    """A request of telemetry is in a form that is not read."""

    code = "telemetry-unknown"


def decoded(signal: Signal, body: bytes, kind: str, encoding: str, largest: int) -> Any:
    """The request that a body holds.

    Args:
        kind: Its content type.
        encoding: Its content encoding; empty or `identity`: it is not packed.
        largest: Octets that it may unpack to.

    Raises:
        TelemetryUnknown: The type or the encoding is another one.
        TelemetryTooLarge: It is larger than that.
        TelemetryInvalid: It does not hold such a request.
    """
    name = kind.partition(";")[0].strip().lower()
    if name not in (PROTOBUF, JSON):
        raise TelemetryUnknown(f"'{name[:60]}' is not read here.", f"Send {PROTOBUF} or {JSON}.")
    plain = _unpacked(body, encoding.strip().lower(), largest)
    request: Any = REQUESTS[signal]()
    try:
        if name == PROTOBUF:
            request.ParseFromString(plain)
        else:
            ParseDict(_as_protobuf(json.loads(plain)), request, ignore_unknown_fields=True)
    except (DecodeError, ParseError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise TelemetryInvalid(
            f"The body holds no OTLP {signal}: {type(error).__name__}.", "Check the exporter's protocol and path."
        ) from None
    return request


def answered(signal: Signal, kind: str, rejected: int) -> bytes:
    """The body of the answer to a request that was taken, in the form that the request had.

    Args:
        rejected: What of it cannot be used, so that sending it again does not help.
    """
    made, count = RESPONSES[signal]
    response: Any = made()
    if rejected:
        setattr(response.partial_success, count, rejected)
        response.partial_success.error_message = "Some have no id, or count what cannot be."
    if kind.partition(";")[0].strip().lower() == JSON:
        return str(MessageToJson(response, indent=None)).encode()
    return bytes(response.SerializeToString())


def _unpacked(body: bytes, encoding: str, largest: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise TelemetryUnknown(f"The encoding '{encoding[:40]}' is not read here.", "Send it plain, or as gzip.")
    machine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = machine.decompress(body, largest + 1)
    except zlib.error:
        raise TelemetryInvalid("The body is not gzip although it says so.", "Check the exporter.") from None
    if len(plain) > largest:
        raise TelemetryTooLarge(
            f"The body unpacks to more than {largest} octets.", "Let the exporter send smaller batches."
        )
    if not machine.eof:
        raise TelemetryInvalid("The body is cut off.", "Check the exporter.")
    return plain


def _as_protobuf(found: Any, depth: int = 0) -> Any:
    """OTLP's JSON with its ids as protobuf's JSON has them."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(found, dict):
        return {
            name: base64.b64encode(bytes.fromhex(value)).decode()
            if name in _HEX and isinstance(value, str)
            else _as_protobuf(value, depth + 1)
            for name, value in found.items()
        }
    if isinstance(found, list):
        return [_as_protobuf(one, depth + 1) for one in found]
    return found
