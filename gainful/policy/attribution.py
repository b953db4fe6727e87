"""Whose words a call's arguments are, where no plan bound them: found out from what the run knows alone.

A scalar is the person's when it is, as a whole, one of the tokens that they typed; it has the label of a field of an
answer when a lookup that the person fixed found that one object and no other. Everything else a model may have made up,
and takes the join of all that the run has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gainful.core.label import CONSTANT, TYPED, Confidentiality, Integrity, Label, join, join_all
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec
from gainful.core.value import Json, Value, check_depth, labelled, leaf, uniform
from gainful.policy.functions import equal, influenced
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


def _value(given: Json, role: Role | None, typed: Typed, known: Sequence[Value], own: Label, depth: int = 0) -> Value:
    check_depth(depth)
    if isinstance(given, list | tuple):
        return Value(None, CONSTANT, items=tuple(_value(one, role, typed, known, own, depth + 1) for one in given))
    if isinstance(given, Mapping):
        fields = {str(name): _value(one, role, typed, known, own, depth + 1) for name, one in given.items()}
        # A record's names are words too.
        names = join_all(_value(name, role, typed, known, own, depth + 1).label for name in fields)
        return Value(None, names, fields=fields)
    if given is None or (given == "" and role not in (Role.TARGET, Role.AMOUNT)):
        # No text says nothing; no target may be the root, or everything.
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
        if not _fixed_by_person(one):
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


def _fixed_by_person(one: Seen) -> bool:
    """Whether the person's own words, and nothing else, say what is looked for.

    A number of results, an order or a page to begin at makes one of many look like the only one.
    """
    given = [
        (name, scalar) for name, value in one.arguments.items() for scalar in value.leaves() if scalar.data is not None
    ]
    return bool(given) and all(
        scalar.label.integrity is Integrity.USER
        and scalar.data != ""
        and one.spec.arguments.get(name) in (Role.TARGET, Role.CONTENT)
        for name, scalar in given
    )


def returned(spec: ToolSpec, arguments: Mapping[str, Value], data: Json, objects: Mapping[str, Label]) -> Value:
    """A tool's answer with its labels: as declared, as what chose it demands, and as what was written on it before.

    A stranger who chose what was looked for has chosen what was found, be it the server's own words.

    Args:
        objects: Stored labels by object name.

    Raises:
        ValueTooDeep: It is nested without measure.
    """
    if spec.returns.echoes:
        value = uniform(data, join(Label(Integrity.TRUSTED), *(part.whole for part in arguments.values())))
    else:
        value = labelled(data, spec.returns.labels, spec.returns.default)
        chosen = join_all(part.whole for name, part in arguments.items() if _chooses(spec, name))
        if chosen.tainted or chosen.confidentiality is Confidentiality.SECRET:
            value = influenced(value, chosen)
    if not objects or not spec.returns.objects:
        return value
    return _stained(value, spec.returns, objects, "")


def _chooses(spec: ToolSpec, argument: str) -> bool:
    """Whether this argument has a part in which object an answer is about; a new object's text has none."""
    return spec.effect is Effect.READ or spec.arguments.get(argument) is not Role.CONTENT


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
    items = value.items and tuple(_joined(item, label, frozenset()) for item in value.items)
    fields = value.fields and {
        # The server's fields are the object's own: a stranger's text may have one of the same name in it.
        name: part if name in server else _joined(part, label, frozenset())
        for name, part in value.fields.items()
    }
    return Value(value.data, join(value.label, label), items, fields, value.derivation)


def object_name(pattern: str, value: Value) -> str:
    """The name of an object such as `file:{id}`, with the fields of this record filled in."""
    plain = value.plain
    fields = plain if isinstance(plain, Mapping) else {}
    own = "" if isinstance(plain, Mapping | list) else str(plain)

    # In one go: what stands in a field is a text, never a place to fill in.
    def filled(place: re.Match[str]) -> str:
        name = place[1]
        return own if name == "" else str(fields[name]) if name in fields else place[0]

    return _PLACE.sub(filled, pattern)


_PLACE = re.compile(r"\{([^{}]*)\}")
