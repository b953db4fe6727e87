"""Reproducers of what wakes agents."""

from __future__ import annotations

from pathlib import Path

from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking import file_watch
from gainful.app.waking.dispatch import Dispatch
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.runs.cron import Cron
from gainful.storage.agents.occurrence_store import OccurrenceStore
from gainful.storage.database import open_database
from tests.errors.registry import Place, reproduces


@reproduces("cron-invalid")
def _a_twenty_sixth_hour(place: Place) -> None:
    Cron("0 25 * * *", "UTC")


@reproduces("trigger-invalid")
def _a_mistyped_kind(place: Place) -> None:
    triggers_from([{"on": "mentoin"}])


@reproduces("folder-too-full")
def _more_files_than_can_be_watched(place: Place) -> None:
    place.patch.setattr(file_watch, "MOST_FILES", 1)
    folder = place.path / "handbook"
    folder.mkdir()
    for name in ("a.md", "b.md"):
        (folder / name).touch()
    _look_for_files(place, folder)


def _look_for_files(place: Place, folder: Path) -> None:
    """One look by a dispatcher that does not keep trouble to itself."""

    def complain(error: GainfulError) -> None:
        raise error

    database = open_database(place.path / "gainful.sqlite")
    try:
        dispatch = Dispatch(OccurrenceStore(database), lambda _: None, system_clock, complain)
        agent = WakeableAgent("handbook", "ada", triggers_from([{"on": "file", "path": "handbook"}]))
        file_watch.FileWatch(dispatch, {"handbook": folder}, lambda *_: 0).look([agent])
    finally:
        database.dispose()
