"""Reproducers of what can go wrong with a single run."""

from __future__ import annotations

from gainful.app import Gainful
from gainful.app.agent.trials import Trials
from gainful.connectors.otlp import Exporter
from tests.errors.registry import Place, reproduces
from tests.unit.app.tracing.collector import Collector
from tests.unit.web import handbook


@reproduces("no-such-run")
def _a_run_that_is_not_there(place: Place) -> None:
    with place.app() as app:
        app.run_control.resume("zzzz")


@reproduces("traces-refused")
def _a_collector_that_cannot_use_them(place: Place) -> None:
    with Collector() as collector:
        collector.status = 400
        Exporter(collector.endpoint, {}, "1").export([])


@reproduces("no-such-input")
def _an_input_that_was_not_recorded(place: Place) -> None:
    with place.app() as app:
        app.trials.begin("helper", "zzz", enabled=False, person="ann")


@reproduces("trial-uncapped")
def _a_model_that_costs_and_no_budget(place: Place) -> None:
    with _priced(place, "budget: {run: null, month: null}") as app:
        app.trials.quote("handbook", enabled=False)


@reproduces("trial-dearer")
def _nothing_was_agreed_to(place: Place) -> None:
    with _priced(place) as app:
        handbook.asked(app)
        app.trials.begin("handbook", "o1", enabled=False, person="ann")


@reproduces("trial-under-way")
def _two_trials_of_one_person(place: Place) -> None:
    handbook.lay(place.home, place.path / "notes")
    with place.app() as app:
        handbook.asked(app)
        place.patch.setattr(app.jobs.engine(), "start", lambda *_: None)
        place.patch.setattr(Trials, "is_over", lambda *_: False)
        for _ in range(2):
            app.trials.begin("handbook", "o1", enabled=False, person="ann")


def _priced(place: Place, budget: str = "budget: {run: 0.05}") -> Gainful:
    """A home with an agent whose model costs something, and which has this budget."""
    handbook.lay(place.home, place.path / "notes")
    file = place.home.path / "agents" / "handbook" / "AGENT.md"
    text = handbook.AGENT.replace("budget: {run: 0.05, month: 10}", budget)
    file.write_text(text.replace("scripted:script.yaml", "openai:gpt-5-mini"), encoding="utf-8")
    return place.app()
