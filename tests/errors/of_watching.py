"""Reproducers of what watching a release can fail with."""

from __future__ import annotations

from gainful.connectors.haproxy import Control
from gainful.connectors.logs import LogMetrics, Patterns
from gainful.connectors.prometheus import PrometheusMetrics, Queries
from gainful.core.clock import system_clock
from gainful.jobs.deploy.watching import WatchSettings
from gainful.sdk.testing.haproxy import HAProxy
from tests.errors.registry import Place, reproduces


@reproduces("watch-invalid")
def _a_margin_larger_than_what_is_looked_for(place: Place) -> None:
    WatchSettings(margin=0.1, effect=0.01)


@reproduces("metrics-unreachable")
def _no_prometheus(place: Place) -> None:
    queries = Queries('sum(a{slot="{slot}"})', 'sum(b{slot="{slot}"})')
    PrometheusMetrics("http://127.0.0.1:1", queries, system_clock).read(["blue"])


@reproduces("metrics-invalid")
def _a_pattern_that_is_none(place: Place) -> None:
    LogMetrics({"blue": place.path / "blue.log"}, Patterns(request="(", error="x"))


@reproduces("haproxy-unreachable")
def _no_proxy(place: Place) -> None:
    Control(place.path / "control").servers("shop")


@reproduces("haproxy-invalid")
def _a_name_that_is_a_command(place: Place) -> None:
    Control(place.path / "control").set_weight("shop", "blue; shutdown", 0)


@reproduces("haproxy-refused")
def _a_server_that_it_has_not(place: Place) -> None:
    with HAProxy({"blue": 1}) as proxy:
        Control(proxy.socket).set_weight("shop", "red", 0)
