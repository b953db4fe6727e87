"""The whole log of a branch, and how many of the lines that some commits brought are still there at a later one.

    lines = GitLines(Repository("shop", path))
    lines.log("main")                                # newest first
    lines.count(base, commit, commit, {commit})      # lines that the commit brought
    lines.count(base, commit, later, {commit})       # and those of them that are left later on

A line is somebody's as `git blame` says: it follows files that were renamed, and a line that was edited is a new one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.git.errors import GitInvalid, GitRefused
from gainful.connectors.git.history import MOST_NAMES
from gainful.connectors.git.program import Repository, Said
from gainful.core.commit import LoggedCommit

SECONDS = 600.0
"""How long one question may take: the log of a large repository is long."""

_FORMAT = "--format=%H%x00%P%x00%T%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00"
_FIELDS = 10
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@+-]{0,199}")
_ID = re.compile(r"[0-9a-f]{40}")
_BLAMED = re.compile(rb"^([0-9a-f]{40}) \d+ \d+ (\d+)$", re.MULTILINE)
_FILES = frozenset({"100644", "100755"})


class GitLines:
    """The log and the lines of one repository, with files beside it or bare."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @classmethod
    def at(cls, name: str, path: Path) -> GitLines:
        """Those of what lies in this folder.

        Raises:
            GitInvalid: There is no repository.
            GitRefused: Its settings could run programs.
        """
        bare = not (path / ".git").exists() and (path / "objects").is_dir()
        repository = Repository(name, path, bare)
        repository.check()
        return cls(repository)

    def log(self, branch: str) -> list[LoggedCommit]:
        """All commits of a branch, newest first, each before its parents.

        Raises:
            GitInvalid: There is no such branch.
        """
        if not _BRANCH.fullmatch(branch):
            raise GitInvalid(f"{branch[:60]!r} is no branch.", "Name one, such as main.")
        named = f"{branch}^{{commit}}"
        found = self._repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", named)
        if found.status:
            raise GitInvalid(
                f"'{self._repository.name}' has no branch {branch[:60]!r}.", "Name one that it has: --branch NAME."
            )
        said = self._read("log", _FORMAT, "--topo-order", found.text.strip(), "--")
        fields = said.text.split("\0")
        whole = len(fields) // _FIELDS * _FIELDS
        return [_commit(fields[start : start + _FIELDS]) for start in range(0, whole, _FIELDS)]

    def known_until(self, newest: datetime, now: datetime) -> datetime:
        """Until when this copy tells what has become of a branch whose newest commit was made then.

        A copy of another repository knows no more than it last fetched; one that is nobody's copy is what it is.
        """
        if self._repository.run("config", "--local", "--no-includes", "--get-regexp", r"^remote\..*\.url$").status:
            return now
        folder = self._repository.path if self._repository.bare else self._repository.path / ".git"
        try:
            fetched = datetime.fromtimestamp((folder / "FETCH_HEAD").stat().st_mtime, UTC)
        except OSError:
            fetched = newest
        return min(now, max(newest, fetched))

    def count(self, base: str, commit: str, at: str, whose: Collection[str]) -> int:
        """How many lines at one commit were brought by some others.

        Args:
            base: The commit before they came; empty where there is none.
            commit: The one with which they were all there.
            at: Where to look: `commit`, or one that came after it.
            whose: Ids of the commits that brought the lines.
        """
        total = 0
        for path in self._paths(base, commit, at):
            since = (f"^{_id(base)}",) if base else ()
            said = self._run("blame", "--incremental", _id(at), *since, "--", path)
            # What has no lines, such as another repository within, is none's.
            for name, number in _BLAMED.findall(said.out) if not said.status else ():
                total += int(number) if name.decode("ascii") in whose else 0
        return total

    def _paths(self, base: str, commit: str, at: str) -> Iterator[str]:
        """The files that were changed by then, under the names that they have later."""
        changed = {after for status, _, after in self._changed(base, commit) if status != "D"}
        if at == commit:
            yield from sorted(changed)
            return
        moved = {before: (status, after) for status, before, after in self._changed(commit, at)}
        for path in sorted(changed):
            status, after = moved.get(path, ("", path))
            if status != "D":
                yield after

    def _changed(self, base: str, commit: str) -> Iterator[tuple[str, str, str]]:
        """What differs: how, the path before, and the path after."""
        sides = (_id(base), _id(commit)) if base else ("--root", _id(commit))
        said = self._read("diff-tree", "-r", "-z", "-M", "--no-commit-id", "--ignore-submodules=none", *sides)
        fields = iter(said.out.split(b"\0"))
        for told in fields:
            if not told:
                continue
            before_mode, after_mode, _, _, status = told.decode("ascii").removeprefix(":").split(" ")
            before = next(fields).decode("utf-8", "surrogateescape")
            after = next(fields).decode("utf-8", "surrogateescape") if status[0] in "RC" else before
            if (before_mode if status == "D" else after_mode) in _FILES:
                yield status[0], before, after

    def _read(self, *arguments: str) -> Said:
        said = self._run(*arguments)
        if said.status or said.cut:
            why = said.error or "its answer is too long"
            raise GitRefused(f"Git cannot read '{self._repository.name}': {why}.", "Look at it with git fsck.")
        return said

    def _run(self, *arguments: str) -> Said:
        return self._repository.run(*arguments, most=MOST_NAMES, seconds=SECONDS)


def _commit(fields: list[str]) -> LoggedCommit:
    id_, parents, tree, author, author_mail, authored, committer, committer_mail, committed, message = fields
    return LoggedCommit(
        id=id_.strip(),
        parents=tuple(parents.split()),
        tree=tree,
        author=_who(author, author_mail),
        authored_at=datetime.fromtimestamp(int(authored), UTC),
        committer=_who(committer, committer_mail),
        committed_at=datetime.fromtimestamp(int(committed), UTC),
        message=message,
    )


def _who(name: str, address: str) -> str:
    return address.strip().lower() or name.strip()


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise GitInvalid(f"{text[:60]!r} is no whole id.", "Take ids from the log.")
    return text
