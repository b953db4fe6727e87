"""Facts as JSON objects: one form for files, for requests and for what is kept.

    fact_json(Verdict(at=now, work_item="PR-812", by="ann", accepted=True))
    # {"kind": "verdict", "at": "2026-11-29T09:00:00Z", "work_item": "PR-812", "by": "ann", "accepted": true}

Fields stand as `gainful.core.fact` names them; what has its default is left out. The tokens of a call are written with
the names and the meaning of OpenTelemetry: `input_tokens` holds those that were read from or written to a cache too.
Money and seconds may be numbers or strings; as strings they are exact.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Any

from gainful.core.errors import Invalid
from gainful.core.fact import KINDS, NAMES, Call, Fact
from gainful.core.money import PLACES, Tokens
from gainful.core.value import Json

TOKEN_FIELDS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
LONGEST = 500
"""Characters of a name or an id: nothing that is one is longer, and texts are not kept."""

MOST = 10**15
"""No amount of anything is larger."""

_ID = re.compile(r"[^\x00-\x1f\x7f]*")


class FactInvalid(Invalid):
    """A fact cannot be read: a field is missing, unknown or of a wrong type."""

    code = "fact-invalid"


_Convert = Callable[[object], object]


def fact_from(found: Mapping[str, object]) -> Fact:
    """The fact of a JSON object.

    Raises:
        FactInvalid: It is none; says which field and why.
    """
    kind = found.get("kind")
    form = _FORMS.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise FactInvalid(f"'{str(kind)[:40]}' is no kind of fact.", f"Use one of: {', '.join(KINDS)}.")
    return form.read(found)


def fact_json(fact: Fact) -> dict[str, Json]:
    """The fact as a JSON object; `fact_from` reads it back."""
    return _FORMS[NAMES[type(fact)]].write(fact)


def key_of(fact: Fact) -> str:
    """The idempotency key of a fact: its own, or one made from its kind and content."""
    if fact.key:
        return fact.key
    if isinstance(fact, Call):
        return f"call:{fact.tool}:{fact.id}"
    text = json.dumps(fact_json(fact), sort_keys=True, separators=(",", ":"))
    return f"{NAMES[type(fact)]}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


class _Form:
    """How one kind of fact is read and written."""

    def __init__(self, name: str, kind: type[Fact]) -> None:
        self._name, self._kind = name, kind
        hints = typing.get_type_hints(kind)
        fields = [field for field in dataclasses.fields(kind) if field.name != "tokens"]
        self._converts = {field.name: _converter(field.name, hints[field.name]) for field in fields}
        self._defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
        self._needed = [name for name in self._converts if name not in self._defaults]
        self._tokens = kind is Call

    def read(self, found: Mapping[str, object]) -> Fact:
        values: dict[str, Any] = {}
        tokens: dict[str, int] = {}
        for name, value in found.items():
            convert = self._converts.get(name)
            if convert is not None:
                try:
                    values[name] = convert(value)
                except ValueError as error:
                    raise FactInvalid(f"'{name}' of a {self._name} {error}.", "See docs/reference/events.md.") from None
            elif self._tokens and name in TOKEN_FIELDS:
                tokens[name] = _count(name, value)
            elif name != "kind":
                known = ", ".join([*self._converts, *(TOKEN_FIELDS if self._tokens else ())])
                raise FactInvalid(f"A {self._name} has no '{name[:40]}'.", f"It has: {known}.")
        for name in self._needed:
            if name not in values:
                raise FactInvalid(f"A {self._name} needs '{name}'.", "See docs/reference/events.md.")
        if tokens:
            values["tokens"] = _tokens(tokens)
        return self._kind(**values)

    def write(self, fact: Fact) -> dict[str, Json]:
        written: dict[str, Json] = {"kind": self._name}
        for name in self._converts:
            value = getattr(fact, name)
            if name in self._needed or value != self._defaults[name]:
                written[name] = _written(value)
        if isinstance(fact, Call) and fact.tokens != Tokens():
            counts = (fact.tokens.prompt, fact.tokens.cache_read, fact.tokens.cache_write, fact.tokens.output)
            written.update((name, count) for name, count in zip(TOKEN_FIELDS, counts, strict=True) if count)
        return written


def instant_text(at: datetime) -> str:
    """The instant as facts write it: UTC, `2026-11-29T09:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written(value: object) -> Json:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Decimal):
        # Equal amounts read equal, so that one fact has one key.
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, tuple):
        return list(value)
    return typing.cast(Json, value)


# --- reading values ---------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    if len(value) > LONGEST or not _ID.fullmatch(value):
        raise ValueError(f"must be one line of at most {LONGEST} characters")
    return value


def _named(value: object) -> str:
    if not _text(value):
        raise ValueError("must not be empty")
    return str(value)


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError('must be an instant like "2026-11-29T09:00:00Z"')
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError('must be an instant with its zone, like "2026-11-29T09:00:00Z"') from None


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("must be a number")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("must be a number") from None
    if not amount.is_finite() or not -MOST <= amount <= MOST:
        raise ValueError("must be a finite number of a size that can be")
    return amount.quantize(PLACES)


def _not_negative(value: object) -> Decimal:
    amount = _decimal(value)
    if amount < 0:
        raise ValueError("must not be negative")
    return amount


def _part(value: object) -> float:
    amount = float(_decimal(value))
    if not 0 <= amount <= 1:
        raise ValueError("must be from 0 to 1")
    return amount


def _float(value: object) -> float:
    return float(_not_negative(value))


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list of texts")
    return tuple(_text(one) for one in value)


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise FactInvalid(f"'{name}' of a call must be a whole number, 0 or more.", "See docs/reference/events.md.")
    return value


def _tokens(found: Mapping[str, int]) -> Tokens:
    whole, read, written, output = (found.get(name, 0) for name in TOKEN_FIELDS)
    if read + written > whole:
        raise FactInvalid(
            f"A call has {whole} input_tokens and {read + written} of them from or into a cache.",
            "Let input_tokens count those too, as OpenTelemetry does.",
        )
    return Tokens(whole - read - written, read, written, output)


def _one_of(choices: tuple[str, ...]) -> _Convert:
    def convert(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return convert


def _optional(inner: _Convert) -> _Convert:
    return lambda value: None if value is None else inner(value)


_NEEDED_NAMES = {"id", "work_item", "owner", "work_class", "requester", "by", "claimant", "auditor", "agent", "system"}
_SIMPLE: dict[object, _Convert] = {bool: _bool, datetime: _instant, Decimal: _not_negative, float: _float}


def _converter(name: str, hint: object) -> _Convert:
    """How a field of this name and type is read."""
    if name == "share":
        return _part
    if hint is str:
        return _named if name in _NEEDED_NAMES else _text
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if typing.get_origin(hint) is typing.Literal:
        return _one_of(typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return _texts
    if isinstance(hint, UnionType):
        (inner,) = (one for one in typing.get_args(hint) if one is not type(None))
        return _optional(_converter(name, inner))
    raise TypeError(f"no way to read '{name}'")


_FORMS = {name: _Form(name, kind) for name, kind in KINDS.items()}
