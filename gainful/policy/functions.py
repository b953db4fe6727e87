"""The functions that a plan's expressions may call, and the arithmetic of labelled values."""

from __future__ import annotations

import inspect
import itertools
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gainful.core.label import CONSTANT, Integrity, Label, join, join_all
from gainful.core.value import Json, Value, leaf

LONGEST_TEXT = 1_000_000

KINDS = frozenset({"text", "number", "date", "address", "url", "name", "id", "bool", "any"})
"""What an open slot may hold."""


class PlanUnclear(Exception):
    """The values do not settle what the plan asks for; a person must."""


@dataclass(frozen=True, slots=True)
class Open:
    """What a model fills in later, from named inputs alone: the place of a value that nobody knows beforehand."""

    kind: str = "any"
    instruction: str = ""


def is_open(value: Value) -> bool:
    """Whether any part of it is open."""
    return any(isinstance(part.data, Open) for part in value.leaves())


def influenced(value: Value, label: Label) -> Value:
    """The value as it is when something with this label chose it."""
    if label.integrity is Integrity.USER and not label.sources and label.confidentiality == CONSTANT.confidentiality:
        return value
    items = None if value.items is None else tuple(influenced(item, label) for item in value.items)
    fields = None if value.fields is None else {name: influenced(part, label) for name, part in value.fields.items()}
    return Value(value.data, join(value.label, label), items, fields, value.derivation)


def part(value: Value, key: str | int) -> Value:
    """A record's field, or a list's item, influenced by the list's own label."""
    if isinstance(value.data, Open):
        return value
    if value.fields is not None and str(key) in value.fields:
        return value.fields[str(key)]
    if value.items is not None and isinstance(key, int):
        return influenced(value.items[key], value.label)
    raise KeyError(f"'{key}'")


def items_of(value: Value) -> Sequence[Value]:
    """The parts of a list; the values of a record."""
    if value.items is not None:
        return value.items
    if value.fields is not None:
        return tuple(value.fields.values())
    raise TypeError(f"{str(value.data)[:80]!r} is no list")


def key_of(value: Value) -> str | int:
    """A plain value that names a part."""
    key = value.plain
    return key if isinstance(key, int) and not isinstance(key, bool) else str(key)


def truth(value: Value) -> bool:
    """Whether a condition holds.

    Raises:
        PlanUnclear: It depends on what nobody knows yet.
    """
    if is_open(value):
        raise PlanUnclear("a condition depends on what a model says")
    return bool(value.plain)


def lifted(function: Callable[..., Json], *values: Value) -> Value:
    """The function of plain values, applied to labelled ones: the result has the join of their labels."""
    label = join_all(value.whole for value in values)
    if any(is_open(value) for value in values):
        return leaf(Open("any"), label)
    return leaf(_bounded(function(*(value.plain for value in values))), label)


def _bounded(found: Json) -> Json:
    if isinstance(found, str) and len(found) > LONGEST_TEXT:
        raise ValueError("the text is too long")
    if isinstance(found, float) and not math.isfinite(found):
        raise ValueError("the number is not finite")
    return found


# --- arithmetic on plain values ---------------------------------------------------------------------------------------


def equal(one: Json, other: Json) -> bool:
    """Whether two values are the same: numbers by value, everything else exactly. True is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    if _is_number(one) and _is_number(other):
        return _exact(one) == _exact(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(part, other[name]) for name, part in one.items())
    return type(one) is type(other) and bool(one == other)


def within(one: Json, other: Json) -> bool:
    """Whether a list has this item, a record this name, or a text this part."""
    if isinstance(other, str):
        return isinstance(one, str) and one in other
    return any(equal(one, item) for item in other)


def added(one: Json, other: Json) -> Json:
    """Numbers by value, texts one after the other."""
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    return _number(_decimal(one) + _decimal(other))


def subtracted(one: Json, other: Json) -> Json:
    """The difference of two numbers."""
    return _number(_decimal(one) - _decimal(other))


def multiplied(one: Json, other: Json) -> Json:
    """The product of two numbers."""
    return _number(_decimal(one) * _decimal(other))


def divided(one: Json, other: Json) -> Json:
    """The quotient of two numbers."""
    return _number(_decimal(one) / _decimal(other))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exact(number: float) -> Decimal | int:
    # An integer may have more digits than a text of one may.
    return number if isinstance(number, int) else Decimal(str(number))


def _decimal(value: Json) -> Decimal:
    # By way of the text: 0.1 means a tenth to the person who typed it.
    if not _is_number(value):
        raise TypeError(f"{str(value)[:80]!r} is no number")
    return Decimal(str(value))


def _number(value: Decimal) -> int | float:
    if not value.is_finite():
        raise ValueError("the number is not finite")
    return int(value) if value == value.to_integral_value() and abs(value) < 10**27 else float(value)


def shown(value: Json) -> str:
    """A plain value as text.

    Raises:
        TypeError: It is a list or a record: its parts are texts, it is none.
    """
    if isinstance(value, list | Mapping):
        raise TypeError("a list or a record is no text")
    return value if isinstance(value, str) else "" if value is None else str(value)


def joined(separator: str, parts: Iterable[Json]) -> str:
    """The texts of these values, one after the other.

    Raises:
        ValueError: Together they are too long.
    """
    texts = [shown(part) for part in parts]
    if sum(map(len, texts)) + len(separator) * len(texts) > LONGEST_TEXT:
        raise ValueError("the text is too long")
    return separator.join(texts)


# --- the functions ----------------------------------------------------------------------------------------------------


def _only(source: Value) -> Value:
    found = items_of(source)
    if len(found) != 1:
        raise PlanUnclear("there is none" if not found else f"there are {len(found)} of them")
    return influenced(found[0], source.label)


def _best(sign: int) -> Callable[[Value, Value | None], Value]:
    def best(source: Value, keys: Value | None = None) -> Value:
        found = items_of(source)
        ranks = items_of(keys) if keys is not None else found
        if not found:
            raise PlanUnclear("there is none")
        plain = [rank.plain for rank in ranks]
        top = max(plain) if sign > 0 else min(plain)
        winners = [item for item, rank in zip(found, plain, strict=True) if equal(rank, top)]
        if len(winners) > 1:
            raise PlanUnclear(f"{len(winners)} are alike")
        return influenced(winners[0], join(source.label, *(rank.whole for rank in ranks)))

    return best


def _sorted(source: Value, keys: Value | None = None, *, reverse: Value | None = None) -> Value:
    found = items_of(source)
    ranks = items_of(keys) if keys is not None else found
    order = sorted(range(len(found)), key=lambda at: ranks[at].plain, reverse=reverse is not None and truth(reverse))
    label = join(source.label, *(rank.whole for rank in ranks), *([reverse.whole] if reverse is not None else []))
    return Value(None, label, items=tuple(found[at] for at in order))


def _unique(source: Value) -> Value:
    kept: dict[object, Value] = {}
    for item in items_of(source):
        kept.setdefault(_identity(item.plain), item)
    # Which ones are left, and how many, says what is written in them.
    return Value(None, join(source.label, source.whole), items=tuple(kept.values()))


def _identity(value: Json) -> object:
    """Something that is equal for equal values, as `equal` has it, and can be looked up."""
    if isinstance(value, list):
        return ("list", tuple(map(_identity, value)))
    if isinstance(value, Mapping):
        return ("record", frozenset((name, _identity(part)) for name, part in value.items()))
    return ("number", _exact(value)) if _is_number(value) else (type(value).__name__, value)


def _len(source: Value) -> Value:
    # How many there are says nothing of what is written in them.
    return leaf(len(items_of(source)), source.label)


def _sum(source: Value) -> Value:
    label = join(source.label, source.whole)
    total = sum((_decimal(item.plain) for item in items_of(source)), Decimal(0))
    return leaf(_number(total), label)


def _round(number: Json, digits: Json = 0) -> Json:
    return _number(round(_decimal(number), int(digits)))


def _contains(text: Json, wanted: Json) -> bool:
    return shown(wanted).casefold() in shown(text).casefold()


def _section(text: Json, heading: Json) -> str:
    """The lines below the first line that holds the heading, up to an empty line or the next heading of its rank.

    A heading that is further in than this one belongs to its section. The lines keep how far they are in.
    """
    lines = shown(text).splitlines()
    for at, line in enumerate(lines):
        if shown(heading).casefold() in line.casefold():
            below = list(itertools.dropwhile(lambda one: not one.strip(), lines[at + 1 :]))
            ends = (n for n, one in enumerate(below) if not one.strip() or (_is_heading(one) and _in(one) <= _in(line)))
            return textwrap.dedent("\n".join(below[: next(ends, len(below))])).rstrip()
    raise PlanUnclear(f"there is no heading '{shown(heading)[:80]}'")


def _in(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_heading(line: str) -> bool:
    return line.startswith("#") or (line.rstrip().endswith(":") and not line.lstrip().startswith(("-", "*")))


def _number_in(text: Json, *, after: Json = "") -> Json:
    for line in shown(text).splitlines():
        begun = line.strip()
        found = _LEADING.match(begun.removeprefix(shown(after)).lstrip()) if begun.startswith(shown(after)) else None
        if found:
            return _number(Decimal(found.group(1)))
    raise PlanUnclear(f"there is no number after '{shown(after)[:80]}'")


_LEADING = re.compile(r"([-+]?[0-9]{1,25}(?:\.[0-9]{1,25})?)(?![0-9.,]*[0-9])")

_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d")


def _moment(text: Json) -> tuple[datetime, str]:
    for form in _FORMS:
        try:
            # Wall-clock times of one calendar: they are compared with each other alone.
            return datetime.strptime(shown(text), form), form  # noqa: DTZ007
        except ValueError:
            continue
    raise PlanUnclear(f"'{str(text)[:80]}' is no date")


def _later(when: Json, *, days: Json = 0, hours: Json = 0, minutes: Json = 0) -> str:
    moment, form = _moment(when)
    return (moment + timedelta(days=days, hours=hours, minutes=minutes)).strftime(form)


def _between(start: Json, end: Json) -> Json:
    return int((_moment(end)[0] - _moment(start)[0]).total_seconds() // 60)


def _at(day: Json, time: Json) -> str:
    return f"{_moment(day)[0]:%Y-%m-%d} {shown(time)}"


def _compose(instruction: Value, *inputs: Value) -> Value:
    return leaf(Open("text", shown(instruction.plain)), _of_a_model(instruction, *inputs))


def _extract(kind: Value, instruction: Value, *inputs: Value) -> Value:
    if kind.plain not in KINDS:
        raise PlanUnclear(f"'{str(kind.plain)[:80]}' is no kind of value")
    return leaf(Open(str(kind.plain), shown(instruction.plain)), _of_a_model(kind, instruction, *inputs))


def _of_a_model(*inputs: Value) -> Label:
    """The label of what a model says that has seen these alone."""
    label = join_all(value.whole for value in inputs)
    return label.but(Integrity.TRUSTED) if label.integrity is Integrity.USER else label


_OVER_VALUES: Mapping[str, Callable[..., Value]] = {
    "only": _only,
    "max": _best(1),
    "min": _best(-1),
    "sorted": _sorted,
    "unique": _unique,
    "len": _len,
    "sum": _sum,
    "compose": _compose,
    "extract": _extract,
}

_OVER_PLAIN: Mapping[str, Callable[..., Json]] = {
    "round": _round,
    "lower": lambda text: shown(text).lower(),
    "startswith": lambda text, start: shown(text).startswith(shown(start)),
    "contains": _contains,
    "section": _section,
    "number": _number_in,
    "later": _later,
    "between": _between,
    "at": _at,
    "text": shown,
    "join": lambda separator, parts: joined(shown(separator), parts),
}

NAMES = frozenset({*_OVER_VALUES, *_OVER_PLAIN, "lines"})
"""Every function that a plan may call."""


def call(name: str, given: Sequence[Value], named: Mapping[str, Value], *, keyed: bool = False) -> Value:
    """The value of one of these functions.

    Raises:
        TypeError: It does not take these arguments.
        PlanUnclear: The values do not settle it.
    """
    if keyed and name not in ("max", "min", "sorted"):
        raise TypeError(f"{name} takes no key")
    if name in _OVER_VALUES:
        _fits(_OVER_VALUES[name], given, named)
        return _OVER_VALUES[name](*given, **named)
    if name == "lines":
        text = lifted(shown, *given)
        if is_open(text):
            return text
        return Value(None, text.label, items=tuple(leaf(line, text.label) for line in str(text.data).splitlines()))
    _fits(_OVER_PLAIN[name], given, named)
    words = list(named)

    def plain(*values: Json) -> Json:
        return _OVER_PLAIN[name](*values[: len(given)], **dict(zip(words, values[len(given) :], strict=True)))

    return lifted(plain, *given, *named.values())


def _fits(function: Callable[..., Any], given: Sequence[Value], named: Mapping[str, Value]) -> None:
    inspect.signature(function).bind(*given, **named)
