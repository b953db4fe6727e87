"""What lies between two commits, read from real repositories."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gainful.connectors.git import GitHistory
from gainful.connectors.git.errors import GitInvalid, GitRefused
from gainful.connectors.git.program import Repository
from gainful.sdk.history import Blob, FileChange, History, NoSuchCommit
from tests.unit.connectors.git.conftest import git


def _commit(site: Path, message: str) -> str:
    git(site, "add", "--all")
    git(site, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(site, "rev-parse", "HEAD")


@pytest.fixture
def history(site: Path) -> GitHistory:
    return GitHistory.at("site", site)


def test_it_is_a_history(history: GitHistory) -> None:
    assert isinstance(history, History)


def test_a_branch_a_tag_and_a_beginning_of_an_id_are_resolved(site: Path, history: GitHistory) -> None:
    git(site, "tag", "--annotate", "--message=One", "v1+build.1")
    whole = git(site, "rev-parse", "HEAD")
    commit = history.resolve("main")
    assert (commit.id, commit.subject, commit.author) == (whole, "First", "Ada <ada@example.org>")
    assert commit.at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert commit.tree == git(site, "rev-parse", "HEAD^{tree}")
    assert history.resolve("v1+build.1") == history.resolve(whole[:9]) == commit


@pytest.mark.parametrize(
    "name", ["nowhere", "", "--help", "-1", "a b", "main\0", "main:a.txt", "HEAD^{tree}", "f" * 40]
)
def test_what_names_no_commit(history: GitHistory, name: str) -> None:
    with pytest.raises(NoSuchCommit):
        history.resolve(name)


def test_commits_newest_first_up_to_a_limit(site: Path, history: GitHistory) -> None:
    base = git(site, "rev-parse", "HEAD")
    for number in range(3):
        head = _commit(site, f"Step {number}\n\nand more")
    assert [commit.subject for commit in history.commits(base, head, 2)] == ["Step 2", "Step 1"]
    assert len(history.commits(base, head, 50)) == 3
    assert history.commits(head, base, 50) == []
    assert history.commits(base, head, 0) == []


def test_changes_by_path_without_renames(site: Path, history: GitHistory) -> None:
    base = git(site, "rev-parse", "HEAD")
    (site / "a.txt").rename(site / "b.txt")
    (site / "run").write_text("#!/bin/sh\n")
    (site / "run").chmod(0o755)
    (site / "link").symlink_to("b.txt")
    head = _commit(site, "More")
    one = "5626abf0f72e58d7a153368ba57db4c673c0e171"
    assert list(history.changes(base, head))[:2] == [
        FileChange("a.txt", Blob(one, "100644"), None),
        FileChange("b.txt", None, Blob(one, "100644")),
    ]
    assert {path: blob.mode for path, blob in history.files(head).items()} == {
        "b.txt": "100644",
        "link": "120000",
        "run": "100755",
    }
    assert history.changes(head, head) == []


def test_odd_names_come_as_they_are(site: Path, history: GitHistory) -> None:
    base = git(site, "rev-parse", "HEAD")
    names = [b"caf\xe9", b"two\nlines", b"-dash", b"tab\there", "☃".encode(), b":(glob)**"]
    for name in names:
        Path(os.fsdecode(os.fsencode(site) + b"/" + name)).write_bytes(b"x")
    head = _commit(site, "Odd")
    expected = sorted(name.decode("utf-8", "surrogateescape") for name in names)
    assert [change.path for change in history.changes(base, head)] == expected
    assert sorted(history.files(head)) == sorted([*expected, "a.txt"])


def test_bytes_behind_ids(site: Path, history: GitHistory) -> None:
    (site / "empty").write_bytes(b"")
    (site / "binary").write_bytes(b"\0\n\xff\n" * 1000)
    (site / "large").write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    files = history.files(_commit(site, "Bytes"))
    content = history.content([blob.id for blob in files.values()])
    assert {path for path, blob in files.items() if blob.id in content} == {"a.txt", "binary", "empty"}
    assert content[files["binary"].id] == b"\0\n\xff\n" * 1000
    assert content[files["empty"].id] == b""
    digests = history.digests([blob.id for blob in files.values()])
    assert digests[files["large"].id] == hashlib.sha256((site / "large").read_bytes()).hexdigest()
    assert digests[files["a.txt"].id] == hashlib.sha256(b"one\n").hexdigest()
    assert history.content([]) == {}
    assert history.digests([]) == {}


def test_another_repository_within_counts_by_its_id(site: Path, history: GitHistory) -> None:
    base = git(site, "rev-parse", "HEAD")
    git(site, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},inner")
    git(site, "commit", "--quiet", "--message=Inner")
    head = git(site, "rev-parse", "HEAD")
    [change] = history.changes(base, head)
    assert change == FileChange("inner", None, Blob("1" * 40, "160000"))
    assert history.content(["1" * 40]) == {}
    assert history.digests(["1" * 40]) == {"1" * 40: hashlib.sha256(b"1" * 40).hexdigest()}


def test_a_bare_repository_reads_the_same(site: Path, bare: Path, history: GitHistory) -> None:
    git(site, "push", "--quiet", "origin", "main")
    there = GitHistory.at("site", bare)
    assert there.resolve("main") == history.resolve("main")
    assert there.files(there.resolve("main").id) == history.files(history.resolve("main").id)


def test_a_bare_repository_whose_settings_run_programs_is_refused(bare: Path) -> None:
    git(bare, "config", "core.sshCommand", "touch /tmp/ran")
    with pytest.raises(GitRefused):
        GitHistory.at("site", bare).resolve("main")


def test_a_repository_that_is_damaged_says_so(site: Path, history: GitHistory) -> None:
    commit = git(site, "rev-parse", "HEAD")
    blob = history.files(commit)["a.txt"].id
    (site / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitInvalid):
        GitHistory.at("site", site).content([blob])
    tree = git(site, "rev-parse", "HEAD^{tree}")
    (site / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitRefused):
        GitHistory.at("site", site).files(commit)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(GitInvalid):
        GitHistory.at("site", tmp_path).resolve("main")


def test_only_whole_ids_get_to_git(history: GitHistory) -> None:
    for asked in (lambda: history.files("main"), lambda: history.changes("--output=x", "main")):
        with pytest.raises(NoSuchCommit):
            asked()


def test_what_git_names_by_replacement_is_not_followed(site: Path, history: GitHistory) -> None:
    first = git(site, "rev-parse", "HEAD")
    (site / "a.txt").write_text("two\n")
    second = _commit(site, "Second")
    git(site, "replace", second, first)
    assert history.resolve(second).subject == "Second"
    assert [change.path for change in history.changes(first, second)] == ["a.txt"]


def test_files_of_many_sizes_come_in_portions(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.connectors.git.history.AT_ONCE", 100)
    for size in range(0, 300, 30):
        (site / f"f{size}").write_bytes(b"z" * size)
    history = GitHistory(Repository("site", site))
    files = history.files(_commit(site, "Sizes"))
    digests = history.digests([blob.id for blob in files.values()])
    assert digests[files["f270"].id] == hashlib.sha256(b"z" * 270).hexdigest()
    assert len(digests) == len({blob.id for blob in files.values()})


def test_a_file_beyond_all_measure_is_refused(site: Path, history: GitHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.connectors.git.history.LARGEST_FILE", 3)
    with pytest.raises(GitInvalid):
        history.digests([blob.id for blob in history.files(git(site, "rev-parse", "HEAD")).values()])
