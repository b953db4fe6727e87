"""Pull requests told from a log alone: whose they were, who merged them, and what undid them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gainful.core.commit import LoggedCommit
from gainful.core.fact import Claim, Evidence, Reversal, Verdict, WorkItem
from gainful.intake.judges.pull_request import Agents, PullRequest, facts_of, pull_requests, survived

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
HOST = "noreply@github.com"
CLAUDE = Agents({"noreply@anthropic.com": "claude-code"})


class Log:
    """A log that grows; each commit is an hour after the one before."""

    def __init__(self) -> None:
        self.commits: list[LoggedCommit] = []

    def add(
        self, message: str, author: str = "ann@x.org", committer: str = "", parents: str | None = None, days: float = 0
    ) -> str:
        """Add a commit on top of the last one, or of these; its letter."""
        letter = "abcdefghijklmnop"[len(self.commits)]
        before = parents if parents is not None else self.commits[-1].id[0] if self.commits else ""
        at = NOW + timedelta(hours=len(self.commits), days=days)
        commit = LoggedCommit(
            letter * 40,
            tuple(one * 40 for one in before),
            f"tree-{letter}",
            author,
            at,
            committer or author,
            at,
            message,
        )
        self.commits.append(commit)
        return letter

    def read(self, agents: Agents = CLAUDE) -> list[PullRequest]:
        return pull_requests(self.commits[::-1], "main", agents)


@pytest.fixture
def log() -> Log:
    made = Log()
    made.add("First", author="root@x.org")
    return made


def merged(
    log: Log, message: str = "Merge pull request #7 from ann/fix\n\nFix it", author: str = "bo@x.org"
) -> PullRequest:
    log.add("One", parents="a")
    log.add("Two", parents="b")
    log.add("Merge pull request #7 from ann/fix\n\nFix it", author=author, committer=HOST, parents="ac")
    (found,) = log.read()
    return found


def test_a_merge_is_its_authors_and_accepted_by_whoever_merged(log: Log) -> None:
    found = merged(log)
    assert (found.name, found.author, found.agent, found.merger) == ("#7", "ann@x.org", "", "bo@x.org")
    assert found.commits == {letter * 40 for letter in "bcd"}
    assert (found.base, found.before, found.after) == ("a" * 40, "tree-a", "tree-d")
    assert (found.opened_at, found.merged_at) == (NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    item, claim, verdict, effect = facts_of(found, "shop")
    assert isinstance(item, WorkItem)
    assert (item.id, item.work_class, item.requester) == ("pull-request:shop#7", "pull-request", "system:git")
    assert isinstance(claim, Claim)
    assert claim.claimant == "ann@x.org"
    assert isinstance(verdict, Verdict)
    assert (verdict.by, verdict.accepted) == ("bo@x.org", True)
    assert isinstance(effect, Evidence)
    assert (effect.before, effect.after) == ("tree-a", "tree-d")
    assert len({fact.key for fact in (item, claim, verdict, effect)}) == 4


def test_nobody_accepts_their_own(log: Log) -> None:
    found = merged(log, author="ann@x.org")
    assert found.merger == ""
    assert not [fact for fact in facts_of(found, "shop") if isinstance(fact, Verdict)]


@pytest.mark.parametrize(
    ("message", "author", "committer", "merger"),
    [
        ("Fix it (#8)", "ann@x.org", "bo@x.org", "bo@x.org"),
        ("Fix it (#8)", "ann@x.org", "ann@x.org", ""),
        # A host's button: who pressed it is in the message, or nowhere.
        ("Fix it (#8)", "ann@x.org", HOST, ""),
        ("Fix it (#8)\n\nReviewed-by: Bo <Bo@x.org>", "ann@x.org", HOST, "bo@x.org"),
        ("Fix it (#8)\n\nReviewed-by: Ann <ann@x.org>\nMerged-by: Cy <cy@x.org>", "ann@x.org", HOST, "cy@x.org"),
        ("Fix it (#8)\n\nReviewed-by: Ann <ann@x.org>", "ann@x.org", HOST, ""),
        # Whoever pushes it themselves could write any name there.
        ("Fix it (#8)\n\nReviewed-by: Bo <bo@x.org>", "ann@x.org", "ann@x.org", ""),
        # Who helped to make it cannot accept it, and neither can an agent.
        ("Fix it (#8)\n\nCo-authored-by: Bo <bo@x.org>", "ann@x.org", "bo@x.org", ""),
        ("Fix it (#8)", "ann@x.org", "noreply@anthropic.com", ""),
    ],
)
def test_who_merged_a_squash(log: Log, message: str, author: str, committer: str, merger: str) -> None:
    log.add(message, author=author, committer=committer)
    (found,) = log.read()
    assert (found.name, found.author, found.merger) == ("#8", "ann@x.org", merger)


@pytest.mark.parametrize(
    ("message", "author", "answers", "agent"),
    [
        ("Fix (#9)\n\nCo-Authored-By: Claude <noreply@anthropic.com>", "ann@x.org", "ann@x.org", "claude-code"),
        ("Fix (#9)\n\nSigned-off-by: Ann <ann@x.org>", "noreply@anthropic.com", "ann@x.org", "claude-code"),
        ("Fix (#9)", "noreply@anthropic.com", "", "claude-code"),
        ("Fix (#9)\n\nSigned-off-by: Bo <bo@x.org>", "ann@x.org", "ann@x.org", ""),
    ],
)
def test_whose_an_agents_work_is(log: Log, message: str, author: str, answers: str, agent: str) -> None:
    log.add(message, author=author, committer="cy@x.org")
    (found,) = log.read()
    assert (found.author, found.agent, found.merger) == (answers, agent, "cy@x.org")
    facts = list(facts_of(found, "shop", agent))
    assert [fact.claimant for fact in facts if isinstance(fact, Claim)] == [agent or answers]
    # Where nobody answers for it, nobody can be told from its own side.
    assert bool([fact for fact in facts if isinstance(fact, Verdict)]) == bool(answers)


@pytest.mark.parametrize(
    "message", ["Merge branch 'main' of example.org:shop", "Merge remote-tracking branch 'origin/main'"]
)
def test_bringing_a_copy_up_to_date_is_no_pull_request(log: Log, message: str) -> None:
    log.add("One", parents="a")
    log.add(message, parents="ab")
    assert log.read() == []


def test_what_came_by_another_branch_is_not_the_merge_that_brought_it(log: Log) -> None:
    log.add("Fix (#20)", committer="bo@x.org", parents="a")
    log.add("Part", author="cy@x.org", parents="b")
    log.add("Merge pull request #21 from cy/part", author="bo@x.org", parents="bc")
    log.add("Meanwhile", parents="a")
    log.add("Merge branch '1.x'", author="dee@x.org", parents="ed")
    log.add("Direct", parents="a")
    log.add("Merge pull request #22 from ann/more", author="bo@x.org", parents="fg")
    found = log.read()
    assert [(pull.name, pull.author, pull.merger) for pull in found] == [
        ("#20", "ann@x.org", "bo@x.org"),
        ("#21", "cy@x.org", "bo@x.org"),
        ("#22", "ann@x.org", "bo@x.org"),
    ]
    assert [pull.commits for pull in found] == [{"b" * 40}, {"c" * 40, "d" * 40}, {"g" * 40, "h" * 40}]
    assert [pull.base for pull in found] == ["a" * 40, "b" * 40, "f" * 40]
    # Its lines are looked for on the branch from when they are there.
    assert found[0].merged_at == log.commits[1].committed_at
    assert found[0].landed_at == found[1].landed_at == log.commits[5].committed_at


def test_a_copy_that_was_picked_onto_the_branch_later_is_the_same_one(log: Log) -> None:
    log.add("Fix (#20)", committer="bo@x.org")
    log.add("Fix (#20)", committer="cy@x.org")
    assert [(pull.name, pull.merger) for pull in log.read()] == [("#20", "bo@x.org")]


def test_what_has_no_number_is_called_by_its_commit(log: Log) -> None:
    log.add("Pushed by hand")
    log.add("One", parents="a")
    log.add("Merge branch 'fix'\n\nSee merge request shop/web!31", author="bo@x.org", parents="bc")
    log.add("Two", parents="d")
    log.add("Merge branch 'more'", author="bo@x.org", parents="de")
    assert [found.name for found in log.read()] == ["#31", "@ffffffffffff"]


@pytest.mark.parametrize(
    ("message", "undone"),
    [
        ("Revert \"Fix it (#8)\" (#10)\n\nReverts shop/web#8", ["#8"]),
        ("Revert \"Fix it (#8)\"", ["#8"]),
        ("Undo\n\nThis reverts commit bbbbbbbbbb.", ["#8"]),
        ("Undo\n\nThis reverts commit dddddddddd.", ["#9"]),
        ("Merge pull request #13 from shop/revert-8-fix", ["#8"]),
        # It is done again: what had undone it is undone.
        ("Revert \"Revert \"Fix it (#8)\" (#10)\" (#11)", []),
        ("Talk of it\n\nThe commit bbbbbbbbbb reverts nothing; see #8", []),
        # One of two commits: that shows in the lines that are left.
        ("Undo\n\nThis reverts commit eeeeeeeeee.", []),
    ],
)  # fmt: skip
def test_what_a_revert_undoes(log: Log, message: str, undone: list[str]) -> None:
    log.add("Fix it (#8)", committer="bo@x.org")
    log.add("One", parents="b")
    log.add("Merge pull request #9 from x/y", author="bo@x.org", parents="bc")
    log.add("Two", parents="d")
    log.add("Three", parents="e")
    log.add("Merge pull request #12 from x/z", author="bo@x.org", parents="df")
    log.add(message, author="cy@x.org")
    found = {pull.name: pull for pull in log.read()}
    assert [name for name, pull in found.items() if pull.reverts] == undone
    for name in undone:
        (reversal,) = (fact for fact in facts_of(found[name], "shop") if isinstance(fact, Reversal))
        assert (reversal.by, reversal.at) == ("cy@x.org", log.commits[-1].committed_at)


@pytest.mark.parametrize(("days", "times"), [(29, 1), (31, 0)])
def test_after_thirty_days_it_is_the_next_change(log: Log, days: float, times: int) -> None:
    log.add("Fix it (#8)", committer="bo@x.org")
    log.add('Revert "Fix it (#8)"', days=days)
    assert len(log.read()[0].reverts) == times


@pytest.mark.parametrize("again", [False, True])
def test_taking_back_is_no_outcome_and_doing_it_again_is(log: Log, again: bool) -> None:
    log.add('Revert "Revert "Fix (#20)" (#21)" (#22)' if again else 'Revert "Fix (#20)" (#21)', committer="bo@x.org")
    log.add('Revert "Revert "More""' if again else 'Revert "More"', parents="b")
    log.add("Merge pull request #23 from x/y", author="bo@x.org", parents="bc")
    assert [pull.name for pull in log.read()] == (["#22", "#23"] if again else [])


def test_what_was_reverted_before_it_came_onto_the_branch(log: Log) -> None:
    log.add("Fix (#20)", committer="bo@x.org", parents="a")
    log.add('Revert "Fix (#20)"', parents="b")
    log.add("Merge branch '1.x'", author="bo@x.org", parents="ac")
    (found,) = log.read()
    assert [at for at, _ in found.reverts] == [log.commits[2].committed_at]


def test_what_is_left_is_a_share(log: Log) -> None:
    found = merged(log)
    assert [days for days, _ in found.looks] == [14, 30]
    left = survived(found, "shop", 14, found.looks[0][1], 3, 4)
    assert (left.what, left.share, left.at) == ("survived", 0.75, found.merged_at + timedelta(days=14))
    assert survived(found, "shop", 30, NOW, 5, 4).share == 1.0


def test_an_empty_log_has_none() -> None:
    assert pull_requests([], "main", CLAUDE) == []
