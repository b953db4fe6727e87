"""A value with its label, down to each field: a mail's id, its sender and its body are different things.

mail = labelled({"id": "7", "body": "Hi"}, {"id": system, "body": stranger}, default=stranger)
mail["id"].label            # system
mail.whole                  # the join of both
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gainful.core.errors import Invalid
from gainful.core.label import CONSTANT, Label, join_all, label_from

Json = Any
"""What JSON can hold: None, bool, int, float, str, lists, and string-keyed dicts of these."""

DEEPEST = 60
"""Lists and records in one another: more than any honest answer has."""


class ValueTooDeep(Invalid):
    """A value is nested without measure; reading it would end in a stack overflow."""

    code = "value-too-deep"


@dataclass(frozen=True)
class Value:
    """A JSON value whose parts may have labels of their own.

    Args:
        data: A scalar for a leaf; None for a list or a record, whose parts hold the data.
        label: Of the leaf; of a list or a record: of its being there, its order and its names, not of its parts.
        items: The parts of a list, or None.
        fields: The parts of a record, or None.
        derivation: How it came about, for the person who is asked about it.
    """

    data: Json
    label: Label
    items: tuple[Value, ...] | None = None
    fields: Mapping[str, Value] | None = None
    derivation: str = field(default="", compare=False)

    @property
    def plain(self) -> Json:
        """The JSON without labels."""
        if self.items is not None:
            return [item.plain for item in self.items]
        if self.fields is not None:
            return {name: part.plain for name, part in self.fields.items()}
        return self.data

    @cached_property
    def whole(self) -> Label:
        """The label of everything in it together."""
        return join_all([self.label, *(part.whole for part in self.parts())])

    def parts(self) -> Iterator[Value]:
        """The direct parts of a list or a record; none of a leaf."""
        yield from self.items or ()
        yield from (self.fields or {}).values()

    def leaves(self) -> Iterator[Value]:
        """Every scalar in it."""
        if self.items is None and self.fields is None:
            yield self
        for part in self.parts():
            yield from part.leaves()

    def __getitem__(self, key: str | int) -> Value:
        """The part of this name or number.

        Raises:
            KeyError, IndexError: There is none.
        """
        if isinstance(key, int):
            return (self.items or ())[key]
        return (self.fields or {})[key]


def leaf(data: Json, label: Label, derivation: str = "") -> Value:
    """A scalar with its label."""
    return Value(data, label, derivation=derivation)


def check_depth(depth: int) -> None:
    """Raises `ValueTooDeep` below the deepest place that a value may have."""
    if depth > DEEPEST:
        raise ValueTooDeep(
            f"A value has more than {DEEPEST} lists or records in one another.", "Ask for less of it, or a part of it."
        )


def uniform(data: Json, label: Label, derivation: str = "", *, depth: int = 0) -> Value:
    """A JSON value whose parts all have this label.

    Raises:
        ValueTooDeep: It is nested without measure.
    """
    check_depth(depth)
    if isinstance(data, Mapping):
        parts = {str(name): uniform(part, label, depth=depth + 1) for name, part in data.items()}
        return Value(None, label, fields=parts, derivation=derivation)
    if isinstance(data, list | tuple):
        items = tuple(uniform(part, label, depth=depth + 1) for part in data)
        return Value(None, label, items=items, derivation=derivation)
    return Value(data, label, derivation=derivation)


def labelled(data: Json, labels: Mapping[str, Label], default: Label, path: str = "", *, depth: int = 0) -> Value:
    """A JSON value whose parts are labelled by path.

    Args:
        labels: Label by path: `id` of a record's field, `[].id` of that field in each item of a list, `[].tags[]` of
            each item of a list in it, `*` for any one name. A path covers what lies under it. The deepest match holds.
        default: Of everything that no path names: declare it as the worst that may come.

    Raises:
        ValueTooDeep: It is nested without measure.
    """
    check_depth(depth)
    own = labels.get(path, default)
    if isinstance(data, Mapping):
        parts, declared = {}, True
        for name, part in data.items():
            named = f"{path}.{name}" if path else str(name)
            # A name that reads like a path of its own is nobody's declared field.
            known = not _PATH & set(str(name)) and name != "" and any(_covers(named, wanted) for wanted in labels)
            wild = f"{path}.*" if path else "*"
            parts[str(name)] = labelled(part, labels, own, named if known else wild, depth=depth + 1)
            declared = declared and known
        # A name that nobody declared is data: whoever wrote the record may have chosen it.
        return Value(None, _being_there(own) if declared else own, fields=parts)
    if isinstance(data, list | tuple):
        items = tuple(labelled(part, labels, own, f"{path}[]", depth=depth + 1) for part in data)
        return Value(None, _being_there(own), items=items)
    return Value(data, own)


_PATH = frozenset(".[]*")


def _covers(path: str, wanted: str) -> bool:
    """Whether `wanted` names this path or something under it."""
    return wanted == path or wanted.startswith((f"{path}.", f"{path}["))


def _being_there(own: Label) -> Label:
    """The label of a list or a record itself: that a mail is there is no secret text, whoever wrote its fields."""
    return Label(CONSTANT.integrity, own.confidentiality)


# --- as it is stored -------------------------------------------------------------------------------------------------

_LEAF, _LIST, _RECORD = 0, 1, 2


def stored(value: Value) -> Json:
    """The value with its labels as JSON: each label once, and nodes that name it by number."""
    labels: list[Label] = []

    def node(part: Value) -> Json:
        if part.label not in labels:
            labels.append(part.label)
        number = labels.index(part.label)
        if part.items is not None:
            return [_LIST, number, [node(item) for item in part.items]]
        if part.fields is not None:
            return [_RECORD, number, {name: node(inner) for name, inner in part.fields.items()}]
        return [_LEAF, number, part.data, *([part.derivation] if part.derivation else [])]

    tree = node(value)
    return {"labels": [label.as_json() for label in labels], "value": tree}


def value_from(kept: Json) -> Value:
    """The value that `stored` wrote.

    Raises:
        ValueError, KeyError, TypeError, IndexError: It is not one.
    """
    labels = [label_from(label) for label in kept["labels"]]

    def part(node: Json) -> Value:
        kind, number, content, *rest = node
        if kind == _LIST:
            return Value(None, labels[number], items=tuple(part(item) for item in content))
        if kind == _RECORD:
            return Value(None, labels[number], fields={name: part(inner) for name, inner in content.items()})
        return Value(content, labels[number], derivation=rest[0] if rest else "")

    return part(kept["value"])
