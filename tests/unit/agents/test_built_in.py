from __future__ import annotations

import pytest

from gainful.agents import built_in
from gainful.agents.file.agent_reading import agent_file_from
from gainful.app.tooling.tools import installed_tools

LEAN = 150
"""Words of instructions: what every run pays for."""


def test_those_that_are_promised_are_there() -> None:
    assert built_in.names() == ["after-meeting", "answer", "catch-up", "standup", "summary", "ticket"]


@pytest.mark.parametrize("name", built_in.names())
def test_each_can_be_used_as_it_is(name: str) -> None:
    file = agent_file_from(built_in.text_of(name, "mira.k"), name)
    assert file.owner == "mira.k"
    assert "OWNER" not in file.instructions
    assert len(file.instructions.split()) <= LEAN
    assert file.gather, "so that one call of the model suffices"
    assert file.budget.run is not None
    manifest = file.manifest(installed_tools())
    granted = {grant.tool: grant for grant in manifest.effects}
    assert set(granted) <= {"chat.reply", "chat.post", "model.ask"}
    for grant in granted.values():
        assert grant.tool == "model.ask" or grant.words_from, "nobody is asked for what it is there to do"
        assert grant.tool != "chat.post" or grant.arguments["room"], "it posts unasked in one place alone"


def test_it_can_be_called_otherwise() -> None:
    assert agent_file_from(built_in.text_of("answer", "ada", "handbook"), "handbook").name == "handbook"
    with pytest.raises(KeyError):
        built_in.text_of("nothing", "ada")
