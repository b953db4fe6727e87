"""What a report may tell, and as whose word it is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.core.fact import Agent, Claim, Evidence, HumanTime, Reversal, Run, Verdict, WorkItem
from gainful.core.fact_json import fact_json
from gainful.intake.reports.binding import KINDS, Reporter, ReportInvalid, bound, read

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT = "2026-11-02T08:00:00Z"
ITEM, RUN, AGENT = "mail:" + "a" * 32, "b" * 32, "triage@0123abcd"
ANN = Reporter("ann@example.org", "k7h2", frozenset())
TRUSTED = Reporter("ann@example.org", "k7h2", frozenset({"mail"}))

GOOD: dict[str, dict[str, Any]] = {
    "agent": {"id": AGENT, "owner": "me", "tool": "gainful"},
    "work_item": {"id": ITEM, "work_class": "mail", "requester": "system:mail"},
    "run": {"id": RUN, "agent": AGENT, "person": "me", "work_item": ITEM, "trigger": "schedule", "ended_at": AT},
    "human_time": {"work_item": ITEM, "person": "me", "what": "review", "seconds": "90"},
    "claim": {"work_item": ITEM, "claimant": AGENT, "run": RUN},
    "verdict": {"work_item": ITEM, "by": "system:mail", "accepted": True},
    "evidence": {"work_item": ITEM, "system": "system:mail", "what": "effect", "after": "c" * 32},
    "reversal": {"work_item": ITEM, "by": "me"},
}


def told(kind: str, **changes: Any) -> dict[str, Any]:
    """A fact that may be told, changed like this."""
    return {"kind": kind, "at": AT, "key": f"k-{kind}", **GOOD[kind], **changes}


def booked(kind: str, who: Reporter = ANN, **changes: Any) -> Any:
    return bound(read(told(kind, **changes), NOW), who)


def test_all_kinds_that_may_be_told_are_booked_in_the_name_of_the_reporter() -> None:
    assert set(GOOD) == set(KINDS)
    item = f"report:k7h2:{ITEM}"
    agent: Agent = booked("agent")
    assert (agent.id, agent.owner) == (AGENT, "ann@example.org")
    opened: WorkItem = booked("work_item")
    assert (opened.id, opened.requester) == (item, "system:report:mail")
    run: Run = booked("run")
    assert (run.id, run.person, run.work_item, run.trigger) == (RUN, "ann@example.org", item, "schedule")
    time: HumanTime = booked("human_time")
    assert (time.person, time.work_item) == ("ann@example.org", item)
    claim: Claim = booked("claim")
    assert (claim.claimant, claim.work_item) == (AGENT, item)
    evidence: Evidence = booked("evidence")
    assert (evidence.system, evidence.work_item) == ("system:report:mail", item)
    reversal: Reversal = booked("reversal")
    assert (reversal.by, reversal.work_item) == ("ann@example.org", item)


def test_what_a_system_says_through_a_machine_is_its_persons_word_unless_it_is_believed() -> None:
    verdict: Verdict = booked("verdict")
    assert verdict.by == "ann@example.org"
    assert booked("verdict", TRUSTED).by == "system:report:mail"
    assert booked("verdict", TRUSTED, by="system:deployment").by == "ann@example.org"
    assert booked("verdict", TRUSTED, by="me").by == "ann@example.org"


def test_what_the_reporter_asked_for_is_theirs() -> None:
    assert booked("work_item", requester="me").requester == "ann@example.org"


def test_keys_and_items_of_two_people_never_meet() -> None:
    other = Reporter("bo@example.org", "z9x8", frozenset())
    for kind in sorted(set(KINDS) - {"agent"}):
        mine, theirs = booked(kind), booked(kind, other)
        assert mine.key != theirs.key
        assert fact_json(mine).get("work_item", fact_json(mine)["id"] if kind == "work_item" else "") != fact_json(
            theirs
        ).get("work_item", fact_json(theirs)["id"] if kind == "work_item" else "")
    # Whoever is first the owner of an agent, stays it.
    assert booked("agent").key == booked("agent", other).key


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("agent", {"owner": "bo@example.org"}),
        ("agent", {"id": "reviewer"}),
        ("agent", {"team": "shop"}),
        ("work_item", {"id": "T-812"}),
        ("work_item", {"id": "report:z9x8:mail:" + "a" * 32}),
        ("work_item", {"id": "mail:ann@example.org"}),
        ("work_item", {"requester": "bo@example.org"}),
        ("work_item", {"requester": "system:a b"}),
        ("work_item", {"requester": "system:"}),
        ("work_item", {"team": "shop"}),
        ("work_item", {"part_of": "T-1"}),
        ("work_item", {"work_class": "A Subject Line"}),
        ("run", {"id": "run-1"}),
        ("run", {"person": "bo@example.org"}),
        ("run", {"work_item": ""}),
        ("run", {"exploration": "voice-bot"}),
        ("run", {"input_hash": "c" * 32}),
        ("human_time", {"person": "bo@example.org"}),
        ("human_time", {"what": "hand"}),
        ("human_time", {"seconds": "86401"}),
        ("human_time", {"measured": False}),
        ("claim", {"claimant": "bo@example.org"}),
        ("claim", {"minutes": "600"}),
        ("claim", {"work_item": "T-812"}),
        ("verdict", {"by": "bo@example.org"}),
        ("verdict", {"by": "system:report:mail"}),
        ("evidence", {"what": "money", "money": "1000"}),
        ("evidence", {"what": "documented"}),
        ("evidence", {"system": "bo@example.org"}),
        ("evidence", {"after": "the text of a mail"}),
        ("evidence", {"by": "bo@example.org"}),
        ("evidence", {"share": 1}),
        ("reversal", {"by": "bo@example.org"}),
        ("reversal", {"why": "the text of a mail"}),
        ("reversal", {"cost": "5"}),
        ("claim", {"key": ""}),
        ("claim", {"key": "k" * 201}),
        ("claim", {"at": "2026-11-02T09:06:00Z"}),
        ("claim", {"at": "yesterday"}),
        ("claim", {"claimant": None}),
        ("claim", {"more": "of it"}),
    ],
)
def test_nothing_else_may_be_told(kind: str, changes: dict[str, Any]) -> None:
    read(told(kind), NOW)
    with pytest.raises(ReportInvalid):
        read(told(kind, **changes), NOW)


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "hold_out", "work_item": ITEM, "arm": "hand", "share": 0.5},
        {"kind": "call", "id": "x", "cost": "1000000"},
        {"kind": "person", "id": "bo@example.org", "team": "shop"},
        {"kind": "account", "id": "bo@example.org", "owner": "ann@example.org"},
        {"kind": "team", "id": "shop"},
        {"kind": "audit", "work_item": ITEM, "auditor": "bo@example.org", "passed": True},
        {"kind": "exploration", "id": "x", "team": "shop", "budget": "5", "ends_at": AT},
        {"kind": "read", "run": RUN, "by": "bo@example.org"},
        {"kind": "nothing"},
        {},
    ],
)
def test_other_kinds_are_no_reporters(content: dict[str, Any]) -> None:
    with pytest.raises(ReportInvalid):
        read({"at": AT, "key": "k", **content}, NOW)


def test_a_clock_may_be_a_little_ahead() -> None:
    read(told("claim", at="2026-11-02T09:04:59Z"), NOW)
    with pytest.raises(ReportInvalid, match="future"):
        read(told("claim"), NOW - timedelta(hours=2))
