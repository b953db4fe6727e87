"""Calls that a file spells out: what happened is put in whole, and never read for more places."""

from __future__ import annotations

import pytest

from gainful.agents.file.gather import Answer, badly_placed, filled, unfit
from tests.unit.agents.files import SPECS


def test_a_place_takes_what_has_happened_of_whatever_type() -> None:
    given = {"text": "{text}", "most": 5, "in": ["{room}", "fixed"], "more": {"who": "{sender}"}}
    about = {"text": "closed?", "room": "C1", "sender": {"id": 7}}
    assert filled(given, about) == {"text": "closed?", "most": 5, "in": ["C1", "fixed"], "more": {"who": {"id": 7}}}


def test_what_a_stranger_wrote_is_no_template() -> None:
    hostile = "{secret} {0.__class__} {text}"
    assert filled({"text": "{text}"}, {"text": hostile, "secret": "s3cret"}) == {"text": hostile}
    assert filled({"text": "{text}"}, {"text": "{secret}", "secret": "s3cret"}) == {"text": "{secret}"}


def test_what_is_not_told_is_left_out() -> None:
    assert filled({"text": "{text}", "in": ["{room}"], "more": {"who": "{sender}"}}, {"text": None}) == {
        "in": [],
        "more": {},
    }


@pytest.mark.parametrize("text", ["{Text}", "{}", "{0}", "{a b}", '{"json": 1}', "text", "{text}s"])
def test_only_a_whole_name_in_braces_is_a_place(text: str) -> None:
    assert filled({"text": text}, {"text": "x"}) == {"text": text}


def test_what_looks_like_a_place_and_is_none_is_told() -> None:
    assert list(badly_placed({"a": "{text}", "b": ["plain", '{"json": 1}']})) == []
    assert len(list(badly_placed({"a": "about {text}", "b": [{"c": "{text}!"}], "d": {"text": None}}))) == 3


def test_arguments_are_held_against_the_tool() -> None:
    assert list(unfit({"path": "a"}, SPECS["files.read"])) == []
    assert [what for what, _ in unfit({"paht": "a"}, SPECS["files.read"])] == [
        "files.read has no argument 'paht'",
        "files.read needs 'path'",
    ]


def test_an_answer_has_its_text_whatever_happened() -> None:
    assert Answer(tool="reply").filled("Yes.", {"text": "closed?"}) == {"text": "Yes."}
