"""Imports what a repository says about pull requests: whose, merged by whom, how much of them is left, what was undone.

    done = PullRequests(app.facts, app.marks, clock).read(path, "shop", "main", agents, since)

The log is read as a whole each time; lines are counted once, when their days are over. Killed in the middle, it is
simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.git.lines import GitLines
from gainful.core.clock import Clock
from gainful.core.commit import LoggedCommit
from gainful.core.fact import Agent, Fact
from gainful.intake.judges.pull_request import (
    Agents,
    PullRequest,
    facts_of,
    pull_requests,
    standing_at,
    survived,
    trunk_of,
)
from gainful.storage.database import transaction
from gainful.storage.facts.fact_store import Appended, FactStore
from gainful.storage.runs.mark_store import MarkStore

SOURCE = "git"
BATCH = 200
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""Since when an agent is whose it is: before any pull request that it made."""

KNOWN_AGENTS: Mapping[str, str] = {"noreply@anthropic.com": "claude-code"}
"""Addresses under which agents write themselves into commits, and the tool that each is."""

Report = Callable[[int, int], None]


@dataclass
class Found:
    """What became of it.

    Args:
        pulls: Pull requests that were looked at.
        accepted: Of these, those that somebody else merged.
        reverted: Of these, those that were undone.
        counted: How often lines were counted.
        until: Until when the copy tells what became of them.
    """

    pulls: int = 0
    accepted: int = 0
    reverted: int = 0
    counted: int = 0
    new: int = 0
    doubled: int = 0
    until: datetime | None = None


class PullRequests:
    """Imports into one installation's facts."""

    def __init__(self, facts: FactStore, marks: MarkStore, clock: Clock) -> None:
        self._facts = facts
        self._marks = marks
        self._clock = clock

    def read(
        self,
        path: Path,
        name: str,
        branch: str,
        agents: Agents,
        since: datetime | None = None,
        report: Report = lambda _done, _of: None,
    ) -> Found:
        """Book the pull requests of a branch.

        Args:
            name: What the repository is called; part of each item's id.
            since: Leave out what was merged before.

        Raises:
            GitInvalid, GitRefused, GitUnreachable: It cannot be read.
        """
        lines = GitLines.at(name, path)
        log = lines.log(branch)
        pulls = [one for one in pull_requests(log, branch, agents) if since is None or one.merged_at >= since]
        found = Found(until=lines.known_until(max(one.committed_at for one in log), self._clock()))
        counting = _Counting(lines, trunk_of(log), name, found.until, self._counted(name, branch, since))
        for start in range(0, len(pulls), BATCH):
            some = pulls[start : start + BATCH]
            looked = [fact for pull in some for fact in counting.of(pull)]
            self._book(some, name, looked, found)
            report(start + len(some), len(pulls))
        found.counted = counting.counted
        if found.until is not None:
            with transaction(self._facts.engine) as connection:
                self._marks.set_in(connection, _mark(name, branch, since), found.until.isoformat())
        return found

    def _counted(self, name: str, branch: str, since: datetime | None) -> datetime | None:
        """Until when all lines were counted by an earlier import of the same."""
        mark = self._marks.get(_mark(name, branch, since))
        return datetime.fromisoformat(mark) if mark else None

    def _book(self, pulls: Sequence[PullRequest], name: str, looked: Sequence[Fact], found: Found) -> None:
        with transaction(self._facts.engine) as connection:
            owners = [pull.author for pull in pulls if pull.agent and pull.author]
            names = self._facts.pseudonyms_in(connection, owners)
            facts = [fact for pull in pulls for fact in _told(pull, name, names)]
            done = self._facts.append_in(connection, [*facts, *looked], SOURCE) if facts else Appended()
        found.new += done.new
        found.doubled += done.doubled
        found.pulls += len(pulls)
        found.accepted += sum(1 for pull in pulls if pull.merger and pull.author)
        found.reverted += sum(1 for pull in pulls if pull.reverts)


class _Counting:
    """Counts the lines that are left of pull requests."""

    def __init__(
        self,
        lines: GitLines,
        trunk: Sequence[LoggedCommit],
        name: str,
        until: datetime | None,
        counted: datetime | None,
    ) -> None:
        self._lines = lines
        self._trunk = trunk
        self._name = name
        self._until = until
        self._known = counted
        self.counted = 0

    def of(self, pull: PullRequest) -> Iterator[Fact]:
        """What is left of it, at each instant that has come since it was looked at last."""
        brought: int | None = None
        for days, at in pull.looks:
            standing = standing_at(self._trunk, at)
            if self._until is None or at > self._until or standing is None or self._is_known(at):
                continue
            if brought is None:
                brought = self._lines.count(pull.base, pull.commit, pull.commit, pull.commits)
            if brought:
                left = self._lines.count(pull.base, pull.commit, standing.id, pull.commits)
                self.counted += 1
                yield survived(pull, self._name, days, at, left, brought)

    def _is_known(self, at: datetime) -> bool:
        return self._known is not None and at <= self._known


def _told(pull: PullRequest, name: str, names: Mapping[str, str]) -> Iterator[Fact]:
    """Its facts. An agent of several people is one for each, under the name that its own logs are imported under."""
    owner = names.get(pull.author, "") if pull.agent else ""
    agent = f"{pull.agent} of {owner}" if owner else pull.agent
    if owner:
        yield Agent(at=FIRST, id=agent, owner=pull.author, tool=pull.agent)
    yield from facts_of(pull, name, agent)


def _mark(name: str, branch: str, since: datetime | None) -> str:
    return f"import:git:{name}:{branch}:{since.isoformat() if since is not None else ''}"
