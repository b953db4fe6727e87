"""The functions of plans, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, Confidentiality, Integrity, Label, join
from gainful.core.value import Value, leaf, uniform
from gainful.policy.functions import (
    LONGEST_TEXT,
    Open,
    PlanUnclear,
    call,
    equal,
    influenced,
    is_open,
    key_of,
    part,
    truth,
    within,
)

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail#body"}))


def said(name: str, *given: Any, **named: Any) -> Any:
    values = [uniform(one, STRANGER) for one in given]
    found = call(name, values, {word: uniform(one, TYPED) for word, one in named.items()})
    assert found.whole.tainted
    return found.plain


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (0.1, 0.1, True),
        (10**400, 10**400, True),
        (10**400, 10**400 + 1, False),
        (2**53, 2**53 + 1, False),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ("5", 5, False),
        ("a", "a ", False),
        ("Zo\u00eb", "Zoe\u0308", False),
        ("a", "\u0430", False),
        (None, None, True),
        (None, "", False),
        (None, False, False),
        ([1, 2], [1.0, 2], True),
        ([1], [True], False),
        ([1, 2], [2, 1], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        (float("nan"), float("nan"), False),
        (float("inf"), 10**400, False),
    ],
)
def test_equal_is_the_same_value_and_nothing_like_it(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


def test_within_is_by_value_for_lists_and_by_text_for_texts() -> None:
    assert within(1, [1.0])
    assert not within(True, [1])
    assert within("a", "ban")
    assert not within(1, "1")
    assert within("a", {"a": 1})


@pytest.mark.parametrize(
    ("name", "given", "named", "wanted"),
    [
        ("round", (2.5,), {}, 2),
        ("round", (1.005, 2), {}, 1.0),
        ("lower", ("ÄB",), {}, "äb"),
        ("startswith", ("2022-03-01", "2022-03"), {}, True),
        ("contains", ("Rent May", "rent"), {}, True),
        ("section", ("a\n# List\n\nx\ny\n\nz", "list"), {}, "x\ny"),
        ("section", ("List:\nx\nNext:\ny", "list"), {}, "x"),
        ("number", ("Total: 12.50",), {"after": "Total:"}, 12.5),
        ("number", ("a\n  -7 left",), {}, -7),
        ("later", ("2026-02-28",), {"days": 1}, "2026-03-01"),
        ("later", ("2026-02-28T23:30:00",), {"minutes": 45}, "2026-03-01T00:15:00"),
        ("between", ("2026-01-01 10:00", "2026-01-01 11:30"), {}, 90),
        ("at", ("2026-01-01", "10:00"), {}, "2026-01-01 10:00"),
        ("text", (5,), {}, "5"),
        ("text", (None,), {}, ""),
        ("join", (", ", ["a", 1]), {}, "a, 1"),
        ("lines", ("a\nb",), {}, ["a", "b"]),
        ("sum", ([0.1, 0.2],), {}, 0.3),
        ("unique", ([1, 1.0, True, "1", [1], [1.0]],), {}, [1, True, "1", [1]]),
        ("sorted", ([3, 1, 2],), {}, [1, 2, 3]),
        ("sorted", ([3, 1, 2],), {"reverse": True}, [3, 2, 1]),
        ("max", ([3, 1, 2],), {}, 3),
        ("min", ([3, 1, 2],), {}, 1),
        ("only", ([3],), {}, 3),
        ("len", ([3, 4],), {}, 2),
    ],
)
def test_each_function(name: str, given: tuple[Any, ...], named: dict[str, Any], wanted: Any) -> None:
    assert said(name, *given, **named) == wanted


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("section", ("a", "missing")),
        ("number", ("no number",)),
        ("number", ("1,000",)),
        ("number", ("1.2.3",)),
        ("number", ("9" * 30,)),
        ("later", ("tomorrow",)),
        ("only", ([1, 2],)),
        ("only", ([],)),
        ("max", ([],)),
        ("max", ([2, 2.0],)),
    ],
)
def test_what_the_values_do_not_settle(name: str, given: tuple[Any, ...]) -> None:
    with pytest.raises(PlanUnclear):
        said(name, *given)


def test_what_is_no_number_is_none_in_the_end() -> None:
    for data in ([float("nan")], [float("inf"), 1], ["1"], [True]):
        with pytest.raises((TypeError, ValueError, ArithmeticError)):
            said("sum", data)


def test_texts_stay_within_their_measure() -> None:
    with pytest.raises(ValueError, match="too long"):
        said("join", "x" * 1_000, ["a"] * (LONGEST_TEXT // 1_000 + 1))


def test_functions_take_what_they_take() -> None:
    for name, given in (("len", 2), ("only", 0), ("round", 3), ("compose", 0)):
        with pytest.raises(TypeError):
            call(name, [leaf("x", TYPED)] * given, {})
    with pytest.raises(TypeError, match="no key"):
        call("len", [uniform([1], TYPED)], {}, keyed=True)


def test_the_winner_of_a_choice_bears_what_it_was_chosen_by() -> None:
    ids, ranks = uniform(["a", "b"], TYPED), uniform([1, 2], STRANGER)
    assert call("max", [ids, ranks], {}, keyed=True).label == join(TYPED, STRANGER)


def test_influence_reaches_every_part_and_nothing_said_changes_nothing() -> None:
    value = uniform({"a": [1]}, TYPED)
    assert {one.label for one in influenced(value, STRANGER).leaves()} == {join(TYPED, STRANGER)}
    assert influenced(value, STRANGER).label.tainted
    assert influenced(value, CONSTANT) is value


def test_parts_are_found_by_name_and_number() -> None:
    value = uniform({"5": ["a"]}, TYPED)
    assert part(part(value, 5), 0).data == "a"
    assert key_of(leaf(True, TYPED)) == "True"
    assert key_of(leaf(5, TYPED)) == 5
    with pytest.raises(KeyError):
        part(value, "x")
    chosen = Value(None, STRANGER, items=(leaf(1, TYPED),))
    assert part(chosen, 0).label.tainted


def test_what_is_open_stays_open_and_decides_nothing() -> None:
    later = call("compose", [leaf("x", TYPED), leaf("y", STRANGER)], {})
    assert is_open(later)
    assert isinstance(call("lower", [later], {}).data, Open)
    assert call("lower", [later], {}).label.tainted
    assert part(later, "any") is later
    with pytest.raises(PlanUnclear):
        truth(later)
