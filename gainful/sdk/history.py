"""What a history of changes implements: which commits lie between two, and what they change. Pure reads.

history.resolve("main")                           # Commit
history.commits(base, head, limit=50)             # newest first
history.changes(base, head)                       # which files differ, by path
history.content([blob, blob])                     # the bytes behind them
history.digests([blob, blob])                     # their SHA-256, however large they are
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from gainful.core.errors import Invalid


class NoSuchCommit(Invalid):
    """The repository has no commit of this name."""

    code = "no-such-commit"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Args:
        author: Name and address as git has them; whoever commits chooses them.
        at: When it was committed; aware.
        subject: First line of its message.
    """

    id: str
    tree: str
    author: str
    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A file at one commit.

    Args:
        id: Of its content, as git names it: the same content has the same.
        mode: `100644`, `100755`, `120000` (a link) or `160000` (another repository).
    """

    id: str
    mode: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path whose file differs; None on the side where there is none. A renamed file is one gone and one new."""

    path: str
    before: Blob | None
    after: Blob | None


@runtime_checkable
class History(Protocol):
    """One repository. One thread at a time."""

    def resolve(self, revision: str) -> Commit:
        """The commit of this name, branch or tag.

        Raises:
            NoSuchCommit: There is none, or several.
        """

    def commits(self, base: str, head: str, limit: int) -> Sequence[Commit]:
        """The commits that `head` has and `base` has not, newest first."""

    def changes(self, base: str, head: str) -> Sequence[FileChange]:
        """The files that differ between two commits, by path."""

    def files(self, commit: str) -> Mapping[str, Blob]:
        """Every file of a commit, by path."""

    def content(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes behind these ids; a file larger than 4 MiB is left out."""

    def digests(self, blobs: Sequence[str]) -> Mapping[str, str]:
        """The SHA-256 of the bytes behind these ids, in hexadecimal; of another repository's, that of its id.

        A digest over all that ships needs each file, the largest too, and none of their bytes.
        """
