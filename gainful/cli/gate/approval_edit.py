"""An effect as a file that a person edits: each argument in a part of its own, texts as they are.

The lines between the parts hold the effect's digest. Whoever wrote a text could not know it, so no text can pass for
the beginning of another argument.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gainful.core.visible import hidden
from gainful.gate.approval import AnswerInvalid

if TYPE_CHECKING:
    from gainful.gate.proposal import Proposal

TEXT = "text"
JSON = "JSON"


def as_file(proposal: Proposal) -> str:
    """The arguments as a text to edit."""
    mark = _mark(proposal)
    parts = [f"{mark} Change what should be otherwise, save and close. Leave these lines as they are.\n"]
    for name, value in sorted(proposal.arguments.items()):
        # Text with characters that do not show is edited as JSON, where they can be seen.
        plain = isinstance(value, str) and not hidden(value) and "\r" not in value
        body = value if plain else json.dumps(value, indent=2)
        parts.append(f"{mark} {TEXT if plain else JSON}: {json.dumps(name)}\n{body}\n")
    return "".join([*parts, f"{mark} end\n"])


def from_file(text: str, proposal: Proposal) -> dict[str, Any]:
    """The arguments that the edited text holds, all of them.

    Raises:
        AnswerInvalid: A part is missing, or is not the JSON that it should be.
    """
    mark = re.escape(_mark(proposal))
    part = re.compile(rf'^{mark} ({TEXT}|{JSON}): ("[^\n]*")\n(.*?)\n(?={mark} )', re.DOTALL | re.MULTILINE)
    found = {}
    for kind, quoted, body in part.findall(text):
        name = json.loads(quoted)
        found[name] = body if kind == TEXT else _json(body, name)
    missing = sorted(set(proposal.arguments) - set(found))
    if missing:
        raise AnswerInvalid(
            f"The part of '{missing[0]}' cannot be found any more.",
            "Edit again, and leave the lines between the parts as they are.",
        )
    return found


def from_options(settings: Sequence[str], proposal: Proposal) -> dict[str, Any]:
    """The arguments that `NAME=VALUE` options give: text where there was text, else JSON.

    Raises:
        AnswerInvalid: Not of that form, or not JSON where it should be.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise AnswerInvalid(f"'{setting[:80]}' is no change.", "Write --set NAME=VALUE.")
        changes[name] = value if isinstance(proposal.arguments.get(name, ""), str) else _json(value, name)
    return changes


def differing(changes: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    """Those of the arguments that are not as they were."""
    return {
        name: value
        for name, value in changes.items()
        if name not in proposal.arguments or json.dumps(value) != json.dumps(proposal.arguments[name])
    }


def _mark(proposal: Proposal) -> str:
    return f"=== {proposal.digest[:16]}"


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise AnswerInvalid(f"The new value of '{name}' is not JSON: {error}.", "Write it as JSON.") from None
