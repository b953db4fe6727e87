"""A scripted model plays its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.connectors.llm.scripted import NOTHING, ScriptedDialogue, ScriptInvalid
from gainful.core.errors import Broken
from gainful.sdk.dialogue import Exchange, Message, ModelSays, PersonSays, ToolSays, WantedCall
from gainful.sdk.grant import Grant

GRANT = Grant("k", "model.ask")
SCRIPT = """
- when: holiday friday
  say: Closed.
- when: invoice
  calls: [{tool: files.read, with: {path: a.md}}, {tool: clock.now}]
  say: "It says: {answer}"
- when: hello
  say: Hello to you
"""


@pytest.fixture
def model(tmp_path: Path) -> ScriptedDialogue:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    return ScriptedDialogue(tmp_path / "script.yaml")


def exchange(*messages: Message) -> Exchange:
    return Exchange("Be brief.", messages, (), 100)


def test_the_first_entry_that_fits_is_played(model: ScriptedDialogue) -> None:
    assert model.name == "scripted:script.yaml"
    assert model.answer(GRANT, exchange(PersonSays("Is FRIDAY a holiday?"))).text == "Closed."
    assert model.answer(GRANT, exchange(PersonSays("Is there a holiday?"))).text == NOTHING


def test_it_calls_first_and_speaks_of_the_answers(model: ScriptedDialogue) -> None:
    asked = PersonSays("Where do I send an invoice?")
    turn = model.answer(GRANT, exchange(asked))
    assert turn.calls == (WantedCall("s1", "files.read", {"path": "a.md"}), WantedCall("s2", "clock.now", {}))
    after = exchange(asked, ModelSays("", turn.calls), ToolSays("s1", "files.read", "To Bo."), ToolSays("s2", "c", "9"))
    assert model.answer(GRANT, after).text == "It says: To Bo.\n9"
    assert model.find(GRANT, after) == model.answer(GRANT, after)


def test_it_speaks_word_by_word_and_counts_what_it_reads(model: ScriptedDialogue) -> None:
    pieces: list[str] = []
    turn = model.answer(GRANT, exchange(PersonSays("hello")), pieces.append)
    assert pieces == ["Hello ", "to ", "you"]
    assert (turn.tokens.fresh, turn.tokens.output) == (4, 3)


def test_a_grant_for_something_else_is_refused(model: ScriptedDialogue) -> None:
    with pytest.raises(Broken):
        model.answer(Grant("k", "mail.send"), exchange(PersonSays("hello")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b", "is no list"),
        ("- say: [", "is not YAML"),
        ("- when: x", "it has no 'say'"),
        ("- say: x\n  wehn: y", "'wehn' is no word"),
        ("- x", "Entry 1"),
        ("- say: x\n  calls: [{with: {}}]", "it has no 'tool'"),
        ("- say: !!python/object/apply:os.system [echo]", "is not YAML"),
    ],
)
def test_a_script_that_cannot_be_played_names_the_entry(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ScriptInvalid, match=problem):
        ScriptedDialogue(tmp_path / "bad.yaml")


def test_a_script_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScriptInvalid, match="cannot be read"):
        ScriptedDialogue(tmp_path / "none.yaml")
