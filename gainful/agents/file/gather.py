"""Calls that a file spells out: with fixed arguments, and with such as stand for what has happened.

    with: {text: "{text}", path: handbook}

An argument that is `{name}` and nothing else takes what the occurrence tells under that name, of whatever type, and is
left out where it tells nothing. There is no other substitution: what a stranger wrote is put in whole, and never read
for further places to fill in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from gainful.agents.file.agent_problems import near
from gainful.agents.file.restriction import TOOL, Part, ToolName
from gainful.core.tool import ToolSpec
from gainful.core.value import Json

_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")

TEXT = "text"

REPLY = "reply"
NOWHERE = "none"
REPLY_TOOL = "chat.reply"


class Call(Part):
    """A call with its arguments.

    Args:
        tool: Its name, such as `files.search`.
        with: Its arguments. `"{text}"` stands for what the occurrence tells under that name.
    """

    tool: ToolName
    arguments: Annotated[Mapping[str, Any], Field(alias="with")] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatherCall:
    """A call that is made before the model is asked, so that it need not ask for it."""

    tool: str
    arguments: Mapping[str, Json]


class Answer(Part):
    """Where the last text of a run goes.

    Args:
        tool: `reply` answers in the chat where it was asked, `none` keeps the text with the run; else a tool.
        with: The tool's arguments. `"{text}"` stands for the text, other names for what the occurrence tells.
    """

    tool: Annotated[str, Field(pattern=rf"^(?:reply|none|{TOOL})$")]
    arguments: Annotated[Mapping[str, Any], Field(alias="with")] = Field(default_factory=lambda: {TEXT: f"{{{TEXT}}}"})

    def filled(self, text: str, about: Mapping[str, Json]) -> dict[str, Json]:
        """The arguments for this text."""
        return filled(self.arguments, {**about, TEXT: text})


class _Absent:
    """Stands for what the occurrence does not tell."""


_ABSENT = _Absent()


def filled(arguments: Mapping[str, Json], about: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments with what the occurrence tells in its places."""
    found: Json = _filled(arguments, about)
    return dict(found)


def _filled(value: Json, about: Mapping[str, Json]) -> Json:
    if isinstance(value, str):
        place = _PLACE.fullmatch(value)
        if place is None:
            return value
        told = about.get(place[1])
        return _ABSENT if told is None else told
    if isinstance(value, Mapping):
        parts = {name: _filled(part, about) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not _ABSENT}
    if isinstance(value, list | tuple):
        items = [_filled(part, about) for part in value]
        return [item for item in items if item is not _ABSENT]
    return value


# --- mistakes --------------------------------------------------------------------------------------------------------


def badly_placed(value: Json) -> Iterator[str]:
    """What looks like a place and is none, a clause each."""
    for text in _texts(value):
        if not _PLACE.fullmatch(text) and (found := _PLACE.search(text)):
            yield f"'{found[0]}' stands among other words in '{text[:60]}', and would stay as it is"
    for record in _records(value):
        if len(record) == 1 and next(iter(record.values())) is None:
            yield f"{{{next(iter(record))[:40]}}} stands without quotes, and means a record"


def unfit(arguments: Mapping[str, Json], spec: ToolSpec, *, whole: bool = True) -> Iterator[tuple[str, str]]:
    """Arguments that the tool does not have, and such as it needs and that are not given, each with what to do.

    Args:
        whole: These are all that are given, so that what is not among them is missing.
    """
    for name in arguments:
        if name not in spec.arguments:
            yield f"{spec.name} has no argument '{name[:60]}'", near(name, spec.arguments)
    for name in sorted(spec.required - set(arguments)) if whole else ():
        yield f"{spec.name} needs '{name}'", f"Add it: with: {{{name}: …}}."


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in _parts(value):
        yield from _texts(part)


def _records(value: Json) -> Iterator[Mapping[str, Json]]:
    for part in _parts(value):
        if isinstance(part, Mapping):
            yield part
        yield from _records(part)


def _parts(value: Json) -> Iterator[Json]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
