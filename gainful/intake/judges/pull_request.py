"""Pull requests, as the log of a branch tells them: whose they were, who merged them, and which were reverted.

    found = pull_requests(log, "main", Agents({"noreply@anthropic.com": "claude-code"}))
    facts = facts_of(found[0], "shop", agent="")

The rule. A merge commit on the branch, or a commit whose first line ends in `(#123)`, is a pull request. It is claimed
by its author, and accepted by whoever merged it where that is somebody else. Where the code host itself made the
commit, who merged is told by a `Merged-by`, `Approved-by` or `Reviewed-by` in its message, and by nothing else: then
nobody is known to have accepted it. An agent's address as the author, or as a co-author, makes it the agent's work, for
which the author answers.

What only takes back something else is none. What was merged into another branch before, and came from there, is one of
its own, and lines are looked for from when it came.

The horizon is 30 days. A commit that says within it that it reverts the pull request undoes it; later, that is the
next change. Lines that are left 14 and 30 days after are evidence of how much has survived.

All names are as the commits have them. Whoever may write to the branch without anybody's review can write any name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gainful.core.commit import LoggedCommit
from gainful.core.fact import SYSTEM, Claim, Evidence, Fact, Reversal, Verdict, WorkItem

HORIZON = timedelta(days=30)
LOOKS = (timedelta(days=14), HORIZON)
"""After which times the lines that are left are counted."""

WORK_CLASS = "pull-request"
GIT = f"{SYSTEM}git"

HOSTS = frozenset({"noreply@github.com", "noreply@gitlab.com", "noreply@bitbucket.org"})
"""Addresses under which code hosts commit what somebody merged with a button."""

_NUMBER = re.compile(r"\(#(\d{1,9})\)\s*$")
_MERGED_NUMBER = re.compile(r"^Merge pull request #(\d{1,9})\b|^See merge request \S*!(\d{1,9})\s*$", re.MULTILINE)
_TRAILER = re.compile(r"^(merged|approved|reviewed|co-authored|signed-off)-by:\s*(.*?)\s*(?:<([^<>\s]+)>)?\s*$", re.I)
_REVERTED_COMMIT = re.compile(r"^This reverts commit ([0-9a-f]{7,40})\b", re.MULTILINE)
_REVERTED_NUMBER = re.compile(
    r"^Reverts (?:[\w.-]+/[\w.-]+)?[#!](\d{1,9})\s*$|^Merge pull request #\d+ from \S+/revert-(\d{1,9})-", re.MULTILINE
)
_REVERT = re.compile(r'^Revert "(?!Revert\b|Reapply\b)')
_REVERTED_SUBJECT = re.compile(r'^Revert "(?!Revert\b|Reapply\b).*\(#(\d{1,9})\)"')


@dataclass(frozen=True, slots=True)
class Agents:
    """Addresses of agents, with the names of the agents."""

    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, commit: LoggedCommit) -> str:
        """The agent that made a commit, or helped to; empty where none did."""
        makers = (commit.author, *_named(commit, "co-authored"))
        return next((self.names[one] for one in makers if one in self.names), "")

    def people(self, commit: LoggedCommit) -> list[str]:
        """The people who made a commit, the author first; where only agents did, those who signed it off."""
        makers = (commit.author, *_named(commit, "co-authored"))
        return self._without(makers) or self._without(_named(commit, "signed-off"))

    def _without(self, makers: Sequence[str]) -> list[str]:
        return [one for one in dict.fromkeys(makers) if one not in self.names and one not in HOSTS]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request that was merged.

    Args:
        name: `#123`, or `@` and the beginning of its commit's id where it has no number.
        base: The commit that it was merged into; empty where there is none.
        commit: With which it was merged.
        commits: Ids of all commits that it brought.
        author: Who answers for it; empty where only an agent is known.
        agent: Whose work it is, where an agent did it.
        merger: Somebody other than those who made it; empty where nobody is known.
        landed_at: When it came onto the branch, where it was merged into another one first.
        before, after: Ids of all files before and after it.
    """

    name: str
    base: str
    commit: str
    commits: frozenset[str]
    author: str
    agent: str
    merger: str
    opened_at: datetime
    merged_at: datetime
    landed_at: datetime
    before: str
    after: str
    reverts: tuple[tuple[datetime, str], ...] = ()

    @property
    def looks(self) -> list[tuple[int, datetime]]:
        """After how many days its lines are counted, and when that is."""
        return [(look.days, self.landed_at + look) for look in LOOKS]


def pull_requests(log: Sequence[LoggedCommit], branch: str, agents: Agents) -> list[PullRequest]:
    """The pull requests of a branch, oldest first.

    Args:
        log: All its commits, newest first.
    """
    known = {commit.id: commit for commit in log}
    seen: set[str] = set()
    found: dict[str, PullRequest] = {}
    for commit in reversed(_trunk(known, log)):
        brought = _reached(known, commit.id, lambda id_: id_ not in seen)
        seen.update(one.id for one in brought)
        for pull in _landed(known, brought, branch, agents):
            # The same one again is a copy, such as one that was picked onto another branch before. Taking something
            # back is no outcome of its own, or doing and undoing would be worth more than doing nothing.
            if not all(_REVERT.match(known[id_].subject) for id_ in _made(pull)):
                found.setdefault(pull.name, pull)
    return _with_reverts(list(found.values()), log)


def standing_at(trunk: Sequence[LoggedCommit], at: datetime) -> LoggedCommit | None:
    """What the branch was at an instant: the newest of its commits, newest first, that was there by then."""
    return next((commit for commit in trunk if commit.committed_at <= at), None)


def trunk_of(log: Sequence[LoggedCommit]) -> list[LoggedCommit]:
    """What the branch itself was, newest first, without what was merged into it."""
    return _trunk({commit.id: commit for commit in log}, log)


def item_of(repository: str, pull: PullRequest) -> str:
    """The id of its work item."""
    return f"pull-request:{repository}{pull.name}"


def facts_of(pull: PullRequest, repository: str, agent: str = "") -> Iterator[Fact]:
    """What is known of a pull request without looking at its lines.

    Args:
        agent: The claiming agent as the books call it; empty: the author claims it.
    """
    item, key = item_of(repository, pull), f"git:{repository}:{pull.commit}"
    opened = min(pull.opened_at, pull.merged_at)
    yield WorkItem(at=opened, key=f"{key}:item", id=item, work_class=WORK_CLASS, requester=GIT)
    claimant = agent or pull.author
    if claimant:
        yield Claim(at=pull.merged_at, key=f"{key}:claim", work_item=item, claimant=claimant)
    # Who answers for the work must be known, or nobody could tell that it is not whoever merged it.
    if pull.merger and pull.author:
        yield Verdict(at=pull.merged_at, key=f"{key}:merged", work_item=item, by=pull.merger, accepted=True)
    yield Evidence(
        at=pull.merged_at, key=f"{key}:effect", work_item=item, system=GIT, what="effect",
        before=pull.before, after=pull.after, by=pull.merger,
    )  # fmt: skip
    for at, by in pull.reverts:
        yield Reversal(at=at, key=f"{key}:reverted:{at.isoformat()}", work_item=item, by=by, why="reverted")


def survived(pull: PullRequest, repository: str, days: int, at: datetime, left: int, of: int) -> Evidence:
    """What is left of its lines after so many days."""
    return Evidence(
        at=at,
        key=f"git:{repository}:{pull.commit}:left:{days}",
        work_item=item_of(repository, pull),
        system=GIT,
        what="survived",
        share=min(1.0, left / of),
    )


# --- reading the log --------------------------------------------------------------------------------------------------


def _trunk(known: Mapping[str, LoggedCommit], log: Sequence[LoggedCommit]) -> list[LoggedCommit]:
    trunk: list[LoggedCommit] = []
    commit = log[0] if log else None
    while commit is not None:
        trunk.append(commit)
        commit = known.get(commit.parents[0]) if commit.parents else None
    return trunk


def _reached(known: Mapping[str, LoggedCommit], start: str, goes: Callable[[str], bool]) -> list[LoggedCommit]:
    """The commits that one has, itself the first, through those into which it goes."""
    reached, waiting, seen = list[LoggedCommit](), [start], set[str]()
    while waiting:
        id_ = waiting.pop()
        if id_ in known and id_ not in seen and goes(id_):
            seen.add(id_)
            reached.append(known[id_])
            waiting += known[id_].parents
    return reached


def _landed(
    known: Mapping[str, LoggedCommit], brought: Sequence[LoggedCommit], branch: str, agents: Agents
) -> Iterator[PullRequest]:
    """The pull requests that came onto the branch with a commit, the first of these: itself, or others that it brings.

    What was merged into another branch, and came from there, is its own and not part of the merge that brought it.
    """
    whole, *others = brought
    inside = {one.id for one in brought}
    taken: set[str] = set()
    for one in sorted(others, key=lambda one: one.committed_at):
        if _number(one) and one.id not in taken:
            onto = one.parents[0] if one.parents else ""
            before = {other.id for other in _reached(known, onto, inside.__contains__)} | taken
            own = [part for part in _reached(known, one.id, inside.__contains__) if part.id not in before]
            taken.update(part.id for part in own)
            yield _read(one, known.get(onto), own, agents, whole.committed_at)
    rest = [one for one in brought if one.id not in taken]
    merge = len(whole.parents) > 1 and not _update(whole, branch) and len(rest) > 1 and (_number(whole) or not taken)
    if merge or (len(whole.parents) < 2 and _number(whole)):
        base = known.get(whole.parents[0]) if whole.parents else None
        yield _read(whole, base, rest, agents, whole.committed_at)


def _number(commit: LoggedCommit) -> str:
    """The number of the pull request that a commit is; empty where it says none."""
    merge = len(commit.parents) > 1
    found = _MERGED_NUMBER.search(commit.message) if merge else _NUMBER.search(commit.subject)
    return next((one for one in found.groups() if one), "") if found else ""


def _update(commit: LoggedCommit, branch: str) -> bool:
    """Whether a merge only brought somebody's copy of the branch up to date."""
    return bool(re.match(rf"Merge (remote-tracking )?branch '([\w.-]+/)?{re.escape(branch)}'", commit.subject))


def _read(
    commit: LoggedCommit,
    base: LoggedCommit | None,
    brought: Sequence[LoggedCommit],
    agents: Agents,
    landed_at: datetime,
) -> PullRequest:
    # Of a merge, those who made it are the authors of what was merged, and not of the merge.
    made = [one for one in brought if one.id != commit.id] if len(commit.parents) > 1 else brought
    makers = [person for one in made for person in agents.people(one)]
    number = _number(commit)
    mergers = [one for one in _mergers(commit) if one not in makers and one not in agents.names]
    return PullRequest(
        name=f"#{number}" if number else f"@{commit.id[:12]}",
        base=base.id if base is not None else "",
        commit=commit.id,
        commits=frozenset(one.id for one in brought),
        author=max(dict.fromkeys(makers), key=makers.count, default=""),
        agent=next((name for one in made if (name := agents.of(one))), ""),
        merger=mergers[0] if mergers else "",
        opened_at=min((one.authored_at for one in made), default=commit.authored_at),
        merged_at=commit.committed_at,
        landed_at=landed_at,
        before=base.tree if base is not None else "",
        after=commit.tree,
    )


def _mergers(commit: LoggedCommit) -> list[str]:
    """Who merged it, as far as that is told; the surest first."""
    if len(commit.parents) > 1:
        return [] if commit.author in HOSTS else [commit.author]
    if commit.committer not in HOSTS:
        return [commit.committer]
    return [who for word in ("merged", "approved", "reviewed") for who in _named(commit, word)]


def _named(commit: LoggedCommit, word: str) -> list[str]:
    """Whom the message names after `WORD-by:`."""
    found = (_TRAILER.match(line) for line in commit.message.splitlines()[1:])
    return [one[3].lower() if one[3] else one[2] for one in found if one and one[1].lower() == word and one[2]]


# --- what was undone --------------------------------------------------------------------------------------------------


def _with_reverts(found: Sequence[PullRequest], log: Sequence[LoggedCommit]) -> list[PullRequest]:
    by_name = {pull.name: pull for pull in found}
    by_commit = {one: pull for pull in found for one in _whole(pull)}
    reverts: dict[str, list[tuple[datetime, str]]] = {}
    for commit in log:
        for pull in _reverted(commit, by_name, by_commit):
            if commit.id not in pull.commits and pull.merged_at < commit.committed_at <= pull.merged_at + HORIZON:
                by = commit.author if commit.author not in HOSTS else GIT
                reverts.setdefault(pull.commit, []).append((commit.committed_at, by))
    return [replace(pull, reverts=tuple(sorted(reverts.get(pull.commit, ())))) for pull in found]


def _made(pull: PullRequest) -> frozenset[str]:
    """The commits that hold its changes: not the merge, where others came with it."""
    return pull.commits - {pull.commit} or pull.commits


def _whole(pull: PullRequest) -> set[str]:
    """The commits that cannot be undone without undoing all of it."""
    made = _made(pull)
    return {pull.commit, *made} if len(made) == 1 else {pull.commit}


def _reverted(
    commit: LoggedCommit, by_name: Mapping[str, PullRequest], by_commit: Mapping[str, PullRequest]
) -> list[PullRequest]:
    """The pull requests that a commit says it undoes."""
    names = [one for found in _REVERTED_NUMBER.findall(commit.message) for one in found if one]
    names += _REVERTED_SUBJECT.findall(commit.subject)
    found = [by_name[f"#{name}"] for name in names if f"#{name}" in by_name]
    for short in _REVERTED_COMMIT.findall(commit.message):
        found += [pull for id_, pull in by_commit.items() if id_.startswith(short)]
    return list({pull.commit: pull for pull in found}.values())
