"""Whose words a call's arguments are, where no plan bound them: found out from what the run knows alone.

A scalar is the person's when it is, as a whole, one of the tokens that they typed; it has the label of a field of an
answer when a lookup that the person fixed found that one object and no other. Everything else a model may have made up,
and takes the join of all that the run has read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gainful.core.label import CONSTANT, TYPED, Integrity, Label, join, join_all
from gainful.core.tool import Act, Returns, Role, ToolSpec
from gainful.core.value import Json, Value, labelled, leaf, uniform
from gainful.policy.functions import equal
from gainful.policy.typed import Typed


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer that the run has had."""

    spec: ToolSpec
    arguments: Mapping[str, Value]
    result: Value


@dataclass(frozen=True, slots=True)
class Context:
    """What a run knows without trusting a model.

    Args:
        typed: Tokens of what the person asked for.
        seen: Answers so far, in order.
    """

    typed: Typed
    seen: Sequence[Seen] = field(default_factory=tuple)

    @property
    def label(self) -> Label:
        """The join of all that the run has read: of anything that a model says now."""
        return join(Label(Integrity.TRUSTED), *(one.result.whole for one in self.seen))

    @property
    def tainted(self) -> bool:
        """Whether a stranger may have written something of it."""
        return any(one.result.whole.tainted for one in self.seen)


def attributed(spec: ToolSpec, arguments: Mapping[str, Json], context: Context) -> dict[str, Value]:
    """The arguments of a call with the labels that the context gives them."""
    own = context.label
    known = list(_fixed(context))
    return {
        name: _value(given, spec.arguments.get(name), context.typed, known, own) for name, given in arguments.items()
    }


def _value(given: Json, role: Role | None, typed: Typed, known: Sequence[Value], own: Label) -> Value:
    if isinstance(given, list | tuple):
        return Value(None, CONSTANT, items=tuple(_value(one, role, typed, known, own) for one in given))
    if isinstance(given, Mapping):
        fields = {str(name): _value(one, role, typed, known, own) for name, one in given.items()}
        return Value(None, CONSTANT, fields=fields)
    if given is None or given == "":
        return leaf(given, CONSTANT)
    if given in typed:
        return leaf(given, TYPED, "you typed it")
    if role is not Role.CONTENT:
        for value in known:
            if equal(value.data, given):
                return leaf(given, value.label, value.derivation)
    return leaf(given, own, "the model's words")


def _fixed(context: Context) -> Iterator[Value]:
    """Scalars of answers that the person fixed: the only object that their own words find, or their own directory's."""
    for one in context.seen:
        if not one.arguments or not all(_is_typed(value) for value in one.arguments.values()):
            continue
        result = one.result
        if result.items is not None and len(result.items) == 1:
            result = result.items[0]
        if result.items is not None:
            continue
        named = f"the only one that {one.spec.name} found"
        if one.spec.act is Act.LOOK_UP:
            named = f"{one.spec.name} knows it"
        for scalar in result.leaves():
            if not scalar.label.tainted and scalar.data not in (None, ""):
                yield leaf(scalar.data, scalar.label, named)


def _is_typed(value: Value) -> bool:
    return all(scalar.label.integrity is Integrity.USER for scalar in value.leaves())


def returned(spec: ToolSpec, arguments: Mapping[str, Value], data: Json, objects: Mapping[str, Label]) -> Value:
    """A tool's answer with its labels: as declared, and as what was written on its objects before demands.

    Args:
        objects: Stored labels by object name.
    """
    if spec.returns.echoes:
        return uniform(data, join_all(value.whole for value in arguments.values()))
    value = labelled(data, spec.returns.labels, spec.returns.default)
    if not objects or not spec.returns.objects:
        return value
    return _stained(value, spec.returns, objects, "")


def _stained(value: Value, returns: Returns, objects: Mapping[str, Label], path: str) -> Value:
    """The answer with the stored labels of the objects in it."""
    label = objects.get(object_name(returns.objects[path], value)) if path in returns.objects else None
    items = value.items and tuple(_stained(item, returns, objects, f"{path}[]") for item in value.items)
    fields = value.fields and {
        name: _stained(part, returns, objects, f"{path}.{name}" if path else name)
        for name, part in value.fields.items()
    }
    found = Value(value.data, value.label, items, fields, value.derivation)
    return found if label is None else _joined(found, label, returns.server)


def _joined(value: Value, label: Label, server: frozenset[str]) -> Value:
    """What was written on an object reaches its words, but not the fields that the server gives by itself."""
    items = value.items and tuple(_joined(item, label, server) for item in value.items)
    fields = value.fields and {
        name: part if name in server else _joined(part, label, server) for name, part in value.fields.items()
    }
    return Value(value.data, join(value.label, label), items, fields, value.derivation)


def object_name(pattern: str, value: Value) -> str:
    """The name of an object such as `file:{id}`, with the fields of this record filled in."""
    plain = value.plain
    if isinstance(plain, Mapping):
        for name, part in plain.items():
            pattern = pattern.replace(f"{{{name}}}", str(part))
    return pattern.replace("{}", str(plain) if not isinstance(plain, Mapping | list) else "")
