"""A version is named by its text and by the skills it was looked at with."""

from __future__ import annotations

from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.agent_version import AgentVersion, text_difference, version_digest
from tests.unit.agents.files import LEAST


def test_its_name_changes_with_one_letter_and_with_one_skill() -> None:
    names = {
        version_digest(LEAST, {}),
        version_digest(LEAST + " ", {}),
        version_digest(LEAST, {"tickets": "ab"}),
        version_digest(LEAST, {"tickets": "ac"}),
    }
    assert len(names) == 4
    assert AgentVersion(agent_file_from(LEAST), LEAST, {}).digest == version_digest(LEAST, {})
    assert version_digest(LEAST, {"a": "1", "b": "2"}) == version_digest(LEAST, {"b": "2", "a": "1"})


def test_a_difference_is_shown_line_by_line() -> None:
    assert text_difference(LEAST, LEAST) == ""
    assert "-Help.\n+Help more." in text_difference(LEAST, LEAST.replace("Help.\n", "Help more.\n", 1))
