"""Facts as JSON objects."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.fact import KINDS, Call, Fact, HumanTime, Person, Run, Verdict
from gainful.core.fact_json import FactInvalid, fact_from, fact_json, key_of
from gainful.core.money import Tokens

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
VERDICT = {"kind": "verdict", "at": "2026-11-02T09:30:00Z", "work_item": "T-1", "by": "ann", "accepted": True}


def test_a_fact_reads_as_it_was_written() -> None:
    call = Call(at=NOW, id="c1", model="m", tokens=Tokens(1, 2, 3, 4), cost=Decimal("0.10"), failed=True)
    assert fact_json(call) == {
        "kind": "call",
        "at": "2026-11-02T09:30:00Z",
        "id": "c1",
        "model": "m",
        "cost": "0.1",
        "failed": True,
        "input_tokens": 6,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 3,
        "output_tokens": 4,
    }
    assert fact_from(json.loads(json.dumps(fact_json(call)))) == call
    assert fact_from(VERDICT) == Verdict(at=NOW, work_item="T-1", by="ann", accepted=True)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_kind_has_a_form(kind: type[Fact]) -> None:
    values: dict[str, object] = {"at": NOW}
    samples = {
        "str": "x", "bool": True, "datetime": NOW, "Decimal": Decimal(5), "float": 0.5,
    }  # fmt: skip
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.name != "at":
            values[field.name] = samples.get(str(field.type), {"arm": "hand", "what": "effect"}.get(field.name))
    if kind is HumanTime:
        values["what"] = "review"
    fact = kind(**values)  # type: ignore[arg-type]
    assert fact_from(fact_json(fact)) == fact


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "applause"}, "'applause' is no kind of fact."),
        ({"at": "2026-11-02T09:30:00"}, "'at' of a verdict must be an instant with its zone"),
        ({"at": 1761989400}, "'at' of a verdict must be an instant"),
        ({"by": ""}, "'by' of a verdict must not be empty"),
        ({"by": "a\nb"}, "'by' of a verdict must be one line"),
        ({"by": "a" * 501}, "'by' of a verdict must be one line"),
        ({"accepted": "yes"}, "'accepted' of a verdict must be true or false"),
        ({"mood": "good"}, "A verdict has no 'mood'."),
    ],
)
def test_what_is_no_fact_says_why(change: dict[str, object], told: str) -> None:
    with pytest.raises(FactInvalid) as raised:
        fact_from({**VERDICT, **change})
    assert told in raised.value.what


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "many", True, 10**16])
def test_amounts_that_cannot_be_are_refused(seconds: object) -> None:
    found = {"kind": "human_time", "at": "2026-11-02T09:30:00Z", "work_item": "T", "person": "a", "what": "review"}
    with pytest.raises(FactInvalid):
        fact_from({**found, "seconds": seconds})


def test_more_tokens_in_caches_than_altogether_are_refused() -> None:
    with pytest.raises(FactInvalid) as raised:
        fact_from({"kind": "call", "at": VERDICT["at"], "id": "c", "input_tokens": 5, "cache_read_input_tokens": 6})
    assert raised.value.next_move == "Let input_tokens count those too, as OpenTelemetry does."


def test_equal_facts_have_equal_keys_and_others_have_others() -> None:
    one = HumanTime(at=NOW, work_item="T", person="a", what="review", seconds=Decimal("60"))
    same = HumanTime(at=NOW, work_item="T", person="a", what="review", seconds=Decimal("60.000"))
    other = HumanTime(at=NOW, work_item="T", person="a", what="review", seconds=Decimal("61"))
    assert key_of(one) == key_of(same) != key_of(other)
    assert key_of(Call(at=NOW, id="7", tool="codex")) == "call:codex:7"
    assert key_of(Run(at=NOW, id="r", agent="a", key="mine")) == "mine"


def test_a_person_may_have_several_names() -> None:
    found = fact_from({"kind": "person", "at": VERDICT["at"], "id": "e7", "identities": ["ann@example.org"]})
    assert found == Person(at=NOW, id="e7", identities=("ann@example.org",))
