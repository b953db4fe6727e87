"""Reproducers of what lists of people, and asking for what is kept about somebody, can fail with."""

from __future__ import annotations

from gainful.intake.people import read_people
from tests.errors.registry import Place, reproduces


@reproduces("people-invalid")
def _a_list_without_a_column_of_ids(place: Place) -> None:
    file = place.path / "people.csv"
    file.write_text("name,team\nann,shop\n", encoding="utf-8")
    read_people(file, {})


@reproduces("person-unknown")
def _somebody_whom_nobody_reported(place: Place) -> None:
    with place.app() as app:
        app.privacy.forget("nobody@example.org")
