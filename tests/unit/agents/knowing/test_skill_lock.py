"""What was looked at is kept, all of it or none, and what differs from it is not handed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.agents.knowing.skill import read_skill
from gainful.agents.knowing.skill_lock import (
    SkillChanged,
    SkillLock,
    SkillLockInvalid,
    SkillUnpinned,
    check_pinned,
    lock_of,
    read_lock,
    write_lock,
)
from tests.unit.agents.knowing.test_skill import lay


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    skill = read_skill(lay(tmp_path))
    lock = lock_of({"tickets": skill})
    write_lock(tmp_path / "skills.lock", lock)
    again = read_lock(tmp_path / "skills.lock")
    assert again == lock
    assert again.pins == {"tickets": skill.digest}
    assert again.digest == lock.digest
    assert (tmp_path / "skills.lock").read_text().startswith("# Skills as somebody has looked at them.")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_names_of_files_are_kept_whatever_they_are(tmp_path: Path) -> None:
    lock = SkillLock({"a": {'odd "name" [x].md': "ab", "ünïcode": "cd", "tab\\t": "ef"}})
    write_lock(tmp_path / "skills.lock", lock)
    assert read_lock(tmp_path / "skills.lock") == lock


def test_without_a_file_nothing_is_pinned(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "skills.lock").pins == {}


@pytest.mark.parametrize("content", [b"\xff", b"[tickets", b"tickets = 1\n", b"[tickets]\na = 1\n"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "skills.lock").write_bytes(content)
    with pytest.raises(SkillLockInvalid, match="is damaged"):
        read_lock(tmp_path / "skills.lock")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "skills.lock").mkdir()
    with pytest.raises(SkillLockInvalid, match="cannot be read"):
        read_lock(tmp_path / "skills.lock")


def test_only_what_was_looked_at_is_handed_on(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    skill = read_skill(folder)
    lock = lock_of({"tickets": skill})
    check_pinned(skill, lock.pins, "handbook")
    with pytest.raises(SkillUnpinned) as unpinned:
        check_pinned(skill, {}, "handbook")
    assert unpinned.value.next_move == "Look at it, and pin it: gainful agent skills handbook --pin"
    (folder / "references" / "form.md").write_text("Otherwise.\n")
    (folder / "new.md").write_text("New.\n")
    other = read_skill(folder)
    with pytest.raises(SkillChanged):
        check_pinned(other, lock.pins, "handbook")
    assert lock.changes(other) == ["+ new.md", "~ references/form.md"]
    (folder / "references" / "form.md").unlink()
    assert lock.changes(read_skill(folder)) == ["+ new.md", "- references/form.md"]
