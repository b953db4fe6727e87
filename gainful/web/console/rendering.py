"""Templates, and how times, money and texts of strangers look on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gainful.core.money import Money
from gainful.core.visible import visible
from gainful.web.console.dates import day, instant

STATIC = resources.files("gainful.web.console") / "static"


def render(template: str, values: Mapping[str, Any]) -> str:
    """The page."""
    return _environment().get_template(template).render(values)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A file of the console's own, with a digest that stands in its address, so that browsers may keep it."""
    content = (STATIC / name).read_bytes()
    return content, sha256(content).hexdigest()[:12]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("gainful.web.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {"money": money, "estimate": estimate, "interval": interval, "share": share}
    made.filters |= {"when": when, "day": day, "took": took}
    made.globals["asset"] = lambda name: f"/static/{name}?v={asset(name)[1]}"
    return made


def _shown(value: object) -> object:
    """Texts with what hides, reorders or imitates shown by name; None as nothing."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def money(value: Money | Decimal | None) -> str:
    """What was spent or may be: to the cent, and small amounts with what is needed to see that they are some."""
    if value is None:
        return "–"
    amount = value.amount if isinstance(value, Money) else value
    sign, size = ("−" if amount < 0 else ""), abs(amount)
    if size and size < Decimal("0.01"):
        return f"{sign}${size.normalize():f}"[:10]
    return f"{sign}${size:,.2f}"


def estimate(value: Money | Decimal | None) -> str:
    """What something is worth, or somebody's time: in whole dollars, for nobody knows its cents."""
    if value is None:
        return "–"
    amount = value.amount if isinstance(value, Money) else value
    return f"{'−' if amount < 0 else ''}${abs(amount):,.0f}" if abs(amount) >= 10 else money(amount)


def interval(value: Any) -> str:
    """The middle of an interval with its ends."""
    return f"{estimate(value.middle)} ({estimate(value.low)} to {estimate(value.high)})"


def when(value: datetime | str | None) -> Markup:
    """An instant, which the browser shows by its own clock."""
    if value is None:
        return Markup("–")
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), instant(value))


def share(value: float | Decimal | None) -> str:
    """A part of a whole."""
    return "–" if value is None else f"{value:.0%}"


def took(value: timedelta | None) -> str:
    """How long something took."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
