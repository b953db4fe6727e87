"""What is laid is exactly what ships, whole, read-only; and nothing hostile gets out of its folder."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.releases import store as module
from gainful.connectors.releases.source import Source
from gainful.connectors.releases.store import ReleaseStore
from gainful.core.deployment import Release
from gainful.core.shipped import content_digest
from gainful.sdk.deploy_target import ReleaseInvalid, TargetRefused, TargetUnreachable
from tests.fixtures.shop_world import git

Files = list[tuple[str, str, bytes]]
ODD: Files = [
    ("app/main.py", "100644", b"print(1)\n"),
    ("app/run", "100755", b"#!/bin/sh\n"),
    ("app/-rf", "100644", b""),
    ("app/with space\n and line", "100644", b"\x00\xff"),
    ("app/grün/\N{SNOWMAN}", "100644", b"x" * 100_000),
    ("app/.hidden", "100644", b"h"),
    ("app/link", "120000", b"main.py"),
    ("app/deep/up", "120000", b"../main.py"),
]


def commit(repository: Path, files: Files) -> str:
    """A commit made by plumbing, which takes what a work tree would not."""
    lines = b""
    for path, mode, content in files:
        kind = "commit" if mode == "160000" else "blob"
        blob = content.decode() if kind == "commit" else hashed(repository, content)
        lines += f"{mode} {kind} {blob}\t".encode() + os.fsencode(path) + b"\0"
    return git(repository, "commit-tree", "-m", "x", tree(repository, files))


def hashed(repository: Path, content: bytes) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-w", "--stdin"], input=content, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def tree(repository: Path, files: Files) -> str:
    """A tree of these files; names in it are whatever the paths say."""
    entries: list[tuple[bytes, bytes]] = []
    below: dict[str, Files] = {}
    for path, mode, content in files:
        head, slash, rest = path.partition("/")
        if slash:
            below.setdefault(head, []).append((rest, mode, content))
        else:
            blob = content.decode() if mode == "160000" else hashed(repository, content)
            entries.append((os.fsencode(head), f"{mode} ".encode() + os.fsencode(head) + b"\0" + bytes.fromhex(blob)))
    for head, inner in below.items():
        octets = bytes.fromhex(tree(repository, inner))
        entries.append((os.fsencode(head) + b"/", b"40000 " + os.fsencode(head) + b"\0" + octets))
    body = b"".join(line for _, line in sorted(entries))
    made = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        input=body, capture_output=True, check=True,
    )  # fmt: skip
    return made.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    git(tmp_path, "init", "-q", "--bare", str(place))
    return place


@pytest.fixture
def store(repository: Path, tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path / "releases", Source(repository, lambda path: path.startswith("app/")))


def release(repository: Path, files: Files) -> Release:
    shipped = [one for one in files if one[0].startswith("app/")]
    return Release(commit(repository, files), content_digest(shipped))


def left(tmp_path: Path) -> list[str]:
    folder = tmp_path / "releases"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_what_is_laid_is_what_ships(repository: Path, store: ReleaseStore) -> None:
    laid = store.lay(release(repository, [*ODD, ("README.md", "100644", b"no")]))
    found = {}
    for path, _, _ in ODD:
        place = laid.files / path
        found[path] = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
    assert found == {path: content for path, _, content in ODD}
    assert not (laid.files / "README.md").exists()
    assert os.access(laid.files / "app/run", os.X_OK)
    assert [path for path in laid.files.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o222] == []
    assert store.drift(laid.name) == ()


def test_the_same_again_is_not_laid_again(repository: Path, store: ReleaseStore, tmp_path: Path) -> None:
    made = release(repository, ODD)
    first = store.lay(made)
    assert store.lay(made) == first
    assert left(tmp_path) == [made.id]


@pytest.mark.parametrize("change", ["content", "mode", "gone", "more", "link", "same-size-and-time"])
def test_what_was_changed_by_hand(change: str, repository: Path, store: ReleaseStore, tmp_path: Path) -> None:
    made = release(repository, ODD)
    laid = store.lay(made)
    place = laid.files / "app" / "main.py"
    place.parent.chmod(0o755)
    place.chmod(0o644)
    times = place.stat()
    if change in ("content", "same-size-and-time"):
        place.write_bytes(b"print(2)\n" if change != "content" else b"more than before")
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "mode":
        place.chmod(0o755)
    elif change == "gone":
        place.unlink()
    elif change == "more":
        (place.parent / "new.py").touch()
    else:
        (place.parent / "link").unlink()
        (place.parent / "link").symlink_to("/etc/passwd")
    name = {"more": "app/new.py", "link": "app/link"}.get(change, "app/main.py")
    assert store.drift(laid.name) == (name,)
    again = store.lay(made)
    assert again.name == f"{made.id}.1"
    assert store.drift(again.name) == ()


def test_a_touch_alone_is_no_drift(repository: Path, store: ReleaseStore) -> None:
    laid = store.lay(release(repository, ODD))
    os.utime(laid.files / "app" / "main.py")
    assert store.drift(laid.name) == ()


def test_pythons_own_copies_are_no_drift(repository: Path, store: ReleaseStore) -> None:
    laid = store.lay(release(repository, ODD))
    (laid.files / "app").chmod(0o755)
    (laid.files / "app" / "__pycache__").mkdir()
    (laid.files / "app" / "__pycache__" / "main.cpython-311.pyc").touch()
    assert store.drift(laid.name) == ()


@pytest.mark.parametrize(
    "files",
    [
        [("app/../../evil", "100644", b"x")],
        [("app/..", "100644", b"x")],
        [("app/.git/config", "100644", b"x")],
        [("app/.GIT", "100644", b"x")],
        [("app/out", "120000", b"/etc/passwd")],
        [("app/out", "120000", b"../../../etc/passwd")],
        [("app/out", "120000", b"")],
        [("app/a", "120000", b"b"), ("app/a/x", "100644", b"through a link")],
        [("app/a", "100644", b"file"), ("app/a/x", "100644", b"in a file")],
        [("app/other", "160000", b"a" * 40)],
        [("README.md", "100644", b"nothing ships")],
    ],
)
def test_what_cannot_be_laid(files: Files, repository: Path, store: ReleaseStore, tmp_path: Path) -> None:
    with pytest.raises(ReleaseInvalid):
        store.lay(Release(commit(repository, files), "sha256:" + "0" * 64))
    assert left(tmp_path) == []


@pytest.mark.parametrize("name", ["", "main", "HEAD", "--all", "a" * 39, "../x", "a" * 40])
def test_no_such_commit(name: str, store: ReleaseStore) -> None:
    with pytest.raises(ReleaseInvalid):
        store.lay(Release(name, "sha256:" + "0" * 64))


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(TargetUnreachable):
        ReleaseStore(tmp_path / "releases", Source(tmp_path / "none", lambda _: True)).lay(Release("a" * 40, "x"))


def test_another_digest(repository: Path, store: ReleaseStore, tmp_path: Path) -> None:
    with pytest.raises(ReleaseInvalid, match="the plan says"):
        store.lay(Release(commit(repository, ODD), "sha256:" + "0" * 64))
    assert left(tmp_path) == []


def test_a_build_that_changes_what_ships(repository: Path, tmp_path: Path) -> None:
    def build(laid: module.Laid) -> None:
        (laid.files / "app" / "main.py").chmod(0o644)
        (laid.files / "app" / "main.py").write_bytes(b"print(2)\n")

    store = ReleaseStore(tmp_path / "releases", Source(repository, lambda path: path.startswith("app/")), build)
    with pytest.raises(ReleaseInvalid, match="the plan says"):
        store.lay(release(repository, ODD))
    assert left(tmp_path) == []


def full_after(writes: int) -> Iterator[None]:
    for _ in range(writes):
        yield
    while True:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("writes", [0, 1, 4, 8])
def test_a_full_disk_leaves_nothing_half(
    writes: int, repository: Path, store: ReleaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = release(repository, ODD)
    real: Callable[[int], None] = os.fsync
    room = iter(full_after(writes))

    def fsync(number: int) -> None:
        next(room)
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(TargetRefused, match="No space left"):
        store.lay(made)
    assert left(tmp_path) == []
    monkeypatch.setattr(os, "fsync", real)
    assert store.lay(made).name == made.id


def test_prune_keeps_what_it_is_told_to(repository: Path, store: ReleaseStore, tmp_path: Path) -> None:
    kept = store.lay(release(repository, ODD))
    store.lay(release(repository, ODD[:1]))
    half = tmp_path / "releases" / ".new-half"
    (half / "files").mkdir(parents=True)
    (half / "files").chmod(0o555)
    store.prune({kept.name})
    assert left(tmp_path) == [kept.name]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["files", "a"]), inner, max_size=2),
    max_leaves=8,
)


@given(st.binary(max_size=300) | st.builds(lambda value: json.dumps(value).encode(), JSON))
def test_a_manifest_that_is_anything(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x" / "files").mkdir(parents=True)
        (folder / "x" / "files" / "a").touch()
        (folder / "x" / "release.json").write_bytes(content)
        store = ReleaseStore(folder, Source(folder, lambda _: True))
        assert isinstance(store.drift("x"), tuple)
