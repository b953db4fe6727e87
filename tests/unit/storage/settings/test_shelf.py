"""What services were given beside their files is kept for comparing, and no deployment depends on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gainful.storage.settings.shelf import MOST, SettingsShelf


@pytest.fixture
def shelf(tmp_path: Path) -> SettingsShelf:
    return SettingsShelf(tmp_path / "services")


def test_what_was_kept_comes_back(shelf: SettingsShelf, tmp_path: Path) -> None:
    assert shelf.kept("shop", "sha256:aa") is None
    assert shelf.keep("shop", "sha256:aa", {"/etc/shop.toml": {"digest": "1", "lines": ["a = 1"]}})
    assert shelf.keep("shop", "sha256:aa", {"never": "written"})
    assert shelf.kept("shop", "sha256:aa") == {"/etc/shop.toml": {"digest": "1", "lines": ["a = 1"]}}
    assert shelf.kept("other", "sha256:aa") is None
    (file,) = (tmp_path / "services" / "shop").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("aa.json", 0o600)


def test_what_was_damaged_counts_as_not_kept(shelf: SettingsShelf, tmp_path: Path) -> None:
    shelf.keep("shop", "sha256:aa", {})
    (tmp_path / "services" / "shop" / "aa.json").write_bytes(b"{\xff")
    assert shelf.kept("shop", "sha256:aa") is None


def test_the_oldest_goes_and_what_is_used_stays(shelf: SettingsShelf, tmp_path: Path) -> None:
    folder = tmp_path / "services" / "shop"
    for number in range(MOST):
        shelf.keep("shop", f"sha256:{number}", {})
        os.utime(folder / f"{number}.json", (number, number))
    shelf.keep("shop", "sha256:0", {})
    shelf.keep("shop", "sha256:new", {})
    assert {file.stem for file in folder.iterdir()} == {"0", "new", *map(str, range(2, MOST))}


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "services").write_text("in the way")
    assert not SettingsShelf(tmp_path / "services").keep("shop", "sha256:aa", {})


def test_half_of_it_is_never_left(shelf: SettingsShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert not shelf.keep("shop", "sha256:aa", {})
    assert list((tmp_path / "services" / "shop").iterdir()) == []
