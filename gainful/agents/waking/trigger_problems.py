"""What is wrong with a trigger in an agent's file, in words that people use, and what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gainful.core.errors import Invalid


class TriggerInvalid(Invalid):
    """A trigger in an agent's file cannot be used."""

    code = "trigger-invalid"


def explained(
    number: int, given: Mapping[str, Any], finding: ErrorDetails, kinds: Mapping[str, type[BaseModel]]
) -> TriggerInvalid:
    """What is wrong with one trigger, and what to write instead.

    Args:
        number: Counted from one.
        finding: Of the checker of types.
        kinds: What each kind of trigger has, by its word.
    """
    kind = given.get("on")
    if finding["type"] in ("union_tag_not_found", "union_tag_invalid"):
        if "on" not in given:
            return TriggerInvalid(f"Trigger {number} does not say on what.", f"Add on: with one of {', '.join(kinds)}.")
        return TriggerInvalid(f"Trigger {number}: '{_short(kind)}' is no kind of trigger.", _near(str(kind), kinds))
    path = [str(part) for part in finding["loc"][1:]]
    key = path[0] if path else ""
    where = f"Trigger {number} ({kind})"
    keys = [field.alias or name for name, field in kinds[str(kind)].model_fields.items()]
    if finding["type"] == "extra_forbidden":
        return TriggerInvalid(f"{where} has no key '{_short(key)}'.", _near(key, keys))
    if finding["type"] == "missing":
        return TriggerInvalid(f"{where} needs '{key}'.", f"Add {key}: to it.")
    next_move = f"Correct '{key}' there." if key else "Correct the trigger."
    if finding["type"] == "value_error":
        return TriggerInvalid(f"{where}: {finding['msg'].removeprefix('Value error, ').rstrip('.')}.", next_move)
    shown = f" is {json.dumps(given[key], default=str)[:60]}, and" if key in given else ""
    return TriggerInvalid(f"{where}: '{key}'{shown} {_wrong(finding)}.", next_move)


_WRONG = {
    "string_type": "must be a text; put it in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "may hold letters, digits, spaces, dots, _ and -, and begins with a letter or a digit",
    "tuple_type": "must be a text or a list of texts",
    "too_short": "must name one at least",
    "too_long": "names too many",
    "bool_type": "must be true or false",
}
"""What is wrong, in words that people use, by pydantic's name for it."""


def _wrong(finding: ErrorDetails) -> str:
    if finding["type"] == "literal_error":
        return f"must be {finding['ctx']['expected']}"
    message = finding["msg"]
    return _WRONG.get(finding["type"], message[:1].lower() + message[1:])


def _near(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word.lower(), known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(known)}."


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"
