"""Tables of calls: LiteLLM's spend logs, and any CSV whose columns somebody names."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import (
    MOST,
    START,
    Format,
    Found,
    JsonLines,
    Place,
    Read,
    Skipped,
    Unusable,
    inside,
    instant,
    money,
    text,
    whole_json,
)

FIELDS = (
    "at",
    "id",
    "person",
    "agent",
    "provider",
    "model",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "cost",
    "run",
    "failed",
)
"""What a column can be. `input` holds cached tokens too."""

_FAILED = frozenset({"failure", "failed", "error", "true", "1"})
_USAGE = "metadata.usage_object"

LITELLM: Mapping[str, str] = {
    "startTime": "at",
    "request_id": "id",
    "user": "person",
    "end_user": "person",
    "custom_llm_provider": "provider",
    "model": "model",
    "prompt_tokens": "input",
    f"{_USAGE}.cache_read_input_tokens": "cache_read",
    f"{_USAGE}.prompt_tokens_details.cached_tokens": "cache_read",
    f"{_USAGE}.cache_creation_input_tokens": "cache_write",
    "completion_tokens": "output",
    "spend": "cost",
    "session_id": "run",
    "status": "failed",
}


def table(columns: Mapping[str, str], tool: str, title: str = "") -> Format:
    """The format of a table.

    Args:
        columns: What each column is, a name out of `FIELDS`; others are not read. `a.b` is what stands under b in the
            JSON of column a.
        tool: The product that made it.
    """
    return Format(tool, title or tool, partial(_read, columns=columns, tool=tool), personal=False)


def _read(
    file: Path, begin: Place = START, quiet: bool = True, *, columns: Mapping[str, str], tool: str
) -> Iterator[Read]:
    del begin, quiet
    for row in _rows(file):
        if isinstance(row, Skipped):
            yield row
            continue
        number, content = row
        try:
            yield Found(number, _call(content, columns, tool))
        except Unusable as error:
            yield Skipped(file, number, str(error))
    # An export is written anew each time: the next time it is read from the beginning.
    yield START


def _call(row: Mapping[str, Any], columns: Mapping[str, str], tool: str) -> Call:
    found = _fields(row, columns)
    at, model = _instant(found.get("at", "")), text(found.get("model"))
    if at is None or not model:
        raise Unusable("It has no instant or no model.")
    prompt, cached, written, output = (_whole(found, name) for name in ("input", "cache_read", "cache_write", "output"))
    # Without an id, a row that says the same is the same call.
    id_ = text(found.get("id")) or sha256(repr(sorted(map(str, row.items()))).encode()).hexdigest()[:32]
    provider = text(found.get("provider"))
    return Call(
        at=at,
        key=f"{tool}:{id_}",
        id=id_,
        run=text(found.get("run")),
        person=text(found.get("person")),
        agent=text(found.get("agent")),
        tool=tool,
        provider=provider or (model.partition("/")[0] if "/" in model else ""),
        model=model.rpartition("/")[2] if not provider else model.removeprefix(f"{provider}/"),
        tokens=Tokens(max(0, prompt - cached - written), cached, written, output),
        cost=money(found.get("cost")),
        failed=found.get("failed", "").lower() in _FAILED,
    )


def _fields(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """What the row says, by field; of several columns for one field the first that says something."""
    found: dict[str, str] = {}
    for column, field in columns.items():
        value = row.get(column)
        if value is None and "." in column:
            value = _inside(row, column)
        if value not in (None, "") and field not in found:
            found[field] = str(value)
    return found


def _inside(row: Mapping[str, Any], path: str) -> Any:
    first, *names = path.split(".")
    value = row.get(first)
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return inside(value, *names)


def _instant(found: str) -> datetime | None:
    """An instant in ISO 8601, or in seconds or milliseconds since 1970."""
    try:
        return instant(float(found)) if found.replace(".", "", 1).isdecimal() else instant(found)
    except ValueError:
        return None


def _whole(found: Mapping[str, str], name: str) -> int:
    try:
        number = Decimal(found.get(name, "0"))
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and not 0 <= number < MOST:
        raise Unusable(f"{found[name][:40]} cannot be a number of tokens.")
    if not number.is_finite() or number % 1:
        raise Unusable(f"'{found[name][:40]}' is no number of tokens.")
    return int(number)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]] | Skipped]:
    with file.open("rb") as opened:
        first = opened.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"[":
        yield from _of_array(file)
    elif first == b"{":
        for line in JsonLines(file, START, quiet=True):
            yield line if isinstance(line, Skipped) else (line[0].line + 1, line[1])
    else:
        yield from _of_csv(file)


def _of_array(file: Path) -> Iterator[tuple[int, dict[str, Any]] | Skipped]:
    try:
        found = whole_json(file)
    except Unusable as error:
        yield Skipped(file, 0, str(error))
        return
    for number, row in enumerate(found, 1):
        yield (number, row) if isinstance(row, dict) else Skipped(file, number, "It is no JSON object.")


def _of_csv(file: Path) -> Iterator[tuple[int, dict[str, Any]] | Skipped]:
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as opened:
        rows = csv.DictReader(opened)
        try:
            for row in rows:
                yield rows.line_num, row
        except csv.Error:
            # Such as a quotation mark that is never closed: what follows cannot be told apart any more.
            yield Skipped(file, rows.line_num + 1, "From here on it is no CSV.")


LITELLM_SPEND = table(LITELLM, "litellm", "LiteLLM")
