"""What a page shows of a file stands in that file: a block after `<!-- file: PATH -->` is a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_examples import PAGES, ROOT, Block, blocks

SHOWN = [(page, block) for page in PAGES for block in blocks(page) if block.said("file") is not None]


@pytest.mark.parametrize(("page", "block"), SHOWN, ids=lambda one: getattr(one, "stem", getattr(one, "line", "")))
def test_it_stands_in_the_file(page: Path, block: Block) -> None:
    file = ROOT / str(block.said("file"))
    assert block.text in file.read_text(encoding="utf-8"), f"{page}:{block.line}"


def test_some_are_shown() -> None:
    assert len(SHOWN) >= 5
