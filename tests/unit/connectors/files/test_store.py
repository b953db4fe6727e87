"""Files below named folders, on a real disk: nothing outside of them, and never half a text."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gainful.connectors.files import FileStore
from gainful.connectors.files.errors import (
    FileChanged,
    FileForbidden,
    FileMissing,
    FilePathInvalid,
    FileStoreUnreachable,
    FileUnusable,
)
from gainful.connectors.files.store import LARGEST, MOST_NAMES, PART, Written


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def store(notes: Path, tmp_path: Path) -> FileStore:
    return FileStore({"notes": notes}, tmp_path / "kept")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def litter(folder: Path) -> list[str]:
    return [name for name in names(folder) if name.startswith(".")]


# --- paths ---


@pytest.mark.parametrize(
    "path",
    [
        "",
        "notes/",
        "/notes/a",
        "/etc/passwd",
        "notes//a",
        "notes/./a",
        "notes/../secret",
        "../secret",
        "notes/a/../../secret",
        "notes/a\0b",
        "notes/a\nb",
        "notes/ a",
        "notes/a ",
        "notes/\ud800",
        "notes/" + "x" * 256,
        "notes/" + "x/" * 500 + "x",
        # Hidden names steer programs, or hold keys.
        "notes/.env",
        "notes/.git/config",
        "notes/.ssh/id",
        "notes/.x/y",
        "elsewhere/a",
        "NOTES/a",
    ],
)
def test_there_is_one_way_to_write_each_path(store: FileStore, notes: Path, path: str) -> None:
    for name in (".env", "a"):
        (notes / name).write_text("x")
    for use in (store.read, store.listing, lambda given: store.write("k", given, "x")):
        with pytest.raises(FilePathInvalid):
            use(path)
    if path:
        with pytest.raises(FilePathInvalid):
            list(store.files(path))
    assert names(notes) == [".env", "a"]


def test_a_folder_is_no_file_and_a_file_no_folder(store: FileStore, notes: Path) -> None:
    (notes / "a").write_text("x")
    (notes / "folder").mkdir()
    with pytest.raises(FileUnusable, match="a folder"):
        store.read("notes")
    with pytest.raises(FileUnusable, match="no ordinary file"):
        store.read("notes/folder")
    with pytest.raises(FileUnusable):
        store.write("k", "notes/folder", "x")
    with pytest.raises(FilePathInvalid):
        store.listing("notes/a")
    with pytest.raises(FilePathInvalid):
        store.write("k", "notes/a/b", "x")


@pytest.fixture
def linked(notes: Path, tmp_path: Path) -> Path:
    """Links of all kinds to what lies outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("a secret")
    (notes / "file").symlink_to(outside / "secret")
    (notes / "folder").symlink_to(outside)
    (notes / "dangling").symlink_to(outside / "new")
    (notes / "up").symlink_to("..")
    (notes / "loop").symlink_to("loop")
    return outside


def test_no_link_leads_out(store: FileStore, linked: Path) -> None:
    for path in ("file", "folder/secret", "dangling", "up/outside/secret", "loop", "folder"):
        with pytest.raises(FilePathInvalid):
            store.read(f"notes/{path}")
        with pytest.raises(FilePathInvalid):
            store.write("k", f"notes/{path}", "mine")
    with pytest.raises(FilePathInvalid):
        store.listing("notes/folder")
    assert store.listing("notes") == []
    assert list(store.files()) == []
    assert (linked / "secret").read_text() == "a secret"
    assert names(linked) == ["secret"]


def test_a_link_that_comes_meanwhile_leads_nowhere(store: FileStore, notes: Path, linked: Path) -> None:
    """A folder that turns into a link and back, thousands of times, while it is read and written."""
    real, link, over = notes / "real", notes / "link", threading.Event()
    real.mkdir()
    (real / "secret").write_text("mine")
    link.symlink_to(linked)

    def swap() -> None:
        while not over.is_set():
            real.rename(notes / "aside")
            link.rename(real)
            real.rename(link)
            (notes / "aside").rename(real)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        seen: set[str] = set()
        number = 0
        # On a slow machine the folder may be there at none of 600 looks.
        while number < 600 or (not seen and number < 100_000):
            number += 1
            try:
                seen.add(store.read("notes/real/secret").text)
                store.write(f"k{number}", "notes/real/secret", "mine", sha("mine"))
            except (FilePathInvalid, FileMissing, FileChanged):
                pass
    finally:
        over.set()
        swapping.join()
    assert seen == {"mine"}
    assert names(linked) == ["secret"]
    assert (linked / "secret").read_text() == "a secret"


def test_what_is_no_ordinary_file_is_not_opened_for_long(store: FileStore, notes: Path) -> None:
    os.mkfifo(notes / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(notes / "socket"))
        for name in ("pipe", "socket"):
            with pytest.raises((FileUnusable, FileForbidden)):
                store.read(f"notes/{name}")
            with pytest.raises((FileUnusable, FileForbidden)):
                store.write("k", f"notes/{name}", "x")
    assert [line["kind"] for line in store.listing("notes")] == ["other", "other"]


# --- reading ---


def test_a_folder_is_listed_without_what_is_hidden(store: FileStore, notes: Path) -> None:
    (notes / "b.txt").write_text("four")
    (notes / "a").mkdir()
    (notes / ".env").write_text("KEY=1")
    (notes / "odd\nname").write_text("x")
    os.write(os.open(os.fsencode(notes) + b"/\xff", os.O_CREAT | os.O_WRONLY), b"x")
    os.utime(notes / "b.txt", (0, 0))
    folder, file = store.listing("notes")
    assert (folder["path"], folder["kind"]) == ("notes/a", "folder")
    assert file == {"path": "notes/b.txt", "kind": "file", "size": 4, "modified": "1970-01-01T00:00:00+00:00"}
    assert store.folders == ["notes"]
    with pytest.raises(FileMissing):
        store.listing("notes/none")


def test_a_listing_has_a_measure(store: FileStore, notes: Path) -> None:
    for number in range(MOST_NAMES + 1):
        (notes / str(number)).touch()
    with pytest.raises(FileUnusable, match="more than"):
        store.listing("notes")


def test_a_long_text_comes_in_parts_that_make_the_whole(store: FileStore, notes: Path) -> None:
    text = "Größe 日本 🙂\n" * 6000
    (notes / "a").write_text(text)
    parts: list[str] = []
    start: int | None = 0
    while start is not None:
        part = store.read("notes/a", start)
        assert len(part.text.encode()) <= PART
        assert (part.sha256, part.size) == (sha(text), len(text.encode()))
        parts.append(part.text)
        start = part.next
    assert "".join(parts) == text
    assert len(parts) == 4


def test_where_a_part_can_begin(store: FileStore, notes: Path) -> None:
    (notes / "a").write_text("aü")
    assert store.read("notes/a", 1).text == "ü"
    assert store.read("notes/a", 3).text == ""
    for wrong in (-1, 4):
        with pytest.raises(FileUnusable, match="octets"):
            store.read("notes/a", wrong)
    with pytest.raises(FileUnusable, match="where a letter begins"):
        store.read("notes/a", 2)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"abc\x00def", b"\x89PNG\r\n\x1a\n", "ü".encode("latin-1") * 9])
def test_what_is_no_text_is_not_read(store: FileStore, notes: Path, content: bytes) -> None:
    (notes / "a").write_bytes(content)
    with pytest.raises(FileUnusable, match="no text"):
        store.read("notes/a")


def test_an_empty_file_is_an_empty_text(store: FileStore, notes: Path) -> None:
    (notes / "a").touch()
    assert store.read("notes/a").text == ""
    assert store.read("notes/a").next is None


def test_a_file_without_measure_is_not_read(store: FileStore, notes: Path) -> None:
    with (notes / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileUnusable, match="more than"):
        store.read("notes/a")


# --- writing ---


def test_what_is_written_is_there_whole_with_its_folders(store: FileStore, notes: Path) -> None:
    written = store.write("k1", "notes/a/b/c.txt", "Größe\n")
    assert (notes / "a/b/c.txt").read_text() == "Größe\n"
    assert (written.sha256, written.size) == (sha("Größe\n"), 8)
    assert stat.S_IMODE((notes / "a/b/c.txt").stat().st_mode) & 0o022 == 0
    assert litter(notes / "a/b") == []


def test_a_file_keeps_its_rights_but_none_to_run_it_as_somebody_else(store: FileStore, notes: Path) -> None:
    (notes / "a").write_text("old")
    (notes / "a").chmod(0o4750)
    store.write("k1", "notes/a", "new")
    assert stat.S_IMODE((notes / "a").stat().st_mode) == 0o750


def test_another_name_of_the_same_file_outside_keeps_its_text(store: FileStore, notes: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("old")
    os.link(tmp_path / "outside", notes / "a")
    store.write("k1", "notes/a", "new")
    assert (tmp_path / "outside").read_text() == "old"


def test_only_what_was_read_is_replaced(store: FileStore, notes: Path) -> None:
    (notes / "a").write_text("old")
    with pytest.raises(FileChanged):
        store.write("k1", "notes/a", "new", sha("other"))
    assert (notes / "a").read_text() == "old"
    store.write("k1", "notes/a", "new", sha("old"))
    assert (notes / "a").read_text() == "new"
    with pytest.raises((FileChanged, FileMissing)):
        store.write("k2", "notes/b/c", "new", sha("old"))
    assert not (notes / "b").exists()


def test_adding_makes_the_file_and_adds(store: FileStore, notes: Path) -> None:
    store.write("k1", "notes/a", "one\n", append=True)
    store.write("k2", "notes/a", "two\n", append=True)
    assert (notes / "a").read_text() == "one\ntwo\n"


def test_texts_that_cannot_be_are_refused(store: FileStore, notes: Path) -> None:
    for text in ("a\0b", "\ud800", "x" * (LARGEST + 1)):
        with pytest.raises(FileUnusable):
            store.write("k1", "notes/a", text)
    store.write("k2", "notes/a", "x" * LARGEST)
    with pytest.raises(FileUnusable):
        store.write("k3", "notes/a", "y", append=True)
    assert (notes / "a").read_text() == "x" * LARGEST


def test_many_who_add_at_once_lose_nothing(store: FileStore, notes: Path, tmp_path: Path) -> None:
    stores = [store, *(FileStore({"notes": notes}, tmp_path / "kept") for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            pool.submit(stores[number % 4].write, f"k{number}", "notes/a", f"{number}\n", append=True)
    assert sorted(map(int, (notes / "a").read_text().split())) == list(range(40))


def test_copies_are_for_their_owner_alone(store: FileStore, notes: Path, tmp_path: Path) -> None:
    (notes / "a").write_text("old")
    store.write("k1", "notes/a", "new")
    kept = tmp_path / "kept"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept.iterdir()} == {0o600}
    assert len(list(kept.iterdir())) == 2


# --- what became of it ---


def test_a_write_is_found_again(store: FileStore, notes: Path) -> None:
    assert store.found("k1", "notes/a") is False
    written = store.write("k1", "notes/a", "text")
    assert store.found("k1", "notes/a") == written
    assert store.found("k2", "notes/a") is False
    (notes / "a").write_text("somebody else's")
    assert store.found("k1", "notes/a") is True
    (notes / "a").unlink()
    # It was not there before either: whether it was written and deleted, or never written, comes to the same.
    assert store.found("k1", "notes/a") is False


def test_a_note_that_is_damaged_proves_nothing(store: FileStore, tmp_path: Path) -> None:
    written = store.write("k1", "notes/a", "text")
    for damage in ("{", "[]", '{"path": 1}'):
        (tmp_path / "kept" / f"{written.undo}.json").write_text(damage)
        assert store.found("k1", "notes/a") is True


def test_adding_is_found_by_what_the_file_becomes(store: FileStore, notes: Path) -> None:
    store.write("k1", "notes/a", "one\n", append=True)
    assert isinstance(store.found("k1", "notes/a"), Written)
    store.write("k2", "notes/a", "two\n", append=True)
    assert isinstance(store.found("k2", "notes/a"), Written)
    # k1 was under k2's text: nobody can tell from the file any more.
    assert store.found("k1", "notes/a") is True


# --- taking back ---


def test_a_write_is_taken_back(store: FileStore, notes: Path) -> None:
    (notes / "a").write_text("old")
    (notes / "a").chmod(0o640)
    written = store.write("k1", "notes/a", "new")
    assert store.undo(written.undo) == "notes/a"
    assert (notes / "a").read_text() == "old"
    assert stat.S_IMODE((notes / "a").stat().st_mode) == 0o640
    assert store.undo(written.undo) == "notes/a"
    assert (notes / "a").read_text() == "old"


def test_a_file_that_was_new_is_gone_again(store: FileStore, notes: Path) -> None:
    written = store.write("k1", "notes/b/a", "new")
    store.undo(written.undo)
    assert names(notes / "b") == []


def test_what_somebody_changed_since_stays(store: FileStore, notes: Path) -> None:
    written = store.write("k1", "notes/a", "new")
    (notes / "a").write_text("edited")
    with pytest.raises(FileChanged):
        store.undo(written.undo)
    assert (notes / "a").read_text() == "edited"


def test_there_is_nothing_else_to_take_back(store: FileStore, notes: Path, tmp_path: Path) -> None:
    (notes / "a").write_text("old")
    written = store.write("k1", "notes/a", "new")
    for wrong in ("", "../kept/x", "0" * 32, written.undo.upper()):
        with pytest.raises(FileMissing):
            store.undo(wrong)
    (tmp_path / "kept" / f"{written.undo}.before").unlink()
    with pytest.raises(FileMissing, match="not kept"):
        store.undo(written.undo)
    assert (notes / "a").read_text() == "new"


def test_writes_are_listed_the_newest_first_for_a_while(store: FileStore, notes: Path, tmp_path: Path) -> None:
    assert store.writes() == []
    first, second = store.write("k1", "notes/a", "1"), store.write("k2", "notes/b", "2")
    os.utime(tmp_path / "kept" / f"{first.undo}.json", (1, 1))
    assert [(id_, path) for _, id_, path in store.writes()] == [(second.undo, "notes/b"), (first.undo, "notes/a")]
    FileStore({"notes": notes}, tmp_path / "kept").write("k3", "notes/c", "3")
    assert [path for _, _, path in store.writes()] == ["notes/c", "notes/b"]


# --- what goes wrong ---


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place]).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("kept_there", [True, False])
def test_a_full_disk_changes_nothing(tiny_disk: Path, tmp_path: Path, kept_there: bool) -> None:
    (tiny_disk / "a").write_text("old")
    store = FileStore({"notes": tiny_disk}, tiny_disk / "kept" if kept_there else tmp_path / "kept")
    with pytest.raises(FileStoreUnreachable) as caught:
        store.write("k1", "notes/a", "x" * 100_000)
    assert caught.value.sent is False
    assert (tiny_disk / "a").read_text() == "old"
    assert litter(tiny_disk) == []
    assert store.found("k1", "notes/a") is False
    store.write("k2", "notes/a", "x" * 1000)
    assert (tiny_disk / "a").read_text() == "x" * 1000


def test_what_cannot_be_kept_is_not_overwritten(notes: Path, tmp_path: Path) -> None:
    (notes / "a").write_text("old")
    (tmp_path / "kept").write_text("no folder")
    with pytest.raises(FileForbidden):
        FileStore({"notes": notes}, tmp_path / "kept").write("k1", "notes/a", "new")
    assert (notes / "a").read_text() == "old"


def test_a_disk_that_breaks_after_the_change_leaves_it_open(
    store: FileStore, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def breaks(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink() == notes:
            raise OSError(5, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", breaks)
    with pytest.raises(FileStoreUnreachable) as caught:
        store.write("k1", "notes/a", "new")
    assert caught.value.sent is True


def test_what_the_system_forbids(store: FileStore, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (notes / "a").write_text("old")
    opened = os.open

    def forbidden(path: object, *given: object, **more: object) -> int:
        if path == "a":
            raise PermissionError(13, "Permission denied")
        return opened(path, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(FileForbidden, match="Permission denied"):
        store.read("notes/a")


def test_a_named_folder_that_is_gone(tmp_path: Path) -> None:
    store = FileStore({"notes": tmp_path / "gone"}, tmp_path / "kept")
    with pytest.raises(FileMissing):
        store.listing("notes")
    with pytest.raises(FileMissing):
        store.write("k", "notes/a", "x")
    assert not (tmp_path / "gone").exists()
