"""Reproducers of what goes wrong with reports to a team's server."""

from __future__ import annotations

from datetime import UTC, datetime

from gainful.app.remote import Remote
from gainful.app.reporting.exporter import Exporter
from gainful.intake.reports.binding import read
from gainful.sdk.secret import Secret
from gainful.sdk.testing.web_server import Reply, WebServer
from tests.errors.registry import Place, reproduces


def _sent(reply: Reply) -> None:
    with WebServer() as server:
        server.replies["/v1/traces"] = reply
        with Exporter(Remote("report", server.origin, Secret("report", "a-token"))) as exporter:
            exporter.send(b"{}")


@reproduces("report-off")
def _nobody_to_report_to(place: Place) -> None:
    with place.app() as app:
        app.reporting.send()


@reproduces("report-refused")
def _a_token_that_is_not_known(place: Place) -> None:
    _sent(Reply(401, {}, b'{"message": "Telemetry is taken from those alone who have a token."}'))


@reproduces("report-unreachable")
def _a_server_that_is_busy(place: Place) -> None:
    _sent(Reply(503, {"retry-after": "5"}))


@reproduces("report-invalid")
def _a_report_in_somebody_elses_name(_place: Place) -> None:
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    verdict = {"kind": "verdict", "work_item": "mail:" + "a" * 32, "by": "bo@example.org", "accepted": True}
    read({**verdict, "at": now.isoformat(), "key": "k"}, now)
