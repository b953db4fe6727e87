"""Tables of calls: LiteLLM's spend logs, and any CSV whose columns somebody names."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import PLACES, Tokens
from gainful.intake.logs.reading import Read, Skipped, instant, text

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
)
"""What a column can be. `input` holds cached tokens too."""

LITELLM: Mapping[str, str] = {
    "startTime": "at",
    "request_id": "id",
    "user": "person",
    "end_user": "person",
    "custom_llm_provider": "provider",
    "model": "model",
    "prompt_tokens": "input",
    "completion_tokens": "output",
    "spend": "cost",
    "session_id": "run",
}


def read(file: Path, columns: Mapping[str, str], tool: str) -> Iterator[Read]:
    """The calls of a table: CSV with a header, a JSON array, or JSON Lines.

    Args:
        columns: What each column is, a name out of `FIELDS`; others are not read.
        tool: The product that made it.
    """
    for number, row in _rows(file):
        found: dict[str, str] = {}
        for column, field in columns.items():
            value = row.get(column)
            if value not in (None, "") and field not in found:
                found[field] = str(value)
        at, model = instant(found.get("at")), text(found.get("model"))
        if at is None or not model:
            yield Skipped(file, number, "It has no instant or no model.")
            continue
        try:
            yield _call(found, at, model, tool, row)
        except ValueError as error:
            yield Skipped(file, number, str(error))


def _call(found: Mapping[str, str], at: Any, model: str, tool: str, row: Mapping[str, Any]) -> Call:
    prompt, cached, written, output = (_whole(found, name) for name in ("input", "cache_read", "cache_write", "output"))
    # Without an id, a row that says the same is the same call.
    id_ = text(found.get("id")) or sha256(repr(sorted(row.items())).encode()).hexdigest()[:32]
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
        cost=_money(found["cost"]) if "cost" in found else None,
    )


def _whole(found: Mapping[str, str], name: str) -> int:
    try:
        number = int(Decimal(found.get(name, "0")))
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"'{found[name][:40]}' is no number of tokens.") from None
    if not 0 <= number < 10**12:
        raise ValueError(f"{number} cannot be a number of tokens.")
    return number


def _money(found: str) -> Decimal:
    try:
        amount = Decimal(found)
    except InvalidOperation:
        raise ValueError(f"'{found[:40]}' is no amount of money.") from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise ValueError(f"{found[:40]} cannot be what a call cost.")
    return amount.quantize(PLACES)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as opened:
        first = opened.read(1)
        opened.seek(0)
        if first == "[":
            found = json.load(opened)
            yield from ((number, row) for number, row in enumerate(found, 1) if isinstance(row, dict))
        elif first == "{":
            for number, line in enumerate(opened, 1):
                row = json.loads(line) if line.strip() else None
                if isinstance(row, dict):
                    yield number, row
        else:
            yield from enumerate(csv.DictReader(opened), 2)
