"""Reads an agent's file, and tells everything that is wrong with it at once.

    reading = read_agent(text, "handbook")
    reading.checked(specs)              # the AgentFile, or AgentFileInvalid with every problem, each with its line

What cannot be read is left out, and the rest is checked all the same: only what depends on it goes unsaid until it is
mended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gainful.agents.file.agent_file import (
    ASKED_BY_OTHERS,
    LARGEST,
    UNKNOWN,
    AgentFile,
)
from gainful.agents.file.agent_problems import findings, invalid
from gainful.agents.file.front_matter import (
    FrontMatter,
    Looked,
    Place,
    Problem,
    Unreadable,
    known_place,
    line_of,
    look_at_front_matter,
)
from gainful.agents.file.gather import badly_placed
from gainful.agents.file.restriction import by_tool
from gainful.agents.file.salvage import Left, without
from gainful.agents.waking.trigger import KINDS, kind_of, trigger_mistakes
from gainful.core.tool import ToolSpec
from gainful.core.value import Json

NEEDED: Mapping[str, str] = {"name": "unread", "owner": "unread", "purpose": "Unread."}
"""What stands in for a needed key that cannot be read, while the others are checked."""

MOST_ROUNDS = 8
"""How often what cannot be read is taken out: what is around it may then lack something in its turn."""


@dataclass(frozen=True, slots=True)
class AgentReading:
    """What can be read of an agent's file.

    Args:
        where: How the file is called in errors.
        problems: All that is wrong with it by itself.
        file: What can be read of it, for the checks that need more than the file. None where nothing can. It is the
            agent itself only where there is no problem.
    """

    where: str
    problems: tuple[Problem, ...]
    file: AgentFile | None

    def checked(
        self,
        specs: Mapping[str, ToolSpec] | None = None,
        beside: Callable[[AgentFile], Iterable[Problem]] | None = None,
    ) -> AgentFile:
        """The agent.

        Args:
            specs: Every tool that there is; None to leave out what is wrong with those that the file names.
            beside: What else stands in its way, told where it cannot be used anyway.

        Raises:
            AgentFileInvalid: With every problem that was found, the first of which is told.
        """
        problems = list(self.problems)
        if self.file is not None and specs is not None:
            problems += self.file.mistakes(specs)
        if self.file is None or problems:
            also = beside(self.file) if self.file is not None and beside is not None else ()
            raise invalid(self.where, [*problems, *also])
        return self.file


def agent_file_from(text: str, folder: str = "", where: str = "AGENT.md") -> AgentFile:
    """The agent that this text describes.

    Args:
        folder: Name of the folder it lies in, where it lies in one: the agent is called the same.
        where: How the file is called in errors.

    Raises:
        AgentFileInvalid: With every problem that was found, the first of which is told.
    """
    return read_agent(text, folder, where).checked()


def read_agent(text: str, folder: str = "", where: str = "AGENT.md") -> AgentReading:
    """What can be read of this text, and everything that is wrong with it. Arguments as for `agent_file_from`."""
    if len(text) > LARGEST:
        too_long = Problem(0, f"it has {len(text):,} characters", f"Say it in {LARGEST:,}; what is rare is a skill.")
        return AgentReading(where, (too_long,), None)
    try:
        looked = look_at_front_matter(text)
    except Unreadable as error:
        return AgentReading(where, (error.problem,), None)
    problems = [*looked.problems, *_of_body(looked)]
    if looked.front is None:
        return AgentReading(where, tuple(problems), None)
    file, found = _read(looked.front, looked.spoiled)
    file._where = where
    problems += [*found, *_of_folder(file, folder), *_of_places(file), *_of_names(file), *_of_hold_out(file)]
    problems += _of_triggers(looked.front, looked.spoiled)
    return AgentReading(where, tuple(problems), file)


def _read(front: FrontMatter, spoiled: frozenset[Place]) -> tuple[AgentFile, list[Problem]]:
    """What can be read of the keys, and what is wrong with the others."""
    whole = Left({name: value for name, value in front.content.items() if name != "instructions"}, dict(front.lines))
    left = without(whole, spoiled)
    problems: list[Problem] = []
    for number in range(MOST_ROUNDS):
        # Once it is told that a needed key is missing, another stands in for it.
        content = {**NEEDED, **left.content} if number else left.content
        try:
            # By way of JSON: a list in YAML is a tuple here, a number an exact decimal.
            return _made(AgentFile.model_validate_json(json.dumps(_shaped(content))), front.body, left), problems
        except ValidationError as error:
            errors = error.errors(include_url=False)
        if not number:
            told = [one for one in errors if one["type"] != "missing" or one["loc"] not in left.lost]
            problems = list(findings(told, left.lines, AgentFile))
        left = _without(left, errors)
    everything = {(name,) for name in left.content}
    return _made(AgentFile.model_validate(NEEDED), front.body, without(left, everything)), problems


def _made(file: AgentFile, body: str, left: Left) -> AgentFile:
    file._instructions, file._lines, file._lost = body, left.lines, frozenset(left.lost)
    return file


def _without(left: Left, errors: Sequence[ErrorDetails]) -> Left:
    """What is left once that is gone in which these errors are."""
    unread = {known_place(left.lines, error["loc"]) for error in errors} - {()}
    missing = {error["loc"] for error in errors if error["type"] == "missing" and len(error["loc"]) == 1}
    unknown = any(error["type"] == "extra_forbidden" and len(error["loc"]) == 1 for error in errors)
    found = without(left, unread)
    found.lost |= {*missing, *([(UNKNOWN,)] if unknown else [])}
    return found


def _shaped(content: Mapping[str, Json]) -> dict[str, Json]:
    """The keys with what people write in short written in full."""
    shaped = {name: value for name, value in content.items() if name != "instructions"}
    if isinstance(shaped.get("answer"), str):
        shaped["answer"] = {"tool": shaped["answer"]}
    if "manifest" in shaped:
        shaped["manifest"] = by_tool(shaped["manifest"])
    return shaped


def _of_body(looked: Looked) -> Iterator[Problem]:
    if looked.front is not None and "instructions" in looked.front.content:
        line = line_of(looked.front.lines, ("instructions",))
        yield Problem(line, "'instructions' is no key", "Write them below the second line of hyphens.")
    elif not looked.body:
        yield Problem(0, "it has no instructions", "Write what the agent is to do below the second line of hyphens.")


def _of_folder(file: AgentFile, folder: str) -> Iterator[Problem]:
    if folder and folder != file.name and not file.lost("name"):
        what = f"the agent is called '{file.name}', and its folder '{folder[:60]}'"
        yield file.wrong(("name",), what, f"Write `name: {folder[:60]}`, or rename the folder.")


def _of_triggers(front: FrontMatter, spoiled: frozenset[Place]) -> Iterator[Problem]:
    """What is wrong with triggers, by themselves and beside each other."""
    triggers = front.content.get("triggers")
    if not isinstance(triggers, list):
        return
    unread = {place[1] for place in spoiled if place[0] == "triggers" and len(place) > 1}
    for number, key, mistake in trigger_mistakes(triggers):
        # What is no record at all is told with the other types.
        if number not in unread and (number >= len(triggers) or isinstance(triggers[number], Mapping)):
            line = line_of(front.lines, ("triggers", number, key))
            yield Problem(line, mistake.what.rstrip("."), mistake.next_move)


def _of_places(file: AgentFile) -> Iterator[Problem]:
    calls: list[tuple[Place, Mapping[str, Json]]] = [
        (("gather", number, "with"), call.arguments) for number, call in enumerate(file.gather)
    ]
    for place, arguments in [*calls, (("answer", "with"), file.answers.arguments)]:
        for mistake in badly_placed(arguments):
            yield file.wrong(place, mistake, 'Write a place to fill in as a whole value, in quotes: "{text}".')


def _of_names(file: AgentFile) -> Iterator[Problem]:
    for key, names in (("tools", file.tools), ("skills", file.skills)):
        for number, name in enumerate(names):
            if name in names[:number]:
                yield file.wrong((key, number), f"'{name}' is named twice", "Take one of them out.")


def _of_hold_out(file: AgentFile) -> Iterator[Problem]:
    kinds = [str(one.get("on")) for one in file.triggers]
    # What is misspelt may be what somebody else asks by.
    unsure = file.lost("triggers") or file.lost(UNKNOWN) or not {*kinds} <= {kind_of(model) for model in KINDS}
    if file.hold_out and not unsure and not ASKED_BY_OTHERS.intersection(kinds):
        what = "nothing that wakes it is asked for by somebody else, so nothing can be left to be done by hand"
        yield file.wrong(("hold_out",), what, "Let a chat or a mail wake it, or take `hold_out` out.")
