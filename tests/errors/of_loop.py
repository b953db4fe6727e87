"""Reproducers of what can go wrong around the loop."""

from __future__ import annotations

from gainful.cli.agents.agent_run import _read
from gainful.connectors.llm.scripted import ScriptedDialogue
from tests.errors.registry import Place, reproduces


@reproduces("script-invalid")
def _a_script_that_is_not_there(place: Place) -> None:
    ScriptedDialogue(place.path / "none.yaml")


@reproduces("nothing-to-judge")
def _a_run_of_nobody(place: Place) -> None:
    with place.app() as app:
        app.judging.by_hand("zzzz", "ada", good=True)


@reproduces("no-model")
def _an_agent_that_names_none(place: Place) -> None:
    with place.app() as app:
        app.models.dialogue("helper", "", place.path, "run1", lambda: app.guards.guard("helper"), {})


@reproduces("input-invalid")
def _a_recorded_input_that_is_not_there(place: Place) -> None:
    _read(place.path / "none.json")
