"""The arguments of an effect as fields of a form, and what a person made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gainful.core.visible import hidden
from gainful.gate.approval import AnswerInvalid
from gainful.gate.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Field:
    """One argument.

    Args:
        key: The field's name in the form.
        as_json: Its text is JSON: it is no text, or holds characters that do not show.
    """

    key: str
    name: str
    text: str
    as_json: bool


def fields_of(proposal: Proposal, number: int) -> list[Field]:
    """The arguments of the effect with this number."""
    return [_field(number, name, value) for name, value in sorted(proposal.arguments.items())]


def changes_of(proposal: Proposal, number: int, form: Mapping[str, str]) -> dict[str, Any]:
    """Those arguments that a form gives another value.

    Raises:
        AnswerInvalid: What should be JSON is not.
    """
    found = {}
    for field in fields_of(proposal, number):
        # Browsers send line ends as CR LF.
        text = form.get(field.key, field.text).replace("\r\n", "\n")
        if text == field.text:
            continue
        found[field.name] = _parsed(text, field.name) if field.as_json else text
    return found


def _field(number: int, name: str, value: Any) -> Field:
    plain = isinstance(value, str) and not hidden(value) and "\r" not in value
    text = value if plain else json.dumps(value, ensure_ascii=True, indent=2)
    return Field(f"effect-{number}-{name}", name, text, not plain)


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise AnswerInvalid(f"The new value of '{name}' is not JSON: {error}.", "Write it as JSON.") from None
