"""Writing a file, killed at each line: the file is whole, what became of it is told rightly, nothing is left over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gainful.connectors.files import FileStore
from gainful.connectors.files.store import Written
from tests.crash.lines import dies_at

FILES = ("connectors/files/store.py", "connectors/files/kept.py", "connectors/files/folder.py")
OLD, NEW = "old\n" * 1000, "new\n" * 2000


def opened(home: Path) -> FileStore:
    return FileStore({"notes": home / "notes"}, home / "kept")


def write(home: Path, *, append: bool) -> Written:
    return opened(home).write("k1", "notes/sub/a", NEW, append=append)


@pytest.mark.parametrize(("existed", "append"), [(True, True), (False, False)], ids=["adding to one", "a new one"])
def test_a_write_killed_at_each_line(tmp_path: Path, existed: bool, append: bool) -> None:
    before = OLD if existed else ""
    after = (before if append else "") + NEW
    line = happened = 0
    while True:
        line += 1
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        (home / "notes" / "sub").mkdir(parents=True)
        file = home / "notes" / "sub" / "a"
        if existed:
            file.write_text(OLD)
        if not dies_at(line, FILES, lambda home=home: write(home, append=append)):  # type: ignore[misc]
            break
        content = file.read_text() if file.exists() else ""
        assert content in (before, after), f"half a file at line {line}"
        found = opened(home).found("k1", "notes/sub/a")
        assert isinstance(found, Written) == (content == after), f"a wrong tale at line {line}"
        assert [one.name for one in (home / "notes" / "sub").iterdir()] in ([], ["a"]), f"litter at line {line}"
        if isinstance(found, Written):
            happened += 1
        else:
            # It certainly did not happen, so it is done again: once.
            assert found is False, f"a riddle at line {line}"
            found = write(home, append=append)
        assert file.read_text() == after
        assert [one.name for one in (home / "kept").glob("*.new")] == [], f"litter at line {line}"
        assert opened(home).undo(found.undo) == "notes/sub/a"
        assert (file.read_text() if file.exists() else "") == before
    assert line > 60
    assert 3 < happened < line


def test_taking_back_killed_at_each_line(tmp_path: Path) -> None:
    line = 0
    while True:
        line += 1
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        (home / "notes" / "sub").mkdir(parents=True)
        file = home / "notes" / "sub" / "a"
        file.write_text(OLD)
        undo = write(home, append=False).undo
        if not dies_at(line, FILES, lambda home=home, undo=undo: opened(home).undo(undo)):  # type: ignore[misc]
            break
        assert file.read_text() in (OLD, NEW), f"half a file at line {line}"
        opened(home).undo(undo)
        assert file.read_text() == OLD
        assert [one.name for one in (home / "notes" / "sub").iterdir()] == ["a"]
    assert line > 30
