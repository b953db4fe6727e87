"""Reproducers of what can go wrong with a single run."""

from __future__ import annotations

from gainful.connectors.otlp import Exporter
from tests.errors.registry import Place, reproduces
from tests.unit.app.tracing.collector import Collector


@reproduces("no-such-run")
def _a_run_that_is_not_there(place: Place) -> None:
    with place.app() as app:
        app.run_control.resume("zzzz")


@reproduces("traces-refused")
def _a_collector_that_cannot_use_them(place: Place) -> None:
    with Collector() as collector:
        collector.status = 400
        Exporter(collector.endpoint, {}, "1").export([])
