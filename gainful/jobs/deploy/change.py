"""The change that a deployment ships, as its plan tells it: how many commits, by whom, since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gainful.core.deployment import Kind, Release


@dataclass(frozen=True, slots=True)
class Shipped:
    """One commit of the change. Whoever commits chooses `author` and `subject`.

    Args:
        at: When it was committed; None where the plan does not tell.
    """

    id: str
    author: str
    subject: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan says of the change.

    Args:
        kind: None where nothing has been planned yet.
        release: Id of the release that is to be live; empty where nothing has been planned.
        commits: The newest ones, newest first.
        count: How many there are, also those that the plan leaves out.
        authors: Who made it, by name, each once.
    """

    kind: Kind | None = None
    proof: tuple[str, ...] = ()
    release: str = ""
    commit: str = ""
    commits: tuple[Shipped, ...] = ()
    count: int = 0
    authors: tuple[str, ...] = ()


def change_of(plan: Mapping[str, Any]) -> Change:
    """The change that a plan, as it is kept, tells of; what an older plan did not write down is empty."""
    verdict = _mapping(plan.get("verdict"))
    candidate = _mapping(plan.get("candidate"))
    commits = tuple(_commit(one) for one in _list(plan.get("commits")) if isinstance(one, Mapping))
    kind = str(verdict.get("kind", ""))
    authors = [str(one) for one in _list(plan.get("authors"))] or [one.author for one in commits]
    digest, config = (str(candidate.get(name, "")) for name in ("digest", "config"))
    return Change(
        kind=Kind(kind) if kind in set(Kind) else None,
        proof=tuple(str(line) for line in _list(verdict.get("proof"))),
        release=Release("", digest, config).id if digest else "",
        commit=str(candidate.get("commit", "")),
        commits=commits,
        count=max(_number(plan.get("commit_count")), len(commits)),
        authors=tuple(dict.fromkeys(map(name_of, authors))),
    )


def name_of(author: str) -> str:
    """The name of an author, without the address that git keeps beside it."""
    return author.partition("<")[0].strip() or author.strip()


def _commit(stored: Mapping[str, Any]) -> Shipped:
    at = stored.get("at")
    return Shipped(
        id=str(stored.get("id", "")),
        author=str(stored.get("author", "")),
        subject=str(stored.get("subject", "")),
        at=datetime.fromisoformat(at) if isinstance(at, str) and at else None,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
