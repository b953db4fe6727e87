"""A history on paper: commits are names, files are texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gainful.sdk.history import Blob, Commit, FileChange, NoSuchCommit

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)

Files = Mapping[str, bytes | tuple[bytes, str]]


class PaperHistory:
    """A `History` of commits in a row, each with all its files.

    Args:
        missing: Contents that are too large to be handed out.
    """

    def __init__(self, *commits: Files, subjects: Sequence[str] = (), authors: Sequence[str] = ()) -> None:
        self._bytes: dict[str, bytes] = {}
        self._files = [{path: self._blob(content) for path, content in files.items()} for files in commits]
        self._subjects = subjects
        self._authors = authors
        self.missing: set[bytes] = set()
        self.reads = 0

    def resolve(self, revision: str) -> Commit:
        """`0` is the first commit, and so on; so is its id."""
        number = int(revision) if revision.isdigit() else -1
        if not 0 <= number < len(self._files):
            raise NoSuchCommit(f"'{revision}' is none.", "Count.")
        tree = hashlib.sha1(repr(sorted(self._files[number].items())).encode()).hexdigest()
        author = self._authors[number] if self._authors else "Ada <ada@example.org>"
        subject = self._subjects[number] if self._subjects else f"Commit {number}"
        return Commit(f"{number:040d}", tree, author, NOW - timedelta(days=30 - number), subject)

    def commits(self, base: str, head: str, limit: int) -> Sequence[Commit]:
        """Those in between, newest first."""
        return [self.resolve(str(number)) for number in range(int(head), int(base), -1)][:limit]

    def changes(self, base: str, head: str) -> Sequence[FileChange]:
        """Path by path."""
        before, after = self.files(base), self.files(head)
        return [
            FileChange(path, before.get(path), after.get(path))
            for path in sorted({*before, *after})
            if before.get(path) != after.get(path)
        ]

    def files(self, commit: str) -> Mapping[str, Blob]:
        """As they were given."""
        return self._files[int(commit)]

    def content(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes; what is `missing` is left out."""
        self.reads += len(blobs)
        return {blob: self._bytes[blob] for blob in blobs if self._bytes[blob] not in self.missing}

    def digests(self, blobs: Sequence[str]) -> Mapping[str, str]:
        """SHA-256."""
        return {blob: hashlib.sha256(self._bytes[blob]).hexdigest() for blob in blobs}

    def _blob(self, content: bytes | tuple[bytes, str]) -> Blob:
        octets, mode = content if isinstance(content, tuple) else (content, "100644")
        name = hashlib.sha1(octets).hexdigest()
        self._bytes[name] = octets
        return Blob(name, mode)
