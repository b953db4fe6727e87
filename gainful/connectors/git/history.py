"""The history of one repository, read by git's plumbing.

Commits are named by a checked form and looked up once; from then on git is given whole ids. Nothing here writes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.git.errors import GitInvalid, GitRefused
from gainful.connectors.git.program import Repository, Said
from gainful.sdk.history import Blob, Commit, FileChange, NoSuchCommit

LARGEST_CONTENT = 4 * 1024 * 1024
LARGEST_FILE = 256 * 1024 * 1024
AT_ONCE = 64 * 1024 * 1024
"""Octets of files that are asked for in one go, unless one alone is larger."""

MOST_NAMES = 256 * 1024 * 1024
"""Octets of a list of files: a repository of a million has one of a hundred million."""

_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~+-]{0,199}")
_ID = re.compile(r"[0-9a-f]{40}")
_NONE = "000000"
_SUBMODULE = "160000"
_FORMAT = "--format=%H%x00%T%x00%an <%ae>%x00%ct%x00%s%x00"
_FIELDS = 5
_HEADER = 64
"""Octets that git says before and after each file, at most: its id, its kind and its size."""


class GitHistory:
    """The `History` of a repository, with files beside it or bare.

    A commit never changes, and neither does a file behind its id: what was read of them once is kept.

    Args:
        partial: Whether files may be missing, as large ones are in a partial clone. They count by their id, as those
            of another repository do; a digest over them is not the one that a target finds on its disk.
    """

    def __init__(self, repository: Repository, *, partial: bool = False) -> None:
        self._repository = repository
        self._partial = partial
        self._files: dict[str, Mapping[str, Blob]] = {}
        self._digests: dict[str, str] = {}
        # Those of other repositories, or missing ones, which have no bytes here.
        self._elsewhere: set[str] = set()

    @classmethod
    def at(cls, name: str, path: Path, *, partial: bool = False) -> GitHistory:
        """The history of what lies in this folder: a repository with its files, or a bare one."""
        bare = not (path / ".git").exists() and (path / "objects").is_dir()
        return cls(Repository(name, path, bare), partial=partial)

    def resolve(self, revision: str) -> Commit:
        """The commit of this name, branch or tag.

        Raises:
            NoSuchCommit: There is none, or several, or the name is no name.
        """
        if not _REVISION.fullmatch(revision):
            raise NoSuchCommit(f"{revision[:60]!r} is no revision.", "Name a branch, a tag or a commit.")
        said = self._repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if said.status:
            raise NoSuchCommit(
                f"'{self._repository.name}' has no commit {revision[:60]!r}, or several.",
                "Fetch it, or name the whole id.",
            )
        found = self._listed(said.text.strip(), "--max-count=1")
        return found[0]

    def commits(self, base: str, head: str, limit: int) -> Sequence[Commit]:
        """The commits that `head` has and `base` has not, newest first."""
        return self._listed(_id(head), f"--max-count={max(0, limit)}", "--not", _id(base)) if limit > 0 else []

    def changes(self, base: str, head: str) -> Sequence[FileChange]:
        """The files that differ between two commits, by path."""
        # A change of another repository within is one, whatever the settings say of looking into it.
        said = self._read("diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none", _id(base), _id(head))
        fields = iter(said.out.split(b"\0"))
        found = []
        for told in fields:
            if told:
                before_mode, after_mode, before, after, _ = told.decode("ascii").removeprefix(":").split(" ")
                path = next(fields).decode("utf-8", "surrogateescape")
                found.append(FileChange(path, self._blob(before_mode, before), self._blob(after_mode, after)))
        return sorted(found, key=lambda change: change.path)

    def files(self, commit: str) -> Mapping[str, Blob]:
        """Every file of a commit, by path."""
        if commit not in self._files:
            said = self._read("ls-tree", "-r", "-z", "--full-tree", _id(commit))
            found: dict[str, Blob] = {}
            for line in said.out.split(b"\0"):
                if line:
                    told, _, path = line.partition(b"\t")
                    mode, _, name = told.decode("ascii").split(" ")
                    blob = self._blob(mode, name)
                    if blob is not None:
                        found[path.decode("utf-8", "surrogateescape")] = blob
            self._files[commit] = found
        return self._files[commit]

    def content(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes behind these ids; a file larger than 4 MiB, or of another repository, is left out."""
        sizes = self._sizes([blob for blob in blobs if blob not in self._elsewhere])
        small = {blob: size for blob, size in sizes.items() if size <= LARGEST_CONTENT}
        return dict(self._contents(small))

    def digests(self, blobs: Sequence[str]) -> Mapping[str, str]:
        """The SHA-256 of the bytes behind these ids, in hexadecimal; of another repository's, that of its id.

        Raises:
            GitInvalid: A file is larger than 256 MiB.
        """
        new = [blob for blob in dict.fromkeys(blobs) if blob not in self._digests]
        sizes = self._sizes([blob for blob in new if blob not in self._elsewhere])
        for blob in self._elsewhere.intersection(new):
            self._digests[blob] = hashlib.sha256(blob.encode("ascii")).hexdigest()
        if max(sizes.values(), default=0) > LARGEST_FILE:
            raise GitInvalid(
                f"A file of '{self._repository.name}' is larger than 256 MiB.",
                "Keep it out of what ships, by `ignores`, or out of the repository.",
            )
        for blob, content in self._contents(sizes):
            self._digests[blob] = hashlib.sha256(content).hexdigest()
        return {blob: self._digests[blob] for blob in blobs}

    def _blob(self, mode: str, name: str) -> Blob | None:
        if mode == _SUBMODULE:
            self._elsewhere.add(name)
        return None if mode == _NONE else Blob(name, mode)

    def _listed(self, head: str, *arguments: str) -> list[Commit]:
        said = self._read("log", _FORMAT, head, *arguments, "--")
        fields = said.text.split("\0")
        return [
            Commit(commit.strip(), tree, author, datetime.fromtimestamp(int(at), UTC), subject)
            for commit, tree, author, at, subject in zip(
                *(fields[nth : len(fields) // _FIELDS * _FIELDS : _FIELDS] for nth in range(_FIELDS)), strict=True
            )
        ]

    def _sizes(self, blobs: Sequence[str]) -> dict[str, int]:
        """How many octets are behind each id."""
        wanted = list(dict.fromkeys(map(_id, blobs)))
        if not wanted:
            return {}
        said = self._read("cat-file", "--batch-check", stdin=_lines(wanted))
        sizes = {}
        for line in said.text.splitlines():
            name, kind, *size = line.split(" ")
            if kind == "missing" and self._partial:
                self._elsewhere.add(name)
                continue
            if kind != "blob":
                raise GitInvalid(
                    f"'{self._repository.name}' has no file {name[:40]}.", "Fetch the repository as a whole."
                )
            sizes[name] = int(size[0])
        return sizes

    def _contents(self, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
        """Each file with its bytes, some at a time."""
        for some in _portions(sizes):
            room = sum(size + _HEADER for size in some.values())
            said = self._read("cat-file", "--batch", stdin=_lines(list(some)), most=room)
            at = 0
            for blob, size in some.items():
                start = said.out.index(b"\n", at) + 1
                yield blob, said.out[start : start + size]
                at = start + size + 1

    def _read(self, *arguments: str, stdin: bytes = b"", most: int = MOST_NAMES) -> Said:
        said = self._repository.run(*arguments, stdin=stdin, most=most)
        if said.status or said.cut:
            why = said.error or "its answer is too long"
            raise GitRefused(f"Git cannot read '{self._repository.name}': {why}.", "Look at it with git fsck.")
        return said


def _portions(sizes: Mapping[str, int]) -> Iterator[dict[str, int]]:
    some: dict[str, int] = {}
    total = 0
    for blob, size in sizes.items():
        if some and total + size > AT_ONCE:
            yield some
            some, total = {}, 0
        some[blob] = size
        total += size
    if some:
        yield some


def _lines(blobs: Sequence[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in blobs).encode("ascii")


def _id(text: str) -> str:
    """A whole id, as `resolve` and `changes` hand them out: nothing else gets to git from here."""
    if not _ID.fullmatch(text):
        raise NoSuchCommit(f"{text[:60]!r} is no whole id.", "Resolve it first.")
    return text
