"""Dealing is chance to whoever has no key, and the same to whoever asks again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.worth.dealing import KEY_OCTETS, dealt

KEY = bytes(range(KEY_OCTETS))
ITEMS = [f"T-{number}" for number in range(20_000)]


def hands(key: bytes, share: float, items: Sequence[str] = ITEMS) -> set[str]:
    return {item for item in items if dealt(key, item, share) == "hand"}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_as_many_are_left_as_the_share_says(share: float) -> None:
    off = abs(len(hands(KEY, share)) - share * len(ITEMS))
    # Four standard deviations: one installation in 16,000 would see more.
    assert off < 4 * sqrt(len(ITEMS) * share * (1 - share))


def test_none_and_all() -> None:
    assert hands(KEY, 0.0) == set()
    assert hands(KEY, 1.0) == set(ITEMS)


def test_another_key_deals_anew() -> None:
    one, other = hands(KEY, 0.5), hands(bytes(KEY_OCTETS), 0.5)
    # Independent deals agree about half of the items.
    assert 0.23 * len(ITEMS) < len(one & other) < 0.27 * len(ITEMS)


def test_a_larger_share_takes_nothing_back() -> None:
    assert hands(KEY, 0.05) < hands(KEY, 0.1)


@given(st.text(), st.floats(0, 1))
def test_asked_again_it_is_the_same(item: str, share: float) -> None:
    assert dealt(KEY, item, share) == dealt(KEY, item, share)


def test_items_next_to_each_other_have_nothing_to_do_with_each_other() -> None:
    left = hands(KEY, 0.5)
    same = sum((one in left) == (two in left) for one, two in pairwise(ITEMS))
    assert 0.48 < same / (len(ITEMS) - 1) < 0.52
