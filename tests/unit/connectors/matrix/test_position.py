"""The file that says what was heard already."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.connectors.matrix.errors import PositionDamaged
from gainful.connectors.matrix.position import Position


def test_it_is_kept_for_each_account(tmp_path: Path) -> None:
    one, other = Position(tmp_path / "new", ("https://a", "@x:a")), Position(tmp_path / "new", ("https://a", "@y:a"))
    assert one.read() == ""
    one.keep("s1")
    one.keep("s2")
    assert Position(tmp_path / "new", ("https://a", "@x:a")).read() == "s2"
    assert other.read() == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"since": 7}', b'{"since": ""}', b'{"other": "s1"}', b"\xff"])
def test_a_damaged_one_is_a_persons_matter(tmp_path: Path, content: bytes) -> None:
    position = Position(tmp_path, ("a",))
    position.file.write_bytes(content)
    with pytest.raises(PositionDamaged, match="does not say"):
        position.read()
    assert position.file.read_bytes() == content


def test_what_a_killed_process_left_half_written_is_no_matter(tmp_path: Path) -> None:
    position = Position(tmp_path, ("a",))
    position.keep("s1")
    position.file.with_suffix(".new").write_text("{", encoding="utf-8")
    assert position.read() == "s1"
    position.keep("s2")
    assert position.read() == "s2"
