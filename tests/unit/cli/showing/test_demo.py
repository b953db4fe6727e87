"""A demo leaves nothing behind, also when something it had started writes to the last."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from gainful.cli.showing.demo import _passing_folder


def test_its_folder_is_gone_also_where_a_program_puts_a_last_file(monkeypatch: pytest.MonkeyPatch) -> None:
    late, delete = ["one", "two"], shutil.rmtree

    def crossed(path: Path, **how: Any) -> None:
        delete(path / "home")
        if late:
            (path / "home").mkdir()
            (path / "home" / late.pop()).touch()
            return
        delete(path, **how)

    with _passing_folder() as place:
        (place / "home").mkdir()
        monkeypatch.setattr(shutil, "rmtree", crossed)
    assert not place.exists()
    assert not late


def test_what_cannot_be_deleted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    delete = shutil.rmtree

    def refused(_path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise OSError(39, "Directory not empty", "home")

    monkeypatch.setattr("gainful.cli.showing.demo._MOMENT", 0)
    with pytest.raises(OSError, match="not empty"), _passing_folder() as place:
        monkeypatch.setattr(shutil, "rmtree", refused)
    delete(place)
