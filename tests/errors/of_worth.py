"""Reproducers of what facts, telemetry and the books of worth can fail with."""

from __future__ import annotations

import gzip
import sys
from datetime import UTC, datetime

from gainful.app.books.telemetry import Telemetry
from gainful.app.worth import Role, Viewer
from gainful.core.clock import system_clock
from gainful.core.fact import Agent, Claim, Person, WorkItem
from gainful.core.fact_json import fact_from
from gainful.intake.otlp.request import PROTOBUF, decoded
from gainful.intake.otlp.rpc import RpcServer
from tests.errors.registry import Place, reproduces

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@reproduces("fact-invalid")
def _a_fact_without_a_zone(place: Place) -> None:
    fact_from({"kind": "verdict", "at": "2026-11-02T09:00:00", "work_item": "T-1", "by": "ann", "accepted": True})


@reproduces("nothing-reported")
def _worth_of_nothing(place: Place) -> None:
    with place.app() as app:
        app.worth.tell()


@reproduces("months-unknown")
def _worth_of_a_month_of_which_nothing_is_known(place: Place) -> None:
    with place.app() as app:
        app.worth.months.chosen(app.viewer, NOW.date(), NOW.date())


@reproduces("item-unknown")
def _an_item_that_nobody_reported(place: Place) -> None:
    with place.app() as app:
        app.outcomes.show("T-404")


@reproduces("finding-unknown")
def _a_finding_that_is_none(place: Place) -> None:
    with place.app() as app:
        app.facts.append([Person(at=NOW, id="ann", team="shop")], "test")
        app.worth.finding("zz")


@reproduces("not-drawn")
def _a_verdict_on_what_was_not_drawn(place: Place) -> None:
    with place.app() as app:
        app.looks.verdict("T-1", "ann", passed=True)


@reproduces("not-blind")
def _a_verdict_on_work_of_ones_own(place: Place) -> None:
    with place.app() as app:
        facts = [
            Person(at=NOW, id="bo", team="shop"),
            Agent(at=NOW, id="helper", owner="bo", team="shop"),
            WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann"),
            Claim(at=NOW, work_item="T-1", claimant="helper"),
        ]
        app.facts.append(facts, "test")
        app.looks.plant("T-1", passed=True)
        app.looks.verdict("T-1", "bo", passed=True)


@reproduces("not-yours")
def _somebody_elses_row(place: Place) -> None:
    with place.app() as app:
        app.worth.of("ann", Viewer("bo", Role.EMPLOYEE))


@reproduces("telemetry-invalid")
def _telemetry_that_is_none(place: Place) -> None:
    decoded("traces", b"\xff\xff\xff", PROTOBUF, "", 1000)


@reproduces("telemetry-too-large")
def _telemetry_that_unpacks_to_much(place: Place) -> None:
    decoded("logs", gzip.compress(bytes(1_000_000)), PROTOBUF, "gzip", 1000)


@reproduces("telemetry-unknown")
def _telemetry_in_another_form(place: Place) -> None:
    decoded("metrics", b"", "text/xml", "", 1000)


@reproduces("telemetry-forbidden")
def _telemetry_without_a_token(place: Place) -> None:
    with place.app() as app:
        Telemetry(app.telemetry, lambda _token: False, system_clock, 1000, open_=False).admit("Bearer guessed")


@reproduces("rpc-missing")
def _grpc_without_its_library(place: Place) -> None:
    place.patch.setitem(sys.modules, "grpc", None)
    RpcServer("127.0.0.1:0", lambda _given: "", lambda *_request: b"", 1000)
