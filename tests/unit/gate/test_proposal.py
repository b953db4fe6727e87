from __future__ import annotations

import math
import unicodedata
from dataclasses import replace
from enum import IntEnum
from typing import Any

import pytest

from gainful.core.label import TYPED, UNKNOWN
from gainful.gate.proposal import Explanation, Proposal, ProposalInvalid, Reason, canonical, proposal_from

SHOWN = Explanation(
    "send",
    "egress",
    {"to": "target"},
    {"to[0]": UNKNOWN, "to[1]": UNKNOWN, "body": TYPED},
    {"to": "the sender of that mail"},
    {"body": "Hello"},
    (Reason("egress", "Something leaves."),),
    "gainful undo x",
)


def proposal(**changes: Any) -> Proposal:
    arguments = {"to": ["ada@example.org", "bob@example.org"], "body": "Hi", "amount": 1}
    base = Proposal("assistant", "run1", "step 3", "mail.send", arguments, "7f3a", {"a.pdf": "ab" * 32}, SHOWN)
    return replace(base, **changes)


def test_the_digest_is_stable_across_versions() -> None:
    assert proposal().digest == "5f52504ae6675730119bcb92486720c48c417b6b5472f280d776c6466f126b01"


@pytest.mark.parametrize(
    "changes",
    [
        {"agent": "other"},
        {"run_id": "run2"},
        {"step": "step 4"},
        {"tool": "mail.reply"},
        {"manifest": "7f3b"},
        {"attachments": {}},
        {"attachments": {"a.pdf": "ac" * 32}},
        {"attachments": {"b.pdf": "ab" * 32}},
        {"arguments": {"to": ["ada@example.org"], "body": "Hi", "amount": 1}},
    ],
)
def test_whatever_decides_what_happens_changes_the_digest(changes: dict[str, Any]) -> None:
    assert proposal(**changes).digest != proposal().digest


def test_what_is_only_shown_does_not() -> None:
    assert proposal(explanation=Explanation()).digest == proposal().digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        (0.0, -0.0),
        (None, ""),
        ([], {}),
        (["a", "b"], ["b", "a"]),
        (["ab"], ["a", "b"]),
        ("caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")),
        ("a", "\u0430"),
        ("a ", "a"),
    ],
)
def test_values_that_differ_have_different_forms(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


def test_the_order_of_keys_is_none_and_letters_stay_as_they_are() -> None:
    assert canonical({"b": 1, "a": "ä"}) == canonical({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'.encode()


class _Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, {1: "a"}, {"a": b"x"}, {"a": {"b"}}, "\ud83d\ude00", {"\ud800": 1}, object()],
)
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(ProposalInvalid):
        proposal(arguments={"a": value})


def test_too_deep_and_too_long_is_refused() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ProposalInvalid, match="nested"):
        proposal(arguments={"a": deep})
    with pytest.raises(ProposalInvalid):
        proposal(arguments={"a": 10**5000})


@pytest.mark.parametrize("digest", ["", "AB" * 32, "ab" * 31, "zz" * 32, None])
def test_an_attachment_needs_a_digest(digest: Any) -> None:
    with pytest.raises(ProposalInvalid, match="SHA-256"):
        proposal(attachments={"a.pdf": digest})


def test_what_the_caller_does_later_changes_nothing() -> None:
    given: dict[str, Any] = {"to": ["ada@example.org"]}
    made = proposal(arguments=given)
    before = made.digest
    given["to"].append("eve@example.org")
    assert made.digest == before
    assert made.arguments == {"to": ["ada@example.org"]}


def test_tuples_and_numbered_words_become_plain_json() -> None:
    assert proposal(arguments={"a": (1, _Number.ONE)}).arguments == {"a": [1, 1]}


def test_it_is_read_back_as_it_was_written() -> None:
    assert proposal_from(proposal().as_json()) == proposal()


def test_an_edit_is_another_effect_and_counts_as_typed() -> None:
    edited = proposal().edited({"to": ["eve@example.org"]})
    assert edited.digest != proposal().digest
    assert edited.arguments == {**proposal().arguments, "to": ["eve@example.org"]}
    assert edited.explanation.labels == {"to": TYPED, "body": TYPED}
    assert edited.explanation.derivations == {}
