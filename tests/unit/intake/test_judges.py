"""Events about outcomes and tickets become facts; what is none says why. What an asker's sign says of an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gainful.core.fact import Fact
from gainful.core.fact_json import fact_json
from gainful.intake.judges.chat import sense_of_message, sense_of_reaction
from gainful.intake.judges.event import OutcomeInvalid, read

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CLOSED = {"kind": "evidence", "system": "system:desk", "what": "effect", "before": "open", "after": "closed"}


def facts(event: str, **fields: object) -> list[Fact]:
    return read({"id": "e1", "event": event, "item": "T-1", **fields}, "desk", NOW)[1]


def told(event: str, **fields: object) -> list[dict[str, Any]]:
    """The facts of an event, without their key, instant and item."""
    plain = [fact_json(fact) for fact in facts(event, **fields)]
    return [{name: value for name, value in one.items() if name not in ("key", "at", "work_item")} for one in plain]


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        ("claim", {"by": "bo", "minutes": 12}, [{"kind": "claim", "claimant": "bo", "minutes": "12"}]),
        ("accept", {"by": "ann"}, [{"kind": "verdict", "by": "ann", "accepted": True}]),
        ("accept", {}, [{"kind": "verdict", "by": "system:desk", "accepted": True}]),
        ("reject", {"by": "ann"}, [{"kind": "verdict", "by": "ann", "accepted": False}]),
        ("verify", {"share": 0.5}, [{"kind": "evidence", "system": "system:desk", "what": "survived", "share": "0.5"}]),
        (
            "reverse",
            {"by": "ann", "why": "refunded", "cost": "9.50"},
            [{"kind": "reversal", "by": "ann", "why": "refunded", "cost": "9.5"}],
        ),
        (
            "accept",
            {"by": "ann", "before": "x", "after": "y", "money": 40},
            [
                {"kind": "verdict", "by": "ann", "accepted": True},
                {**CLOSED, "before": "x", "after": "y", "by": "ann"},
                {"kind": "evidence", "system": "system:desk", "what": "money", "money": "40", "by": "ann"},
            ],
        ),
        (
            "claim",
            {"by": "bo", "requester": "ann", "work_class": "invoice", "team": "shop"},
            [
                {"kind": "work_item", "id": "T-1", "work_class": "invoice", "requester": "ann", "team": "shop"},
                {"kind": "claim", "claimant": "bo"},
            ],
        ),
        ("opened", {"by": "ann"}, [{"kind": "work_item", "id": "T-1", "work_class": "ticket", "requester": "ann"}]),
        ("claimed", {"by": "bo"}, [{"kind": "claim", "claimant": "bo"}]),
        ("claimed", {"by": "lead", "claimant": "bo"}, [{"kind": "claim", "claimant": "bo"}]),
        (
            "closed",
            {"by": "ann", "claimant": "bo"},
            [
                {"kind": "claim", "claimant": "bo"},
                {"kind": "verdict", "by": "ann", "accepted": True},
                {**CLOSED, "by": "ann"},
            ],
        ),
        (
            # Closed by whoever did it: a claim, and nobody's acceptance.
            "closed",
            {"by": "bo", "claimant": "bo"},
            [
                {"kind": "claim", "claimant": "bo"},
                {**CLOSED, "by": "bo"},
            ],
        ),
        (
            "declined",
            {"by": "ann", "claimant": "bo"},
            [{"kind": "claim", "claimant": "bo"}, {"kind": "verdict", "by": "ann", "accepted": False}],
        ),
        ("reopened", {"by": "ann"}, [{"kind": "reversal", "by": "ann", "why": "opened again"}]),
        (
            "reopened",
            {"by": "ann", "closed_at": "2026-10-19T09:00:00Z"},
            [{"kind": "reversal", "by": "ann", "why": "opened again"}],
        ),
        # After 14 days it is a new wish.
        ("reopened", {"by": "ann", "closed_at": "2026-10-19T08:59:59Z"}, []),
    ],
)  # fmt: skip
def test_what_an_event_comes_to(event: str, fields: dict[str, object], expected: list[dict[str, object]]) -> None:
    found = told(event, **fields)
    for one in found:
        for name in ("minutes", "share", "cost", "money"):
            if name in one:
                one[name] = f"{float(str(one[name])):g}"
    assert found == expected


def test_the_same_id_is_the_same_event_and_another_systems_is_not() -> None:
    event = {"id": "e1", "event": "accept", "item": "T-1", "by": "ann", "after": "y", "requester": "cy"}
    keys = [fact.key for fact in read(event, "desk", NOW)[1]]
    assert len(set(keys)) == 3
    assert [fact.key for fact in read({**event, "at": "2026-11-01T00:00:00Z"}, "desk", NOW)[1]] == keys
    assert not set(keys) & {fact.key for fact in read(event, "shop", NOW)[1]}
    # Who wanted it is said once for each item, by whichever event.
    assert keys[0] == read({**event, "id": "e2"}, "desk", NOW)[1][0].key
    assert keys[1] != read({**event, "id": "e2"}, "desk", NOW)[1][1].key


def test_it_happened_now_where_nothing_else_is_said() -> None:
    assert [fact.at for fact in facts("reverse")] == [NOW]
    assert [fact.at for fact in facts("reverse", at="2026-11-01T10:00:00+01:00")] == [
        datetime(2026, 11, 1, 9, tzinfo=UTC)
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "JSON object"),
        ({"event": "accept", "item": "T-1"}, "needs 'id'"),
        ({"id": "", "event": "accept", "item": "T-1"}, "needs 'id'"),
        ({"id": "e1", "event": "accept"}, "needs 'item'"),
        ({"id": "e1", "event": ["accept"], "item": "T-1"}, "needs 'event'"),
        ({"id": "e1", "event": "celebrate", "item": "T-1"}, "'celebrate' is no event"),
        ({"id": "e1", "event": "accept", "item": "T-1", "mood": "good"}, "no 'mood'"),
        ({"id": "e1", "event": "claim", "item": "T-1"}, "'claimant' of a claim must not be empty"),
        ({"id": "e1", "event": "accept", "item": "T-1", "by": 7}, "'by' of a verdict"),
        ({"id": "e1", "event": "accept", "item": "T-1", "at": "yesterday"}, "'at' of a verdict"),
        ({"id": "e1", "event": "accept", "item": "T-1", "at": "2026-11-02T09:05:01Z"}, "in the future"),
        ({"id": "e1", "event": "verify", "item": "T-1", "share": 1.5}, "from 0 to 1"),
        ({"id": "e1", "event": "reopened", "item": "T-1", "closed_at": "2026-11-02T09:05:01"}, "its zone"),
        ({"id": "e1", "event": "reopened", "item": "T-1", "closed_at": 7}, "its zone"),
    ],
)
def test_what_is_no_event_says_why(content: object, reason: str) -> None:
    with pytest.raises(OutcomeInvalid, match=reason):
        read(content, "desk", NOW)


@pytest.mark.parametrize(
    ("name", "sense"),
    [
        ("+1", "good"),
        (":thumbsup:", "good"),
        ("👍🏽", "good"),
        ("thumbsdown::skin-tone-3", "bad"),
        ("eyes", ""),
        ("", ""),
    ],
)
def test_what_a_reaction_says(name: str, sense: str) -> None:
    assert sense_of_reaction(name) == sense


@pytest.mark.parametrize(
    ("said", "sense"),
    [
        ("thanks!", "good"),
        ("Thank you so much", "good"),
        ("<@U7> merci", "good"),
        ("thanks, but when is it closed?", ""),
        ("thanks, still wrong", ""),
        ("thanks to everybody who came to the party last night", ""),
        ("When is the office closed on Friday?", "again"),
        ("so when is the office closed, on Friday?", "again"),
        ("@bot when is the office closed on friday", "again"),
        ("And when does it open on Monday?", ""),
        ("why?", ""),
        ("", ""),
    ],
)
def test_what_a_message_says(said: str, sense: str) -> None:
    assert sense_of_message("<@U7> When is the office closed on Friday?", said) == sense


def test_short_questions_are_alike_by_chance() -> None:
    assert sense_of_message("and now?", "and now?") == ""
