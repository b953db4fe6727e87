"""The page on plans tells the truth: its plan is one, its expressions come to what it says, its tables are complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gainful.core.label import TYPED
from gainful.core.value import leaf, uniform
from gainful.policy import expression, functions, plan
from gainful.policy.expression import PlanInvalid, evaluate, read
from gainful.policy.functions import PlanUnclear
from gainful.policy.plan import plan_from

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "plans.md").read_text(encoding="utf-8")
NAMES = {"me": leaf("ada@example.org", TYPED)}


def block(begin: str) -> str:
    found = re.search(rf"{re.escape(begin)}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


FILES = re.search(r"`files = (\[.*?\])`", PAGE)
LINES = [line.split("->") for line in block("<!-- expressions -->\n```text").splitlines()]


def test_the_plan_is_one() -> None:
    assert [step.name for step in plan_from(block("```json")).steps] == ["events", "moved"]


@pytest.mark.parametrize(("text", "wanted"), [(left.strip(), right.strip()) for left, right in LINES])
def test_the_expressions_come_to_what_the_page_says(text: str, wanted: str) -> None:
    assert FILES is not None
    names = {**NAMES, "files": uniform(json.loads(FILES[1]), TYPED)}
    if wanted == "refused":
        with pytest.raises(PlanInvalid):
            read(text)
    elif wanted == "unclear":
        with pytest.raises(PlanUnclear):
            evaluate(read(text), names)
    else:
        assert evaluate(read(text), names).plain == json.loads(wanted)


def test_every_function_and_every_kind_is_on_the_page() -> None:
    assert {name for name in functions.NAMES if not re.search(rf"`{name}[`(]", PAGE)} == set()
    assert set(PAGE.split("Kinds: `")[1].split("`")[0].split()) == functions.KINDS


def test_the_measures_are_those_of_the_code() -> None:
    measures = (
        f"{expression.LONGEST:,} characters",
        f"{expression.DEEPEST} levels",
        f"{plan.MOST_STEPS} steps",
        f"{plan.MOST_ITEMS:,} items",
    )
    assert all(measure in PAGE for measure in measures)
