"""Sources of metrics by the kind that settings name. Each maker imports its connector when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gainful.app.deploying.services import Means, SourceMaker
from gainful.core.errors import Invalid
from gainful.sdk.metrics import MetricSource
from gainful.storage.settings.services import ServiceSetting


class MetricSettingsInvalid(Invalid):
    """The settings of a source of metrics cannot be used."""

    code = "metric-settings-invalid"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str


class _Proxy(_Settings):
    socket: Path = Path("/run/haproxy/admin.sock")
    backend: str


class _Prometheus(_Settings):
    url: str
    requests: str
    errors: str
    latency: str = ""


class _Probe(_Settings):
    urls: dict[str, str]
    each: int = Field(default=5, ge=1, le=1000)
    seconds: float = Field(default=2.0, gt=0, le=60)
    contains: str = ""


class _Logs(_Settings):
    files: dict[str, Path]
    request: str
    error: str
    duration: str = ""
    unit: float = Field(default=1.0, gt=0)


_Kind = TypeVar("_Kind", bound=_Settings)


def _read(kind: type[_Kind], setting: ServiceSetting) -> _Kind:
    try:
        return kind.model_validate(setting.metrics)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(["metrics", *map(str, first["loc"])])
        known = ", ".join(name for name in kind.model_fields if name != "kind")
        raise MetricSettingsInvalid(
            f"'{where}' of the service '{setting.name}' cannot be used: {first['msg']}.", f"There are: {known}."
        ) from None


def _haproxy(setting: ServiceSetting, _means: Means) -> MetricSource:
    from gainful.connectors.haproxy import Control, ProxyMetrics

    wanted = _read(_Proxy, setting)
    return ProxyMetrics(Control(wanted.socket), wanted.backend)


def _prometheus(setting: ServiceSetting, means: Means) -> MetricSource:
    from gainful.connectors.prometheus import PrometheusMetrics, Queries

    wanted = _read(_Prometheus, setting)
    return PrometheusMetrics(wanted.url, Queries(wanted.requests, wanted.errors, wanted.latency), means.clock)


def _probe(setting: ServiceSetting, _means: Means) -> MetricSource:
    from gainful.connectors.probe import Probe, ProbeMetrics

    wanted = _read(_Probe, setting)
    return ProbeMetrics(wanted.urls, Probe(wanted.each, wanted.seconds, wanted.contains))


def _logs(setting: ServiceSetting, _means: Means) -> MetricSource:
    from gainful.connectors.logs import LogMetrics, Patterns

    wanted = _read(_Logs, setting)
    return LogMetrics(wanted.files, Patterns(wanted.request, wanted.error, wanted.duration, wanted.unit))


SOURCES: dict[str, SourceMaker] = {"prometheus": _prometheus, "haproxy": _haproxy, "probe": _probe, "logs": _logs}
"""Makers by kind."""
