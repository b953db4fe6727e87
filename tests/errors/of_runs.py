"""Reproducers of what can go wrong with a single run."""

from __future__ import annotations

from tests.errors.registry import Place, reproduces


@reproduces("no-such-run")
def _a_run_that_is_not_there(place: Place) -> None:
    with place.app() as app:
        app.run_control.resume("zzzz")
