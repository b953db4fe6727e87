"""What every tool made of a declaration and two functions checks before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gainful.core.errors import Broken
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.operation import ArgumentInvalid, Operation, checked, nobody_knows, nothing_left, texts, type_of
from gainful.sdk.tool import Found, Tool

SPEC = ToolSpec(
    "box.put",
    Effect.CONTAINED,
    Act.WRITE,
    {"name": Role.TARGET, "text": Role.CONTENT, "count": Role.AMOUNT, "many": Role.TARGET, "loud": Role.OPTION},
    required=frozenset({"name"}),
    types={"many": "array", "loud": "boolean"},
)
COUNTED = ToolSpec("box.count", Effect.READ, Act.READ, {"start": Role.AMOUNT}, types={"start": "integer"})


def operation(calls: list[tuple[str, dict[str, Json]]]) -> Operation:
    def do(grant: Grant, given: Mapping[str, Json]) -> Json:
        calls.append((grant.key, dict(given)))
        return len(calls)

    return Operation(SPEC, do, lambda key, given: Found(done=True, answer=[key, dict(given)]))


def test_a_call_comes_through_with_its_key_and_what_was_given() -> None:
    calls: list[tuple[str, dict[str, Json]]] = []
    tool = operation(calls)
    assert isinstance(tool, Tool)
    assert tool.call(Grant("k1", "box.put"), {"name": "a", "text": None, "count": 1.5}) == 1
    assert calls == [("k1", {"name": "a", "count": 1.5})]
    assert tool.find("k1", {"name": "a", "text": None}) == Found(done=True, answer=["k1", {"name": "a"}])


def test_a_grant_for_another_tool_opens_nothing() -> None:
    calls: list[tuple[str, dict[str, Json]]] = []
    with pytest.raises(Broken, match=r"box\.get"):
        operation(calls).call(Grant("k1", "box.get"), {"name": "a"})
    assert calls == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "needs 'name'"),
        ({"name": None}, "needs 'name'"),
        ({"name": "a", "bcc": "b"}, "no argument 'bcc'"),
        ({"name": 7}, "takes 'name' as string, and was given integer"),
        ({"name": "a", "many": "b"}, "takes 'many' as array, and was given string"),
        ({"name": "a", "loud": 1}, "takes 'loud' as boolean"),
        ({"name": "a", "count": True}, "takes 'count' as number, and was given boolean"),
        ({"name": "a", "count": "1"}, "takes 'count' as number"),
        ({"name": {"x": 1}}, "was given object"),
    ],
)
def test_what_is_not_as_declared_happens_not_at_all(given: dict[str, Any], told: str) -> None:
    calls: list[tuple[str, dict[str, Json]]] = []
    with pytest.raises(ArgumentInvalid, match=told):
        operation(calls).call(Grant("k1", "box.put"), given)
    with pytest.raises(ArgumentInvalid, match=told):
        operation(calls).find("k1", given)
    assert calls == []


def test_a_truth_value_is_no_number_and_a_fraction_no_whole_one() -> None:
    assert checked(COUNTED, {"start": 3}) == {"start": 3}
    for wrong in (True, 3.5, "3"):
        with pytest.raises(ArgumentInvalid):
            checked(COUNTED, {"start": wrong})


def test_types_are_those_of_a_schema() -> None:
    assert [type_of(SPEC, name) for name in SPEC.arguments] == ["string", "string", "number", "array", "boolean"]


def test_a_list_of_texts_holds_texts_alone() -> None:
    assert texts(None, "to") == []
    assert texts(("a", "b"), "to") == ["a", "b"]
    for wrong in ("a", [1], [["a"]], {"a": 1}):
        with pytest.raises(ArgumentInvalid, match="'to' is a list of texts"):
            texts(wrong, "to")


def test_two_kinds_of_not_finding() -> None:
    assert nothing_left("k", {}) == Found(done=False)
    look: Callable[..., Found | None] = nobody_knows
    assert look("k", {}) is None
