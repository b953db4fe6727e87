"""The passages that have to do with some words come first, and each can be read on from where it begins."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.files import FileStore
from gainful.connectors.files import search as module
from gainful.connectors.files.search import LONGEST, Hits, search

LEAVE = """# Leave

Everybody has 30 days of leave in a year. Ask your lead two weeks before.

# Illness

Call before nine. From the third day on bring a note from your doctor.

# Travel

Trains go second class. Keep every receipt.
"""


def found(words: str, files: Iterable[tuple[str, str]], limit: int = 5) -> Hits:
    return search(words, [(path, text.encode()) for path, text in files], limit)


def test_the_passage_that_answers_comes_first() -> None:
    files = [("h/a.md", LEAVE), ("h/b.md", "The printer is on the third floor.\n")]
    for words, heading in (
        ("How many days of leave do I have?", "# Leave"),
        ("doctor's note", "# Illness"),
        ("RECEIPTS for a train", "# Travel"),
    ):
        hits = found(words, files)
        assert hits.found[0].text.startswith(heading), words
        assert hits.found[0].path == "h/a.md"
    assert (hits.files, hits.cut) == (2, False)
    assert found("where are the printers", files).found[0].path == "h/b.md"


def test_what_nobody_wrote_about_is_not_found() -> None:
    assert found("submarine", [("a", LEAVE)]).found == []
    assert found("", [("a", LEAVE)]).found == []
    assert found("?!", [("a", LEAVE)]).found == []


def test_letters_of_every_language_are_words() -> None:
    files = [("a", "Der Schlüssel liegt beim Pförtner."), ("b", "休暇は年に三十日です。"), ("c", "Другой текст")]
    assert found("SCHLÜSSEL", files).found[0].path == "a"
    assert found("休暇は年に三十日です", files).found[0].path == "b"
    assert found("текста", files).found[0].path == "c"


def test_equals_come_in_the_order_of_the_files_and_no_more_than_asked_for() -> None:
    files = [(str(number), "the same words") for number in range(10)]
    assert [one.path for one in found("same words", files, 3).found] == ["0", "1", "2"]


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    files = [(str(number), "meeting meeting meeting room") for number in range(20)]
    hits = found("meeting about zebra", [*files, ("z", "one zebra in a meeting and much more text around it")])
    assert hits.found[0].path == "z"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=900), max_size=8))
def test_a_passage_begins_where_it_says(parts: list[str]) -> None:
    text = "\n\n".join([*parts, "needle 🙂 needle", *parts])
    hits = found("needle", [("a", text)], 20)
    assert hits.found
    for passage in hits.found:
        assert text.encode()[passage.start :].decode().startswith(passage.text)
        assert 0 < len(passage.text) <= LONGEST


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=5000))
def test_passages_leave_nothing_out(text: str) -> None:
    passages = [passage.text for passage in module._passages("a", text.encode())]
    if "\0" not in text:
        assert "".join("".join(passages).split()) == "".join(text.split())


def test_a_text_without_paragraphs_is_cut_between_words() -> None:
    hits = found("needle", [("a", "word " * 3000 + "needle " + "word " * 3000)])
    (passage,) = hits.found
    assert passage.text.startswith("word")
    assert len(passage.text) <= LONGEST
    assert found("xxxx", [("a", "x" * 100_000)]).found == []


def test_there_is_a_measure_of_files_and_octets() -> None:
    many = ((str(number), b"word") for number in range(module.MOST_FILES + 5))
    hits = search("word", many, 1)
    assert (hits.files, hits.cut) == (module.MOST_FILES, True)
    large = ((str(number), b"x" * 1024 * 1024) for number in range(40))
    assert search("word", large, 1).cut


def test_what_is_no_text_is_passed_over(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    (notes / "a" / "b").mkdir(parents=True)
    (notes / "a" / "b" / "c.md").write_text("needle")
    (notes / "picture").write_bytes(b"\x89PNG needle")
    (notes / "nul").write_bytes(b"needle\0")
    (notes / ".hidden").write_text("needle")
    (notes / "link").symlink_to("/etc/hostname")
    (notes / "large").write_text("needle " * 200_000)
    os.mkfifo(notes / "pipe")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "d").write_text("needle")
    store = FileStore({"notes": notes, "other": tmp_path / "other"}, tmp_path / "kept")
    assert [one.path for one in search("needle", store.files(), 9).found] == ["notes/a/b/c.md", "other/d"]
    assert [one.path for one in search("needle", store.files("notes/a"), 9).found] == ["notes/a/b/c.md"]


def test_folders_in_one_another_without_end_are_left(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a").write_text("needle")
    assert list(FileStore({"notes": tmp_path}, tmp_path / "kept").files()) == []
