"""Reproducers of what can go wrong around the loop."""

from __future__ import annotations

from gainful.connectors.llm.scripted import ScriptedDialogue
from tests.errors.registry import Place, reproduces


@reproduces("script-invalid")
def _a_script_that_is_not_there(place: Place) -> None:
    ScriptedDialogue(place.path / "none.yaml")


@reproduces("nothing-to-judge")
def _a_run_of_nobody(place: Place) -> None:
    with place.app() as app:
        app.judging.by_hand("zzzz", "ada", good=True)
