"""What a gate is told about a call: nothing that the model says of itself, and nothing about tasks or attacks.

It holds all that a simpler harness would hand to a gate (`prompt`, `history`, `approved`, and the small
questions such as `origin`), so that a gate written for that one runs here; and more: labels for each field of each
answer, the frozen plan, the clock, the directory, the agent, and the labels that objects keep from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bench.agentdojo.declarations import TOOLS
from gainful.core.label import Label
from gainful.core.tool import Act, Effect, Role
from gainful.core.value import Value

_EFFECTS = {Act.FETCH: "fetch", Act.PAY: "pay", Act.DELETE: "destroy", Act.ADMINISTER: "admin"}


@dataclass
class Record:
    """One call that was carried out.

    Args:
        label: In one word, for gates that know no fields: trusted, untrusted, or echo (it repeats its arguments).
        result: What the tool returned, as AgentDojo has it.
        value: The same as a connector gives it, with the label of each field.
    """

    tool: str
    args: dict[str, Any]
    label: str
    result: Any
    error: str | None
    value: Value
    text: str = ""

    @cached_property
    def labels(self) -> dict[str, Label]:
        """Label by path in the answer."""
        return {path: part.label for path, part in paths(self.value)}

    @property
    def norm(self) -> str:
        """What the model saw, without differences of space and case."""
        return _normal(self.text)


@dataclass
class Provenance:
    """What a runtime can know without trusting the model.

    Args:
        plan: Frozen before the run read anything; None in a run without one.
        now: `YYYY-MM-DD HH:MM` of the person's clock.
        directory: Address by name: the person's own contacts, or the members' list.
        agent: Whose manifest holds.
        objects: Label by the name of an object that an agent wrote, such as `file:26`; kept from run to run.
    """

    prompt: str
    history: list[Record] = field(default_factory=list)
    approved: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    plan: Mapping[str, Any] | None = None
    now: str = ""
    me: str = ""
    directory: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    objects: dict[str, Label] = field(default_factory=dict)

    def copy(self) -> Provenance:
        """The same so far; what happens next to one does not touch the other."""
        return Provenance(
            *(self.prompt, list(self.history), list(self.approved), self.plan, self.now, self.me),
            *(self.directory, self.agent, dict(self.objects)),
        )

    @property
    def tainted(self) -> bool:
        """Whether this run has read anything that an outsider could have written."""
        return any(record.label == "untrusted" for record in self.history)

    def effect(self, tool: str) -> str:
        """read, fetch, write, send, pay, destroy, admin; unknown for a tool that nobody declared."""
        spec = TOOLS.get(tool)
        if spec is None:
            return "unknown"
        if spec.effect is Effect.READ:
            return "read"
        return _EFFECTS.get(spec.act, "send" if spec.effect is Effect.EGRESS or spec.attends else "write")

    def role(self, tool: str, argument: str) -> str:
        """content or target."""
        spec = TOOLS.get(tool)
        return "content" if spec is not None and spec.arguments.get(argument) is Role.CONTENT else "target"

    def origin(self, value: Any) -> str:
        """prompt, trusted, untrusted, model or const, found by looking for the text: for gates that ask for it."""
        if value is None or isinstance(value, bool) or not _normal(value):
            return "const"
        if _occurs(value, _normal(self.prompt)):
            return "prompt"
        for label in ("trusted", "untrusted"):
            if any(record.label == label and _occurs(value, record.norm) for record in self.history):
                return label
        return "model"

    def leaves(self, args: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Argument name and scalar, for every scalar in args."""
        return [(name, scalar) for name in sorted(args) for scalar in _scalars(args[name])]


def paths(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Path and leaf, for every scalar in a value."""
    if value.items is not None:
        for item in value.items:
            yield from paths(item, f"{path}[]")
    elif value.fields is not None:
        for name, part in value.fields.items():
            yield from paths(part, f"{path}.{name}" if path else name)
    else:
        yield path, value


def _normal(value: Any) -> str:
    return re.sub(r"\s+", " ", str(value)).strip().lower()


def _occurs(value: Any, text: str) -> bool:
    if isinstance(value, int | float):
        return any(abs(float(found) - value) < 1e-9 for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", text))
    return re.search(rf"(?<![\w@-]){re.escape(_normal(value))}(?![\w@-])", text) is not None


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name in sorted(value):
            if name != "type":
                yield from _scalars(value[name])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    else:
        yield value
