"""`section`: the part of a text below a heading, with the headings that are further in."""

from __future__ import annotations

import pytest

from gainful.core.label import TYPED
from gainful.core.value import leaf
from gainful.policy.expression import evaluate, read
from gainful.policy.functions import PlanUnclear

RECIPES = """Recipes
1. Cookies
   Ingredients:
     - butter
     - sugar
   Instructions:
     1. Bake.

2. Carbonara
   Ingredients:
     - spaghetti
"""

PACKING = "Activities:\n  - Beach\n\nPacking List:\n\n  - Hat\n  - Camera\nNotes:\n  - None"


def _section(expression: str, text: str) -> str:
    found: str = evaluate(read(expression), {"text_": leaf(text, TYPED)}).plain
    return found


def test_a_section_ends_at_the_next_heading_or_an_empty_line() -> None:
    assert _section("section(text_, 'packing list')", PACKING) == "- Hat\n- Camera"
    assert _section("section(text_, 'Activities')", PACKING) == "- Beach"


def test_a_heading_further_in_belongs_to_the_section() -> None:
    expected = "Ingredients:\n  - butter\n  - sugar\nInstructions:\n  1. Bake."
    assert _section("section(text_, 'Cookies')", RECIPES) == expected


def test_a_section_of_a_section() -> None:
    assert _section("section(section(text_, 'Cookies'), 'ingredients')", RECIPES) == "- butter\n- sugar"
    assert _section("section(section(text_, 'Carbonara'), 'ingredients')", RECIPES) == "- spaghetti"


def test_without_such_a_heading_it_is_unclear() -> None:
    with pytest.raises(PlanUnclear, match="no heading 'Soup'"):
        _section("section(text_, 'Soup')", RECIPES)
