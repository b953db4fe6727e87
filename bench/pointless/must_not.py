"""What must never be refused, constructed on real repositories: each case is a plan that no verdict may refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gainful.core.deployment import Action, Intent, Running, TargetState
from gainful.core.shipped import matches
from gainful.jobs.deploy.planning import Ended, Past, Plan, Shipping, plan
from gainful.sdk.history import Blob, Commit, FileChange, History

ADDED = b"\n# solved again\nadded==1.0\n"


class Altered:
    """A history in which one file of one commit is another; the rest is as it is.

    Args:
        commit: Id of the commit; its altered twin is asked for as `altered`.
    """

    def __init__(self, history: History, commit: str, path: str) -> None:
        self._history = history
        self._commit = commit
        self._path = path
        blob = history.files(commit)[path]
        self._bytes = next(iter(history.content([blob.id]).values()), b"") + ADDED
        self._before = blob
        self._after = Blob(hashlib.sha256(self._bytes).hexdigest()[:40], blob.mode)
        self._twin = hashlib.sha256(commit.encode()).hexdigest()[:40]

    def resolve(self, revision: str) -> Commit:
        """As the history says; `altered` is the twin."""
        if revision in ("altered", self._twin):
            return replace(self._history.resolve(self._commit), id=self._twin, tree=self._twin)
        return self._history.resolve(revision)

    def commits(self, base: str, head: str, limit: int) -> Sequence[Commit]:
        """One that nobody made, or those that the history has."""
        if self._twin in (base, head):
            return [self.resolve(head)] if head == self._twin and limit else []
        return self._history.commits(base, head, limit)

    def changes(self, base: str, head: str) -> Sequence[FileChange]:
        """The one file."""
        if base == head or self._twin not in (base, head):
            return self._history.changes(base, head)
        return [FileChange(self._path, self._before, self._after)]

    def files(self, commit: str) -> Mapping[str, Blob]:
        """The files, one of them altered."""
        if commit != self._twin:
            return self._history.files(commit)
        return {**self._history.files(self._commit), self._path: self._after}

    def content(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes, some of them altered."""
        rest = self._history.content([blob for blob in blobs if blob != self._after.id])
        return {**rest, **({self._after.id: self._bytes} if self._after.id in blobs else {})}

    def digests(self, blobs: Sequence[str]) -> Mapping[str, str]:
        """Their digests."""
        rest = self._history.digests([blob for blob in blobs if blob != self._after.id])
        return {**rest, self._after.id: hashlib.sha256(self._bytes).hexdigest()}


@dataclass(frozen=True, slots=True)
class Case:
    """One that must not be refused."""

    kind: str
    made: Plan

    @property
    def refused(self) -> bool:
        """Whether it was, all the same."""
        return self.made.verdict.action is Action.REFUSE


def cases(service: str, shipping: Shipping, history: History, live: TargetState, at: datetime) -> Iterator[Case]:
    """Every kind on the release that is live: nothing in the repository has changed, or one file has.

    Args:
        live: A release of the repository, with its commit.
    """
    running = live.live
    assert running is not None
    here = running.release.commit

    def of(kind: str, state: TargetState = live, revision: str = here, **more: object) -> Case:
        return Case(kind, plan(service, shipping, history, state, revision, at=at, **more))  # type: ignore[arg-type]

    yield of("restart", intent=Intent.RESTART, reason="a worker hangs")
    yield of("secrets", intent=Intent.SECRETS)
    yield of("settings", settings={"app.toml": b"workers = 4\n"})
    yield of("rebuild", intent=Intent.REBUILD)
    yield of("repair", intent=Intent.REPAIR)
    yield of("drift", TargetState(Running(running.release, "blue", drift=("app/main.py",))))
    yield of("rollback", intent=Intent.ROLLBACK, past=_hurt(running.release.id, at))
    for kind, patterns in (("dependency", shipping.dependencies), ("base image", shipping.base_image)):
        for path in sorted(history.files(here)):
            if matches(path, patterns) and shipping.has(path):
                altered = Altered(history, here, path)
                yield Case(f"{kind} {path}", plan(service, shipping, altered, live, "altered", at=at))


def _hurt(release: str, at: datetime) -> list[Past]:
    return [Past(release, Ended.ROLLED_BACK, at - timedelta(hours=1))]
