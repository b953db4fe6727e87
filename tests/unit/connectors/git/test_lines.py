"""The log of a real repository, and how many of a commit's lines are left later."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.connectors.git.errors import GitInvalid, GitRefused
from gainful.connectors.git.lines import GitLines
from tests.unit.connectors.git.conftest import git

MADE = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def lines(site: Path) -> GitLines:
    return GitLines.at("site", site)


def commit(site: Path, message: str) -> str:
    git(site, "add", "--all")
    git(site, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(site, "rev-parse", "HEAD")


def test_the_log_has_everything_newest_first(site: Path, lines: GitLines) -> None:
    base = git(site, "rev-parse", "HEAD")
    git(site, "switch", "--quiet", "--create=fix")
    (site / "a.txt").write_text("one\ntwo\n")
    tip = commit(site, "Fix\n\nWith words.\n\nReviewed-by: Bo <bo@example.org>")
    git(site, "switch", "--quiet", "main")
    git(site, "merge", "--quiet", "--no-ff", "--message=Merge pull request #1 from x/fix", "fix")
    merge, fix, first = lines.log("main")
    assert (merge.parents, merge.subject) == ((base, tip), "Merge pull request #1 from x/fix")
    assert fix.message == "Fix\n\nWith words.\n\nReviewed-by: Bo <bo@example.org>\n"
    assert (first.id, first.parents, first.author, first.committed_at) == (base, (), "ada@example.org", MADE)
    assert first.tree == git(site, "rev-parse", f"{base}^{{tree}}")


@pytest.mark.parametrize("branch", ["nowhere", "", "--all", "-1", "main..other", "a b", "main\0"])
def test_what_is_no_branch(lines: GitLines, branch: str) -> None:
    with pytest.raises(GitInvalid):
        lines.log(branch)


def test_lines_that_were_edited_or_deleted_are_not_left(site: Path, lines: GitLines) -> None:
    base = git(site, "rev-parse", "HEAD")
    (site / "a.txt").write_text("one\ntwo\nthree\n")
    (site / "b.txt").write_text("four\nfive\n")
    change = commit(site, "Change")
    (site / "a.txt").write_text("zero\none\ntwo\n3\n")
    (site / "b.txt").unlink()
    later = commit(site, "Later")
    assert lines.count(base, change, change, {change}) == 4
    assert lines.count(base, change, later, {change}) == 1
    assert lines.count(base, change, later, {later}) == 2


def test_files_are_followed_under_another_name(site: Path, lines: GitLines) -> None:
    base = git(site, "rev-parse", "HEAD")
    (site / "b.txt").write_text("".join(f"line {number}\n" for number in range(10)))
    change = commit(site, "Change")
    git(site, "mv", "b.txt", "with a space.txt")
    later = commit(site, "Move")
    assert lines.count(base, change, later, {change}) == 10


def test_a_first_commit_and_what_has_no_lines(site: Path, lines: GitLines) -> None:
    first = git(site, "rev-parse", "HEAD")
    assert lines.count("", first, first, {first}) == 1
    (site / "a.txt").unlink()
    (site / "link").symlink_to("a.txt")
    gone = commit(site, "Gone")
    assert lines.count(first, gone, gone, {gone}) == 0


def test_a_copy_knows_no_more_than_it_last_fetched(site: Path, bare: Path, tmp_path: Path) -> None:
    now = datetime(2027, 2, 1, tzinfo=UTC)
    # It is the main one: what is there, is there.
    assert GitLines.at("site", bare).known_until(MADE, now) == now
    copy = GitLines.at("site", site)
    assert copy.known_until(MADE, now) == MADE
    git(site, "fetch", "--quiet")
    fetched = MADE + timedelta(days=20)
    os.utime(site / ".git" / "FETCH_HEAD", (fetched.timestamp(),) * 2)
    assert copy.known_until(MADE, now) == fetched
    assert copy.known_until(MADE, MADE + timedelta(days=3)) == MADE + timedelta(days=3)


def test_only_ids_are_handed_to_git(lines: GitLines) -> None:
    with pytest.raises(GitInvalid):
        lines.count("", "--output=x", "--output=x", ())


def test_what_is_no_repository(tmp_path: Path, site: Path) -> None:
    with pytest.raises(GitInvalid):
        GitLines.at("nothing", tmp_path)
    git(site, "config", "diff.external", "touch /tmp/never")
    with pytest.raises(GitRefused):
        GitLines.at("site", site)
