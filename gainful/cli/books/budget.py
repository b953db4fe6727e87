"""`gainful budget`: hard caps on money and calls, how they stand, and who has set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, decimal, dollars, emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.app.guarding.budgets import Listed
    from gainful.ledger.budget import Period
    from gainful.ledger.limit import Limit, LimitChange

NONE = "none"


class Amount(click.ParamType[Any]):
    """An amount in USD, zero or more, or `none`."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal | str:
        """The amount, or `none`."""
        if value == NONE or isinstance(value, Decimal):
            return str(value) if value == NONE else Decimal(value)
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        exponent = amount.as_tuple().exponent
        if not amount.is_finite() or amount < 0 or amount >= 10**9 or not isinstance(exponent, int) or exponent < -9:
            self.fail(f"'{safe(str(value), 40)}' is no amount in USD. Write it like 10 or 0.50, or none.", param, ctx)
        return amount


class Calls(click.ParamType[Any]):
    """A number of calls, zero or more, or `none`."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number, or `none`."""
        text = str(value)
        if text == NONE:
            return NONE
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.fail(f"'{safe(text, 40)}' is no number of calls. Write it like 200, or none.", param, ctx)
        return int(text)


def _period_option(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--period",
        type=click.Choice(["run", "day", "month"]),
        help="What it is for: each run, a day or a month, in UTC.  [run: a run; else month]",
    )
    return option(command)


@click.group(invoke_without_command=True, short_help="Show and set what agents may spend.")
@json_option
@click.pass_context
def budget(ctx: click.Context) -> None:
    """Show and set what agents may spend: money and calls, held before each call, and hard.

    Without a command it lists. SCOPE is run (each run), run:ID, agent:NAME, person:NAME, team:NAME or everyone.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@budget.command("list", short_help="Show every budget, and what is left of it.")
@click.option("--run", metavar="RUN", default="", help="Show how the budgets for each run stand in this run.")
@click.option("--history", is_flag=True, help="Show who set what, and when, instead.")
@json_option
@click.pass_obj
def list_(context: Context, run: str, history: bool) -> None:
    """Show every budget: its cap, what is used, held for calls under way, and left."""
    from gainful.app.as_json import budget_json

    if context.remote:
        if run or history:
            context.only_here("--run and --history do")
        with context.far() as desk:
            _show(context, desk.budgets())
        return
    with context.open() as app:
        if history:
            changes = app.budgets.history()
            emit({"changes": [_change_row(change) for change in changes]}) if context.as_json else _history(changes)
            return
        rows = [budget_json(item) for item in _listed(app, run)]
    _show(context, rows)


def _show(context: Context, rows: Sequence[Mapping[str, Any]]) -> None:
    if context.as_json:
        emit({"budgets": rows})
    elif rows:
        _table(rows)
        for row in rows:
            _say_beyond(str(row.get("beyond") or ""))
    else:
        say("No budget is set. `gainful budget set agent:triage 10` allows triage 10 USD a month.")


def _say_beyond(sentence: str) -> None:
    if sentence:
        note(safe(sentence, 500))


def _listed(app: Gainful, run: str) -> list[Listed]:
    model = app.models.budget()
    found = app.runs.find(run) if run else None
    if run and found is None:
        raise click.BadParameter(f"There is no run '{safe(run, 40)}'. `gainful ledger` names runs.", param_hint="--run")
    return app.budgets.listed(found.id if found else "", (model,) if model is not None else ())


@budget.command("set")
@click.argument("scope")
@click.argument("cap", metavar="[USD]", type=Amount(), required=False)
@click.option("--calls", metavar="N", type=Calls(), help="The most calls of models and tools; none for no limit.")
@_period_option
@json_option
@click.pass_obj
def set_(
    context: Context, scope: str, cap: Decimal | str | None, calls: int | str | None, period: Period | None
) -> None:
    """Limit a scope to so many USD, or calls, or both. What is not given stays as it was.

    It counts from the next call on, also in processes that are running. Money and calls are counted from then, too:
    what was spent before in a period that had no budget is not in it.
    """
    from gainful.core.money import Money

    with context.open() as app:
        before = {item.beyond for item in app.budgets.listed()}
        limit = app.budgets.set(
            scope,
            period,
            Money(cap) if isinstance(cap, Decimal) else None,
            calls if isinstance(calls, int) else None,
            keep_cap=cap is None,
            keep_calls=calls is None,
        )
        after = app.budgets.listed()
        listed = [item for item in after if _same(item, limit)]
        kind, _, name = limit.scope.partition(":")
        known = {*app.guards.known(), *app.agents.names()}
    if kind == "agent" and name not in known:
        note(f"No agent is called '{safe(name, 60)}' yet. It holds as soon as one is.")
    for item in after:
        # A cap of a month may also put one of a run out of reach that stood before.
        if item.beyond not in before:
            _say_beyond(item.beyond)
    if context.as_json:
        from gainful.app.as_json import budget_json

        emit(budget_json(listed[0]))
    else:
        say(f"{limit.scope}: {_caps(limit)} a {limit.period}, from the next call on.")


def _same(item: Listed, limit: Limit) -> bool:
    return (item.scope, item.standing.budget.period) == limit.place


@budget.command()
@click.argument("scope")
@_period_option
@json_option
@click.pass_obj
def remove(context: Context, scope: str, period: Period | None) -> None:
    """Take a budget away that was set with `gainful budget set`. What was spent stays in the books."""
    with context.open() as app:
        restored = app.budgets.remove(scope, period)
    if context.as_json:
        emit({"removed": scope, "stands_again": _caps(restored) if restored else None})
    elif restored is not None:
        say(f"{scope}: removed; the one in {restored.set_by} stands again, {_caps(restored)} a {restored.period}.")
    else:
        say(f"{scope}: removed.")


def _caps(limit: Limit) -> str:
    parts = [dollars(limit.cap.amount)] if limit.cap is not None else []
    parts += [plural(limit.calls, "call")] if limit.calls is not None else []
    return "at most " + " and ".join(parts)


def _change_row(change: LimitChange) -> dict[str, Any]:
    return {
        "scope": change.scope,
        "period": change.period,
        "cap": decimal(change.cap.amount) if change.cap is not None else None,
        "calls": change.calls,
        "removed": change.removed,
        "set_by": change.set_by,
        "set_at": change.set_at,
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    lines = [_cells(row) for row in rows]
    for place, name in enumerate(("budget", "period", "cap", "used", "held", "left", "calls", "set by")):
        words = name in ("budget", "period", "set by")
        # Words may go on in the next line; a figure of which a part is missing is another figure.
        whole = None if name in ("budget", "set by") else max(len(line[place]) for line in lines)
        table.add_column(name, justify="left" if words else "right", min_width=whole, overflow="fold")
    for line in lines:
        table.add_row(*line)
    console().print(table)


def _cells(row: Mapping[str, Any]) -> list[str]:
    """One budget as it is shown, a cell for each column."""
    calls = int(row["calls_used"]) + int(row["calls_held"])
    of = f" of {int(row['calls']):,}" if row["calls"] is not None else ""
    money = ["–" if row[name] is None else dollars(Decimal(row[name])) for name in ("cap", "used", "held", "left")]
    scope, period, by = safe(str(row["scope"]), 120), safe(str(row["period"]), 10), safe(str(row["set_by"]), 80)
    return [scope, period, *money, f"{calls:,}{of}", by]


def _history(changes: list[LimitChange]) -> None:
    if not changes:
        say("No budget was ever set by a command.")
    for change in changes:
        cap = dollars(change.cap.amount) if change.cap is not None else "no limit on money"
        calls = plural(change.calls, "call") if change.calls is not None else "no limit on calls"
        what = "removed" if change.removed else f"{cap}, {calls}"
        when = change.set_at.strftime("%Y-%m-%d %H:%M")
        say(f"{when}  {change.scope} a {change.period}: {what}, by {safe(change.set_by, 80)}")
