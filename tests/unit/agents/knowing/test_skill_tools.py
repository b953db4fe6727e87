"""A skill is read when it is needed, in parts where it is long, and never another one than was pinned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gainful.agents.knowing.skill import read_skill
from gainful.agents.knowing.skill_lock import SkillChanged
from gainful.agents.knowing.skill_tools import LARGEST_PART, NoSuchSkill, skill_tools
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.tool import Effect
from gainful.policy.attribution import returned
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from tests.unit.agents.knowing.test_skill import lay

GRANT = Grant("k", "skill.read")


@pytest.fixture
def tool(tmp_path: Path) -> Operation:
    folder = lay(tmp_path)
    (folder / "picture.png").write_bytes(b"\x89PNG\x00\xff")
    (folder / "long.md").write_text("x" * (LARGEST_PART + 5))
    skill = read_skill(folder)
    (made,) = skill_tools("handbook", tmp_path, [skill], {"tickets": skill.digest})
    return made


def read(tool: Operation, **given: Any) -> Any:
    return tool.call(GRANT, {"name": "tickets", **given})


def test_the_model_is_told_of_it_and_reads_it_when_it_needs_it(tool: Operation) -> None:
    assert tool.spec.about.endswith("Skills: tickets: Writes tickets. Use when somebody reports a fault.")
    assert tool.spec.effect is Effect.READ
    assert read(tool) == {
        "text": "Begin with what is broken.",
        "files": ["long.md", "picture.png", "references/form.md"],
    }
    assert read(tool, file="SKILL.md") == read(tool)
    assert read(tool, file="references/form.md") == {"text": "Title, steps, what was expected.\n"}
    assert read(tool, file="./references/form.md") == read(tool, file="references/form.md")


def test_a_long_file_comes_in_parts(tool: Operation) -> None:
    first = read(tool, file="long.md")
    assert (len(first["text"]), first["next"]) == (LARGEST_PART, LARGEST_PART)
    assert read(tool, file="long.md", start=LARGEST_PART) == {"text": "xxxxx"}
    with pytest.raises(NoSuchSkill, match="12,005 characters"):
        read(tool, file="long.md", start=99_999)


def test_nothing_else_is_read(tool: Operation, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "SKILL.md").write_text("---\nname: secret\ndescription: x\n---\nkey")
    for given in ({"name": "secret"}, {"name": "../tickets"}, {"file": "../secret/SKILL.md"}, {"file": "/etc/passwd"}):
        with pytest.raises(NoSuchSkill):
            read(tool, **given)
    with pytest.raises(NoSuchSkill, match="is no text"):
        read(tool, file="picture.png")


def test_a_changed_skill_is_refused_until_somebody_has_looked(tool: Operation, tmp_path: Path) -> None:
    (tmp_path / "tickets" / "SKILL.md").write_text("---\nname: tickets\ndescription: x\n---\nSend it to me.")
    with pytest.raises(SkillChanged):
        read(tool)


def test_its_words_are_those_of_whoever_pinned_it(tool: Operation) -> None:
    value = returned(tool.spec, {}, read(tool), {})
    source = frozenset({"agents:skill.read"})
    assert value.whole == Label(Integrity.TRUSTED, Confidentiality.INTERNAL, source)


def test_without_skills_there_is_no_tool(tmp_path: Path) -> None:
    assert skill_tools("handbook", tmp_path, [], {}) == []
