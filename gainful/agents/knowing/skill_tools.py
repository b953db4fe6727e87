"""The tool `skill.read`: a skill's text when it is needed, as it was pinned, and never another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gainful.agents.knowing.declaration import own_tools
from gainful.agents.knowing.skill import MAIN, Skill, SkillFile, read_skill
from gainful.agents.knowing.skill_lock import check_pinned
from gainful.core.errors import Invalid
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left

TOOL = "skill.read"
LARGEST_PART = 12_000
"""Characters that are read in one go."""


class NoSuchSkill(Invalid):
    """The agent has no skill of this name, or the skill no file of that name that is a text."""

    code = "no-such-skill"


def skill_tools(agent: str, folder: Path, skills: Sequence[Skill], pins: Mapping[str, str]) -> list[Operation]:
    """The one tool by which an agent reads its skills; none where it has none.

    Args:
        folder: In which each skill has a folder of its own.
        skills: What the model is told that there is: names and descriptions.
        pins: SHA-256 (hex) by skill, as the version of the agent that runs has them.
    """
    names = [skill.name for skill in skills]

    def read(_grant: Grant, given: Mapping[str, Json]) -> Json:
        if given["name"] not in names:
            raise NoSuchSkill(f"There is no skill '{given['name'][:64]}'.", f"There are: {', '.join(names)}.")
        # Read anew and held against its pin: what is handed on is what was looked at, whatever lies there by now.
        skill = read_skill(folder / given["name"])
        check_pinned(skill, pins, agent)
        return _part(skill, given.get("file", ""), given.get("start", 0))

    if not skills:
        return []
    spec = own_tools()[TOOL]
    return [Operation(replace(spec, about=f"{spec.about} {listing(skills)}"), read, nothing_left)]


def listing(skills: Sequence[Skill]) -> str:
    """The skills as a model is told of them: all that it reads before it needs one."""
    return "Skills: " + " ".join(f"{skill.name}: {skill.description}" for skill in skills)


def _part(skill: Skill, path: str, start: int) -> Json:
    """A file's text from this character on, as much as goes in one go."""
    text = skill.body if path in ("", MAIN) else _text(skill, path)
    if not 0 <= start <= len(text):
        raise NoSuchSkill(f"'{path or MAIN}' has {len(text):,} characters, and not {start}.", "Start within it.")
    end = start + LARGEST_PART
    others = [name for name in sorted(skill.files) if name != MAIN] if path in ("", MAIN) and not start else []
    answer: dict[str, Json] = {"text": text[start:end]}
    if others:
        answer["files"] = others
    if end < len(text):
        answer["next"] = end
    return answer


def _text(skill: Skill, path: str) -> str:
    file: SkillFile | None = skill.files.get(path.removeprefix("./"))
    if file is None:
        known = ", ".join(sorted(skill.files))[:500]
        raise NoSuchSkill(f"The skill '{skill.name}' has no file '{path[:100]}'.", f"It has: {known}.")
    try:
        text = file.content.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise NoSuchSkill(f"'{path}' of the skill '{skill.name}' is no text.", "Read another of its files.")
    return text
