"""Sends spans to a collector over OTLP/HTTP.

    exporter = Exporter("https://collector.example.org/v1/traces", {"authorization": handle}, "1.2.0")
    exporter.export(spans).rejected        # how many the collector did not want

Source: OpenTelemetry, "OTLP Specification", section "OTLP/HTTP"; the messages are OpenTelemetry's own.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from gainful.core.errors import Refused
from gainful.core.span import Attribute, Span
from gainful.sdk.egress import Egress, EgressUnreachable, parse
from gainful.sdk.http import HttpClient, Limits
from gainful.sdk.secret import Handle

LIMITS = Limits(connect=3.0, read=10.0, total=20.0, size=1024 * 1024, redirects=0)
UNUSABLE = frozenset({400, 413, 422})
"""Statuses that the same spans would get again."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TracesRefused(Refused):
    """A collector does not take these spans, now or ever."""

    code = "traces-refused"


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of sending.

    Args:
        rejected: Spans that the collector says it did not take.
    """

    rejected: int = 0


class Exporter:
    """Sends spans to one address. Not thread-safe.

    Args:
        headers: By name; their values are secrets.
        version: Of Gainful, for the collector.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, Handle], version: str) -> None:
        self._endpoint = endpoint
        self._headers = headers
        self._version = version
        # A collector is the company's own more often than not, so it may be in its network, and without TLS.
        origin = parse(endpoint).origin
        self._egress = Egress(methods=frozenset({"POST"}), private_ok=frozenset({origin}))

    def export(self, spans: Sequence[Span]) -> Exported:
        """What came of sending these spans.

        Raises:
            TracesRefused: The collector would not take them another time either.
            EgressUnreachable: It cannot be reached, or wants them later.
            EgressRefused, EgressUntrusted, EgressTooLarge: As they say.
        """
        body = gzip.compress(_request(spans, self._version).SerializeToString(), mtime=0)
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        for name, handle in self._headers.items():
            secret = handle.secret()
            if secret is None:
                raise EgressUnreachable(
                    f"There is no value for the header '{name}' of traces.",
                    f"Store it: gainful secrets set {handle.name}",
                    sent=False,
                )
            headers[name] = secret.reveal()
        with HttpClient(self._egress, limits=LIMITS, user_agent=f"gainful/{self._version}") as http:
            answer = http.request("POST", self._endpoint, headers=headers, content=body)
        if answer.status in UNUSABLE:
            raise TracesRefused(
                f"The collector refused {len(spans)} spans (HTTP {answer.status}).",
                "They are left out. See the collector's log for why.",
            )
        if not 200 <= answer.status < 300:
            raise EgressUnreachable(
                f"The collector answered {answer.status}.",
                "Check `endpoint` and `headers` under [traces] in gainful.toml; the spans are kept meanwhile.",
                sent=True,
            )
        return Exported(_rejected(answer.body))


def _rejected(body: bytes) -> int:
    message = ExportTraceServiceResponse()
    try:
        message.ParseFromString(body)
    except DecodeError:
        # It said yes; in which words is its own affair.
        return 0
    return int(message.partial_success.rejected_spans)


# --- messages ---------------------------------------------------------------------------------------------------------


def _request(spans: Sequence[Span], version: str) -> Any:
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.extend(_attributes({"service.name": "gainful", "service.version": version}))
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "gainful", version
    scope.spans.extend(map(_message, spans))
    return message


def _message(span: Span) -> Any:
    message = Message(
        trace_id=bytes.fromhex(span.trace),
        span_id=bytes.fromhex(span.id),
        parent_span_id=bytes.fromhex(span.parent),
        name=span.name,
        kind=Message.SPAN_KIND_CLIENT if span.outward else Message.SPAN_KIND_INTERNAL,
        start_time_unix_nano=_nanoseconds(span.begun_at),
        end_time_unix_nano=_nanoseconds(span.ended_at),
        attributes=_attributes(span.attributes),
        status=Status(code=Status.STATUS_CODE_ERROR if span.failed else Status.STATUS_CODE_UNSET),
    )
    for one in span.happenings:
        message.events.add(name=one.name, time_unix_nano=_nanoseconds(one.at), attributes=_attributes(one.attributes))
    return message


def _attributes(found: Mapping[str, Attribute]) -> list[Any]:
    return [KeyValue(key=name, value=_value(value)) for name, value in sorted(found.items())]


def _value(value: Attribute) -> Any:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, tuple):
        return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=one) for one in value]))
    return AnyValue(string_value=value)


def _nanoseconds(at: datetime) -> int:
    since = at - _EPOCH
    # By whole numbers: a float has no room for microseconds this long after 1970.
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
