"""What is wrong with an agent's file, in words that people use: the line, what stands there, what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gainful.agents.file.front_matter import Place, Problem, known_place, line_of
from gainful.core.errors import Invalid

EXAMPLES: Mapping[str, str] = {
    "name": "name: handbook",
    "owner": "owner: ada",
    "purpose": "purpose: Answers questions from the handbook.",
    "tool": "tool: files.search",
    "claims": "claims: A question answered",
    "from": 'from: "20:00"',
    "to": 'to: "08:00"',
}
"""How a needed key is written."""

_WANTED: Mapping[str, tuple[str, str]] = {
    "string_type": ("a text", "Write one; what looks like a number stands in quotes."),
    "tuple_type": ("a list", "Write it in square brackets: [one, two]."),
    "mapping_type": ("a record", "Write it in braces: {key: value}."),
    "dict_type": ("a record", "Write it in braces: {key: value}."),
    "model_type": ("a record", "Write it in braces: {key: value}."),
    "model_attributes_type": ("a record", "Write it in braces: {key: value}."),
    "int_type": ("a whole number", "Write digits alone."),
    "int_from_float": ("a whole number", "Write digits alone."),
    "decimal_type": ("a number", "Write digits, with a point for what is less than one: 0.05."),
    "decimal_parsing": ("a number", "Write digits, with a point for what is less than one: 0.05."),
    "bool_type": ("true or false", "Write one of them."),
}
"""What a value of the wrong type should be, and how that is written."""

_PATTERNS: Mapping[str, str] = {
    "name": "small letters, digits and hyphens, beginning with a letter: handbook",
    "owner": "one word, without spaces: ada",
    "model": "PROVIDER:MODEL, such as openai:gpt-5-mini",
    "from": 'hours and minutes in quotes: "20:00"',
    "to": 'hours and minutes in quotes: "08:00"',
    "skills": "small letters, digits and single hyphens, as its folder is called",
    "answer": "reply, none, or the name of a tool",
}
_KEYS = "Write the name of a tool, such as files.read, or limits."
_TOOL = "the name of a tool, with a dot in it: files.read"


class AgentFileInvalid(Invalid):
    """An agent's file cannot be used: a key that is unknown or missing, or a value that does not fit.

    Args:
        problems: All that were found. The first is told by `what`, the others by `also`.
        where: How the file is called.
    """

    code = "agent-file-invalid"

    def __init__(
        self, what: str, next_move: str = "", problems: Sequence[Problem] = (), where: str = "AGENT.md"
    ) -> None:
        super().__init__(what, next_move, also=[f"{told(where, one)} {one.fix}".strip() for one in problems[1:]])
        self.problems = tuple(problems)


def invalid(where: str, problems: Iterable[Problem]) -> AgentFileInvalid:
    """The error that tells the first of these problems, by line, and has the others with it."""
    found = sorted(problems, key=lambda problem: problem.line)
    first = found[0]
    return AgentFileInvalid(told(where, first), first.fix, found, where)


def told(where: str, problem: Problem) -> str:
    """A problem as a sentence."""
    place = f"{where}, line {problem.line}" if problem.line else where
    return f"{place}: {problem.what}."


def findings(errors: Sequence[ErrorDetails], lines: Mapping[Place, int], model: type[BaseModel]) -> Iterator[Problem]:
    """What the checker of types has found, as a person is told it."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    for error in errors:
        *around, key = error["loc"]
        beside = [str(place[-1]) for place in unknown if list(place[:-1]) == around]
        # A mistyped key explains the missing one.
        if error["type"] != "missing" or not difflib.get_close_matches(str(key), beside, n=1):
            yield _finding(error, lines, model)


def _finding(error: ErrorDetails, lines: Mapping[Place, int], model: type[BaseModel]) -> Problem:
    place, key = known_place(lines, error["loc"]), error["loc"][-1]
    line = line_of(lines, error["loc"])
    if key == "[key]":
        return Problem(line, f"'{_short(place[-1])}' cannot be a key of '{dotted(place[:-1])}'", _KEYS)
    if error["type"] == "extra_forbidden":
        around = _model_at(model, error["loc"][:-1])
        where = f" of '{dotted(place[:-1])}'" if place[:-1] else ""
        return Problem(line, f"'{_short(key)}' is no key{where}", near(str(key), _keys(around)))
    if error["type"] == "missing":
        where = f"'{dotted(place)}' has no '{key}'" if place else f"'{key}' is missing"
        return Problem(line, where, f"Add it, such as `{EXAMPLES.get(str(key), f'{key}: …')}`.")
    return Problem(line, *_wrong(error, place))


def near(word: str, known: Iterable[str]) -> str:
    """A sentence that names what was meant, or all that there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), names, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known here: {', '.join(names)}." if names else "Take it out."


def dotted(place: Sequence[str | int]) -> str:
    """`triggers[2].at`, counted from one as people do."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _wrong(error: ErrorDetails, place: Place) -> tuple[str, str]:
    """What is wrong with a value, and what to write."""
    kind, given, key = error["type"], error["input"], dotted(place) or "the file"
    if given is None:
        return f"'{key}' has no value", "Write one. A # begins a comment: put a text that holds one in quotes."
    if kind in _WANTED:
        wanted, fix = _WANTED[kind]
        return f"'{key}' is {wanted}, and {_shown(given)} is none", fix
    if kind == "string_pattern_mismatch":
        name = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
        return f"'{key}' cannot be {_shown(given)}", f"What belongs there: {_PATTERNS.get(name, _TOOL)}."
    message = error["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"'{key}' {message}", "Correct it there."
    said = message[:1].lower() + message[1:]
    return f"'{key}' = {_shown(given)}: {said}", "Correct it there."


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else f"'{value}'"
    return _short(text)


def _short(text: Any) -> str:
    return str(text) if len(str(text)) <= 60 else f"{str(text)[:59]}…"


def _model_at(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel]:
    """The record in which this place lies."""
    for part in place:
        field = next((one for name, one in model.model_fields.items() if part in (name, one.alias)), None)
        inner = _model_in(field.annotation) if field is not None else None
        model = inner or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _keys(model: type[BaseModel]) -> list[str]:
    return [_called(name, field) for name, field in model.model_fields.items()]


def _called(name: str, field: FieldInfo) -> str:
    return field.alias or name
