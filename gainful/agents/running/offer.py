"""Tools as a model is shown them: in as few words as it needs to use them."""

from __future__ import annotations

from collections.abc import Mapping

from gainful.agents.running.brief import Shown
from gainful.core.tool import Role, ToolSpec
from gainful.core.value import Json
from gainful.sdk.dialogue import ToolOffer


def offered(shown: Shown) -> ToolOffer:
    """The tool with its name, a sentence, and the form of its arguments."""
    return ToolOffer(shown.spec.name, shown.spec.about, shown.schema or schema_of(shown.spec))


def schema_of(spec: ToolSpec) -> dict[str, Json]:
    """JSON schema of the arguments, as the declaration has them."""
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {name: _property(spec.types, name, role) for name, role in spec.arguments.items()},
    }
    if spec.required:
        schema["required"] = sorted(spec.required)
    return schema


def _property(types: Mapping[str, str], name: str, role: Role) -> dict[str, Json]:
    kind = types.get(name, "number" if role is Role.AMOUNT else "string")
    # Providers that read schemas strictly want to know what a list holds; all of ours hold texts.
    return {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind}
