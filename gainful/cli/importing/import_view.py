"""How it looks what an import took in: by model, what it cost, and of what."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.screen import decimal, dollars, plural, safe

if TYPE_CHECKING:
    from gainful.app.books.importing_logs import Imported, ModelUse

_MODEL = 28
_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def imported_lines(title: str, done: Imported, dry: bool) -> Iterator[str]:
    """What became of an import."""
    verb = " would be booked" if dry else ""
    unchanged = f" {plural(done.unchanged, 'file has', 'files have')} not changed." if done.unchanged else ""
    yield (
        f"{safe(title, 60)}: {plural(done.new, 'new call')}{verb} from {plural(done.files, 'file')}, "
        f"{done.doubled:,} known already.{unchanged}"
    )
    if done.waiting:
        files = plural(done.waiting, "file is", "files are")
        yield f"{files} not whole yet; what is left of it comes with the next import."
    if done.models:
        yield ""
        yield from _table(done)
    unpriced = sum(use.unpriced for use in done.models.values())
    if unpriced:
        calls = plural(unpriced, "call is of a model", "calls are of models")
        yield f"{calls} whose price nobody knows, and not in the cost; see [[prices]]."


def skipped_lines(done: Imported) -> Iterator[str]:
    """What could not be read, the first of it."""
    if not done.unread:
        return
    yield f"{plural(done.unread, 'thing')} could not be used:"
    for one in done.skipped:
        place = f"{safe(str(one.file), 200)}, line {one.line}" if one.line else safe(str(one.file), 200)
        yield f"  {place}: {safe(one.reason, 200)}"
    more = done.unread - len(done.skipped)
    if more > 0:
        yield f"  and {more:,} more"


def imported_json(done: Imported, dry: bool) -> dict[str, Any]:
    """The same for other systems."""
    return {
        "dry_run": dry,
        "files": done.files,
        "unchanged": done.unchanged,
        "waiting": done.waiting,
        "new": done.new,
        "doubled": done.doubled,
        "models": [
            {
                "provider": provider,
                "model": model,
                "calls": use.calls,
                "cost_usd": decimal(use.cost),
                "unpriced": use.unpriced,
                "tokens": {
                    "fresh": use.tokens.fresh,
                    "cache_read": use.tokens.cache_read,
                    "cache_write": use.tokens.cache_write,
                    "output": use.tokens.output,
                },
            }
            for (provider, model), use in _dearest(done)
        ],
        "unread": done.unread,
        "skipped": [{"file": str(one.file), "line": one.line, "reason": one.reason} for one in done.skipped],
    }


def _dearest(done: Imported) -> list[tuple[tuple[str, str], ModelUse]]:
    """The dearest first: never by calls or tokens."""
    return sorted(done.models.items(), key=lambda one: (-one[1].cost, one[0]))


def _table(done: Imported) -> Iterator[str]:
    head = f"  {'model':{_MODEL}}{'calls':>7}{'cost':>13}   {'fresh':>6}{'read':>7}{'written':>9}{'output':>8}"
    yield click.style(head, dim=True)
    for (_provider, model), use in _dearest(done):
        name = safe(model, 100)
        cut = name if len(name) < _MODEL else name[: _MODEL - 2] + "…"
        cost = "unknown" if use.unpriced == use.calls else dollars(use.cost)
        of = use.tokens
        yield (
            f"  {cut:{_MODEL}}{use.calls:7,}{cost:>13}   {_short(of.fresh):>6}{_short(of.cache_read):>7}"
            f"{_short(of.cache_write):>9}{_short(of.output):>8}"
        )
    if len(done.models) > 1:
        whole = sum((use.cost for use in done.models.values()), Decimal(0))
        yield f"  {'all':{_MODEL}}{done.new:7,}{dollars(whole):>13}"


def _short(tokens: int) -> str:
    """A number of tokens in three digits: they say what a cost is made of."""
    for unit, name in _UNITS:
        if tokens >= unit:
            value = tokens / unit
            return f"{value:.0f}{name}" if value >= 100 else f"{value:.1f}{name}"
    return str(tokens)
