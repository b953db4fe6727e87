"""Reproducers of what importing usage can fail with."""

from __future__ import annotations

from gainful.app.books.importing_logs import ImportingLogs
from gainful.intake.logs.codex import FORMAT
from tests.errors.registry import Place, reproduces


@reproduces("nothing-to-import")
def _logs_that_are_not_there(place: Place) -> None:
    with place.app() as app:
        ImportingLogs(app.facts, app.marks, app.prices, "ann", app.clock).files(FORMAT, [])
