"""Strangers' HTML is cut to what can be parsed in little time."""

from __future__ import annotations

import pytest

from gainful.sdk.markup import MAX_CHARACTERS, MAX_DEPTH, MAX_TAGS, bounded


def test_an_ordinary_page_stays_whole() -> None:
    page = "<html><body>" + "<p>a<br>b <a href='x'>c</a>" * 2000 + "</body></html>"
    assert bounded(page) == page


@pytest.mark.parametrize("tag", ["div", "b", "font", "svg", "blockquote"])
def test_what_nests_too_deep_is_cut_there(tag: str) -> None:
    deep = f"<{tag}>" * (MAX_DEPTH * 3)
    assert bounded(deep) == f"<{tag}>" * MAX_DEPTH


def test_what_closes_again_is_no_depth() -> None:
    page = "<div><b>x</b></div>" * 3000
    assert bounded(page) == page


def test_tags_that_never_nest_count_as_tags_alone() -> None:
    page = "<br>" * (MAX_TAGS * 2)
    assert bounded(page) == "<br>" * MAX_TAGS


def test_there_is_a_length_too() -> None:
    assert len(bounded("x" * (MAX_CHARACTERS + 1))) == MAX_CHARACTERS


def test_closing_what_was_never_opened_makes_no_room() -> None:
    page = "</div>" * 400 + "<i>" * (MAX_DEPTH * 2)
    assert bounded(page).count("<i>") == MAX_DEPTH
