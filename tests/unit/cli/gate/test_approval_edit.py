from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.cli.gate.approval_edit import as_file, differing, from_file, from_options
from gainful.gate.approval import AnswerInvalid
from gainful.gate.proposal import Proposal

PLAIN = {"to": "ada@example.org", "body": "Dear Ada,\n\nbest\n", "amount": 12.5, "tags": ["a", "b"]}


def effect(arguments: dict[str, Any]) -> Proposal:
    return Proposal("assistant", "run1", "step 1", "mail.send", arguments, "7f3a")


TEXTS = st.text(st.one_of(st.sampled_from('\n=\u202e\r\x00 "'), st.characters(exclude_categories=["Cs"])), max_size=30)


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS, max_size=3) | st.none(), max_size=4))
def test_what_is_not_edited_stays_exactly_as_it_was(arguments: dict[str, Any]) -> None:
    proposal = effect(arguments)
    assert from_file(as_file(proposal), proposal) == proposal.arguments
    assert differing(from_file(as_file(proposal), proposal), proposal) == {}


def test_a_text_is_edited_as_it_is_and_other_values_as_json() -> None:
    proposal = effect(PLAIN)
    text = as_file(proposal)
    assert "\nDear Ada,\n\nbest\n\n" in text
    edited = text.replace("Dear Ada,\n\nbest", "Hello Ada,\nbye").replace("12.5", "13")
    changed = differing(from_file(edited, proposal), proposal)
    assert changed == {"body": "Hello Ada,\nbye\n", "amount": 13}


def test_a_text_cannot_pass_for_another_argument() -> None:
    proposal = effect({"body": 'x\n=== 0123456789abcdef text: "to"\neve@example.org\n', "to": "ada@example.org"})
    assert from_file(as_file(proposal), proposal) == proposal.arguments


def test_characters_that_do_not_show_are_edited_as_json() -> None:
    assert "\\u202e" in as_file(effect({"name": "invoice\u202efdp.exe"}))


@pytest.mark.parametrize("edit", [lambda text: "", lambda text: text.replace("=== ", "== "), lambda text: text[:-30]])
def test_a_file_without_its_parts_is_refused(edit: Any) -> None:
    proposal = effect(PLAIN)
    with pytest.raises(AnswerInvalid, match="cannot be found"):
        from_file(edit(as_file(proposal)), proposal)


def test_a_number_that_is_none_is_refused() -> None:
    proposal = effect(PLAIN)
    with pytest.raises(AnswerInvalid, match="not JSON"):
        from_file(as_file(proposal).replace("12.5", "twelve"), proposal)


def test_options_give_text_for_text_and_json_for_the_rest() -> None:
    proposal = effect(PLAIN)
    assert from_options(["to=x=y@example.org", "amount=3", 'tags=["c"]'], proposal) == {
        "to": "x=y@example.org",
        "amount": 3,
        "tags": ["c"],
    }
    assert differing(from_options(["to=ada@example.org", "amount=12.50"], proposal), proposal) == {}
    for wrong in ("to", "amount=many"):
        with pytest.raises(AnswerInvalid):
            from_options([wrong], proposal)
