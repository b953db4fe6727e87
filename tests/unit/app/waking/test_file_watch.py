"""Files that change: by what they hold, once they have rested, and nobody else's."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from gainful.app.waking import file_watch
from gainful.storage.agents.occurrence_store import OccurrenceState
from gainful.storage.database import transaction
from gainful.storage.schema import object_labels
from tests.unit.app.wakers import NOON, World


class Shelf:
    """A folder that agents wait for, and the world around it."""

    def __init__(self, database: Engine, path: Path) -> None:
        self.folder = path / "handbook"
        self.folder.mkdir()
        self.world = World(database, {"handbook": self.folder})

    def write(self, name: str, text: str) -> None:
        """At the time that the world's clock shows."""
        (self.folder / name).write_text(text)
        at = self.world.now.timestamp()
        os.utime(self.folder / name, (at, at))

    def look(self) -> list[dict[str, Any]]:
        """What changed files wake within three seconds."""
        for _ in range(3):
            self.world.after(seconds=1).dispatcher.files()
        return [dict(occurrence.about) for occurrence in self.world.taken()]

    def paths(self) -> list[str]:
        return [about["path"] for about in self.look()]


@pytest.fixture
def shelf(database: Engine, tmp_path: Path) -> Shelf:
    return Shelf(database, tmp_path)


def waits(shelf: Shelf, **trigger: Any) -> None:
    shelf.world.agent({"on": "file", "path": "handbook", **trigger})
    assert shelf.look() == []


def test_another_content_wakes_once(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    shelf.write("a.md", "two")
    (about,) = shelf.look()
    assert (about["path"], about["change"]) == ("handbook/a.md", "changed")
    assert shelf.look() == []


def test_the_same_content_at_another_time_wakes_nobody(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    shelf.write("a.md", "one")
    assert shelf.look() == []


def test_what_becomes_again_what_it_was_has_changed_twice(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    shelf.write("a.md", "two")
    assert shelf.paths() == ["handbook/a.md"]
    shelf.write("a.md", "one")
    assert shelf.paths() == ["handbook/a.md"]


def test_a_file_that_is_being_written_is_left_alone_until_it_rests(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    for number in range(5):
        shelf.write("a.md", "two" * number)
        shelf.world.after(seconds=0.9).dispatcher.files()
    assert shelf.world.taken() == []
    assert len(shelf.look()) == 1


def test_the_first_sight_of_a_file_is_no_change(shelf: Shelf) -> None:
    waits(shelf)
    shelf.write("a.md", "one")
    assert shelf.look() == []
    shelf.write("a.md", "two")
    assert shelf.paths() == ["handbook/a.md"]


def test_new_files_count_for_who_waits_for_them_but_not_those_that_were_there(shelf: Shelf) -> None:
    shelf.write("old.md", "one")
    waits(shelf, new=True)
    shelf.write("a.md", "one")
    (about,) = shelf.look()
    assert (about["path"], about["change"]) == ("handbook/a.md", "new")


def test_a_file_that_is_gone_for_a_while_comes_again_as_the_same(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    (shelf.folder / "a.md").unlink()
    assert shelf.look() == []
    shelf.write("a.md", "one")
    assert shelf.look() == []
    (shelf.folder / "a.md").unlink()
    shelf.look()
    shelf.write("a.md", "two")
    assert shelf.paths() == ["handbook/a.md"]


def test_only_what_the_trigger_names(shelf: Shelf) -> None:
    (shelf.folder / "below").mkdir()
    for name in ("a.md", "a.txt", ".a.md", "below/a.md"):
        shelf.write(name, "one")
    waits(shelf, pattern="*.md")
    for name in ("a.md", "a.txt", ".a.md", "below/a.md"):
        shelf.write(name, "two")
    assert shelf.paths() == ["handbook/a.md"]


def test_a_folder_below_can_be_named(shelf: Shelf) -> None:
    (shelf.folder / "below").mkdir()
    shelf.write("below/a.md", "one")
    shelf.world.agent({"on": "file", "path": "handbook/below"})
    assert shelf.look() == []
    shelf.write("below/a.md", "two")
    assert shelf.paths() == ["handbook/below/a.md"]


def test_links_lead_nowhere(shelf: Shelf, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("one")
    (shelf.folder / "a.md").symlink_to(secret)
    os.mkfifo(shelf.folder / "pipe")
    waits(shelf, new=True)
    secret.write_text("two")
    (shelf.folder / "b.md").symlink_to(secret)
    assert shelf.look() == []


def test_what_changed_while_nobody_looked_wakes_all_the_same(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    shelf.write("a.md", "two")
    shelf.world.after(hours=5)
    shelf.world.dispatcher = shelf.world.process()
    assert shelf.paths() == ["handbook/a.md"]


def test_two_processes_start_each_change_once(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    both = [shelf.world.dispatcher, shelf.world.process()]
    for number in range(3):
        shelf.write("a.md", f"{number}")
        for _ in range(3):
            shelf.world.after(seconds=1)
            for each in both:
                each.files()
    assert len(shelf.world.taken()) == 3


def test_a_clock_that_is_set_back_loses_no_change(shelf: Shelf) -> None:
    shelf.write("a.md", "one")
    waits(shelf)
    shelf.write("a.md", "two")
    shelf.world.after(seconds=1).dispatcher.files()
    shelf.world.after(hours=-2)
    assert shelf.paths() == ["handbook/a.md"]


def test_a_trigger_for_another_folder_begins_anew(shelf: Shelf) -> None:
    (shelf.folder / "below").mkdir()
    shelf.write("a.md", "one")
    shelf.write("below/a.md", "one")
    waits(shelf, name="files")
    shelf.world.agents.clear()
    shelf.world.agent({"on": "file", "path": "handbook/below", "name": "files", "new": True})
    assert shelf.look() == []


@pytest.mark.parametrize(
    ("path", "code"), [("nowhere", "file-path-invalid"), ("handbook/gone", "file-missing"), ("..", "file-path-invalid")]
)
def test_a_folder_that_is_not_there_is_told_once_and_looked_for_again(shelf: Shelf, path: str, code: str) -> None:
    shelf.world.agent({"on": "file", "path": path})
    shelf.look()
    shelf.look()
    assert [error.code for error in shelf.world.complaints] == [code]
    if path == "handbook/gone":
        (shelf.folder / "gone").mkdir()
        shelf.look()
        shelf.write("gone/a.md", "one")
        shelf.look()
        shelf.write("gone/a.md", "two")
        assert shelf.paths() == ["handbook/gone/a.md"]


def test_more_files_than_can_be_watched_are_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "MOST_FILES", 2)
    for name in "abc":
        shelf.write(name, "one")
    shelf.world.agent({"on": "file", "path": "handbook"})
    shelf.look()
    assert [error.code for error in shelf.world.complaints] == ["folder-too-full"]


def test_a_large_file_is_told_by_size_and_time(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "LARGEST", 2)
    shelf.write("a.md", "one")
    waits(shelf)
    assert shelf.look() == []
    shelf.write("a.md", "one")
    assert shelf.paths() == ["handbook/a.md"]


def test_what_is_remembered_of_files_that_are_gone_is_bounded(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "MOST_FILES", 3)
    waits(shelf, new=True)
    for number in range(12):
        shelf.write(f"{number}.md", "one")
        assert len(shelf.look()) == 1
        (shelf.folder / f"{number}.md").unlink()
    mark = shelf.world.store.mark("handbook", "file handbook/*")
    assert mark is not None
    assert len(mark.state["files"]) <= 4


def test_agents_that_write_for_each_other_come_to_an_end(shelf: Shelf, database: Engine) -> None:
    waits(shelf, new=True)
    row = {"object": "file:handbook/a.md", "label": "{}", "run_id": "a run", "at": ""}
    hops = 0
    with transaction(database) as connection:
        connection.execute(insert(object_labels), [row])
    for number in range(5):
        shelf.write("a.md", f"{number}")
        with transaction(database) as connection:
            connection.exec_driver_sql(
                "UPDATE object_labels SET at = ?, run_id = ?", (shelf.world.now.isoformat(), row["run_id"])
            )
        for _ in range(3):
            shelf.world.after(seconds=1).dispatcher.files()
        for occurrence in shelf.world.taken():
            hops = occurrence.hops
            record = shelf.world.store.find(occurrence.id)
            assert record is not None
            row["run_id"] = record.run_id
    assert hops == 2
    states = [record.state for record in shelf.world.store.recent("handbook")]
    assert (states.count(OccurrenceState.STARTED), states.count(OccurrenceState.REFUSED)) == (2, 3)
    # A person's change is a person's again.
    shelf.world.after(minutes=1)
    shelf.write("a.md", "by hand")
    assert shelf.paths() == ["handbook/a.md"]
    assert shelf.world.now > NOON + timedelta(minutes=1)
