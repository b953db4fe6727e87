"""Commits of a repository as its log has them: what reads the repository and what judges from it share them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LoggedCommit:
    """One commit with its whole message.

    Args:
        parents: Ids; the first one is what it was put on top of.
        author, committer: Addresses in lower case, or names where there is no address; whoever commits chooses them.
        authored_at, committed_at: Aware.
    """

    id: str
    parents: tuple[str, ...]
    tree: str
    author: str
    authored_at: datetime
    committer: str
    committed_at: datetime
    message: str

    @property
    def subject(self) -> str:
        """First line of its message."""
        return self.message.partition("\n")[0]
