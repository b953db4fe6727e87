"""Charts as SVG, drawn on the server: they need no script, print well, and say in words what they show.

Colours come from the style sheet by class, so that they follow the theme; nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, ROW, LABEL, VALUE = 560, 30, 150, 84
LETTERS = 17
HEIGHT, FOOT = 180, 24


@dataclass(frozen=True, slots=True)
class Whisker:
    """A unit's amount with its interval."""

    name: str
    low: float
    middle: float
    high: float


def whiskers(title: str, rows: Sequence[Whisker]) -> Markup:
    """Intervals below each other on one scale, zero marked: the line from low to high, the middle as a dot."""
    if not rows:
        return Markup("")
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    scale = (WIDTH - LABEL - VALUE - 20) / ((most - least) or 1)

    def x(amount: float) -> float:
        return round(LABEL + 10 + (amount - least) * scale, 1)

    height = ROW * len(rows) + 10
    parts = [Markup('<line class="zero" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(x(0), height)]
    for number, row in enumerate(rows):
        y = ROW * number + ROW // 2 + 5
        parts.append(
            Markup(
                "<g><title>{name}: surely {low}, probably {middle}, at most {high}</title>"
                '<text class="label" x="{label}" y="{text}" text-anchor="end">{short}</text>'
                '<line class="range {sign}" x1="{from_}" x2="{to}" y1="{y}" y2="{y}"/>'
                '<circle class="dot {sign}" cx="{at}" cy="{y}" r="5"/>'
                '<text class="value" x="{right}" y="{text}" text-anchor="end">{low}</text></g>'
            ).format(
                name=row.name,
                short=row.name if len(row.name) <= LETTERS else row.name[: LETTERS - 1] + "…",
                low=_money(row.low),
                middle=_money(row.middle),
                high=_money(row.high),
                label=LABEL,
                text=y + 5,
                y=y,
                from_=x(row.low),
                to=x(row.high),
                at=x(row.middle),
                right=WIDTH,
                sign="good" if row.low >= 0 else "bad",
            )
        )
    return framed(title, height, parts)


def columns(title: str, values: Sequence[tuple[str, float]], unit: str = "$") -> Markup:
    """A column for each day or week; the largest and the ends are written."""
    if not values:
        return Markup("")
    most = max(value for _, value in values) or 1
    step = WIDTH / len(values)
    parts = []
    for number, (name, value) in enumerate(values):
        size = max(round((HEIGHT - FOOT - 20) * value / most, 1), 1 if value else 0)
        parts.append(
            Markup(
                '<g><title>{}: {}</title><rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="1.5"/></g>'
            ).format(
                name,
                _money(value) if unit == "$" else f"{value:g}{unit}",
                round(number * step + step * 0.1, 1),
                HEIGHT - FOOT - size,
                round(step * 0.8, 1),
                size,
            )
        )
    top = _money(most) if unit == "$" else f"{most:g}{unit}"
    parts += [
        Markup('<text class="label" x="0" y="14">{} at most</text>').format(top),
        Markup('<text class="label" x="0" y="{}">{}</text>').format(HEIGHT - 4, values[0][0]),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(
            WIDTH, HEIGHT - 4, values[-1][0]
        ),
    ]
    return framed(title, HEIGHT, parts)


def line(title: str, values: Sequence[tuple[str, float]], target: float) -> Markup:
    """Shares between 0 and 1 over time, against a line; what is above the line looks like the line."""
    if not values:
        return Markup("")
    room, step = HEIGHT - FOOT - 20, WIDTH / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return round(10 + room * (1 - value), 1)

    points = " ".join(f"{round(number * step, 1)},{y(value)}" for number, (_, value) in enumerate(values))
    parts = [
        Markup('<line class="target" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(WIDTH, y(target)),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">aim {:.0%}</text>').format(
            WIDTH, y(target) + 16, target
        ),
        Markup('<polyline class="series" points="{}"/>').format(points),
    ]
    for number, (name, value) in enumerate(values):
        parts.append(
            Markup('<circle class="dot good" cx="{}" cy="{}" r="3.5"><title>{}: {:.0%}</title></circle>').format(
                round(number * step, 1), y(value), name, value
            )
        )
    parts += [
        Markup('<text class="label" x="0" y="{}">{}</text>').format(HEIGHT - 4, values[0][0]),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(
            WIDTH, HEIGHT - 4, values[-1][0]
        ),
    ]
    return framed(title, HEIGHT, parts)


def _money(amount: float) -> str:
    sign, size = ("−" if amount < 0 else ""), abs(amount)
    return f"{sign}${size:,.0f}" if size >= 10 else f"{sign}${size:,.2f}"


def framed(title: str, height: float, parts: Sequence[Markup]) -> Markup:
    """A drawing of this height, with its title for who cannot see it.

    Charts are narrow, so that they are read on a phone as they are: their letters grow there, and have room.
    """
    return Markup(
        '<div class="drawn" tabindex="0" role="group" aria-label="{title}">'
        '<svg class="chart" role="img" aria-label="{title}" viewBox="0 0 {width} {height}" '
        'preserveAspectRatio="xMinYMin meet">{parts}</svg></div>'
    ).format(title=title, width=WIDTH, height=height, parts=Markup("").join(parts))
