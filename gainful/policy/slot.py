"""A planned argument and the value that was given for it: whether the one is the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gainful.core.label import CONSTANT, Label, join
from gainful.core.value import Json, Value, uniform
from gainful.policy.functions import Open, equal


def fill(slot: Value, given: Json, heard: Label = CONSTANT) -> Value | None:
    """The given JSON with the labels of the slot that it fits; None where it is another value.

    Args:
        heard: Of what the one who gives it has been told: it is in every word that the plan left open.
    """
    if isinstance(slot.data, Open):
        if not _is_kind(slot.data, given):
            return None
        return replace(uniform(given, join(slot.label, heard)), derivation=slot.derivation)
    if slot.items is not None:
        if not isinstance(given, list | tuple) or len(given) != len(slot.items):
            return None
        items = [fill(part, one, heard) for part, one in zip(slot.items, given, strict=True)]
        return None if None in items else replace(slot, items=tuple(item for item in items if item is not None))
    if slot.fields is not None:
        if not isinstance(given, Mapping) or set(given) != set(slot.fields):
            return None
        fields = {name: fill(part, given[name], heard) for name, part in slot.fields.items()}
        if None in fields.values():
            return None
        return replace(slot, fields={name: part for name, part in fields.items() if part is not None})
    return slot if equal(slot.data, given) else None


def _is_kind(slot: Open, given: Json) -> bool:
    if slot.kind == "number":
        return isinstance(given, int | float) and not isinstance(given, bool)
    if slot.kind == "bool":
        return isinstance(given, bool)
    if slot.kind == "any":
        return given is not None
    form = _SHAPES.get(slot.kind)
    return isinstance(given, str) and (form is None or form.fullmatch(given) is not None)


_SHAPES = {
    # No sentence fits where a model was to find an address or a day.
    "date": re.compile(r"[0-9T:+Z. -]{1,40}"),
    "address": re.compile(r"[^\s,;<>\"()@]{1,64}@[^\s,;<>\"()@]{1,253}"),
    "url": re.compile(r"[^\s<>\"\\^`{|}]{1,2000}"),
    "id": re.compile(r"[^\s]{1,200}"),
    "name": re.compile(r"[^\r\n]{1,200}"),
}
