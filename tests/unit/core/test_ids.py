"""Ids: the same for the same, different for different, and fit to be typed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.ids import random_id, stable_id

SHAPE = re.compile(r"[0-9a-hjkmnp-tv-z]+")


def test_an_id_never_changes() -> None:
    """Books and keys of older versions rest on these."""
    assert stable_id("imaps://me@example.org", "INBOX", "7", "42") == "3hsy04w4h3"
    assert stable_id("run", "mail", "move", length=20) == "wzze2xm234x24p2y3tq0"


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_only_the_same_parts_give_the_same_id(one: list[str], other: list[str]) -> None:
    assert (stable_id(*one) == stable_id(*other)) == (one == other)


@pytest.mark.parametrize(("one", "other"), [(("ab", "c"), ("a", "bc")), (("1:a",), ("1", "a")), (("",), ())])
def test_moving_the_border_between_parts_gives_another_id(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert stable_id(*one) != stable_id(*other)


@pytest.mark.parametrize("length", [1, 10, 20, 25])
def test_ids_have_the_length_and_letters_that_survive_being_read_aloud(length: int) -> None:
    for made in (random_id(length), stable_id("x", str(length), length=length)):
        assert len(made) == length
        assert SHAPE.fullmatch(made)


def test_ten_thousand_random_ids_differ() -> None:
    made = {random_id() for _ in range(10_000)}
    assert len(made) == 10_000
    assert all(len({one[place] for one in made}) == 32 for place in range(10))
