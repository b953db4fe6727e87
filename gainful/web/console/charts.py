"""Charts as SVG, drawn on the server: they need no script, print well, and say in words what they show.

Colours come from the style sheet by class, so that they follow the theme; nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gainful.web.console.dates import day

WIDTH, ROW, LABEL, VALUE = 560, 30, 172, 84
LETTERS = 17
HEIGHT, FOOT = 180, 24
TALL, AXIS, NARROW, YEARS = 240, 76, 72, 18
"""A month that has less room than `NARROW` is written short, and its year in a line of its own."""

WIDEST, NAME = 64, 78
"""Of a column with its gap, and of a date below it."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """A unit's amount with its interval.

    Args:
        to: The page behind it; empty where there is none.
    """

    name: str
    low: float
    middle: float
    high: float
    to: str = ""

    @property
    def said(self) -> str:
        """It in words."""
        return f"{self.name}: surely {_money(self.low)}, probably {_money(self.middle)}, at most {_money(self.high)}"

    @property
    def sign(self) -> str:
        """Whether it is surely worth something."""
        return "good" if self.low >= 0 else "bad"


def whiskers(title: str, rows: Sequence[Whisker]) -> Markup:
    """Intervals below each other on one scale, zero marked: the line from low to high, the middle as a dot."""
    if not rows:
        return Markup("")
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    scale = (WIDTH - LABEL - VALUE - 20) / ((most - least) or 1)

    def x(amount: float) -> float:
        return round(LABEL + 10 + (amount - least) * scale, 1)

    height = ROW * len(rows) + 10
    parts = [
        Markup('<line class="zero" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(x(0), height),
        Markup('<text class="label" x="{}" y="{}" text-anchor="middle">$0</text>').format(x(0), height + FOOT - 6),
    ]
    for number, row in enumerate(rows):
        y = ROW * number + ROW // 2 + 5
        drawn = Markup(
            "<title>{said}</title>"
            '<text class="label" x="{label}" y="{text}" text-anchor="end">{short}</text>'
            '<line class="range {sign}" x1="{from_}" x2="{to}" y1="{y}" y2="{y}"/>'
            '<circle class="dot {sign}" cx="{at}" cy="{y}" r="5"/>'
            '<text class="value" x="{right}" y="{text}" text-anchor="end">{low}</text>'
        ).format(
            said=row.said,
            short=row.name if len(row.name) <= LETTERS else row.name[: LETTERS - 1] + "…",
            low=_money(row.low),
            label=LABEL,
            text=y + 5,
            y=y,
            from_=x(row.low),
            to=x(row.high),
            at=x(row.middle),
            right=WIDTH,
            sign=row.sign,
        )
        parts.append(_leading(drawn, row.to))
    return framed(title, height + FOOT, parts, linked=any(row.to for row in rows))


def over_time(title: str, rows: Sequence[Whisker]) -> Markup:
    """Intervals as time goes, on one scale: a column up to what is sure, a line from low to high, the middle a dot."""
    if not rows:
        return Markup("")
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    top, floor = 26, TALL - 30
    scale, step = (floor - top) / ((most - least) or 1), (WIDTH - AXIS) / len(rows)

    def y(amount: float) -> float:
        return round(floor - (amount - least) * scale, 1)

    parts = [
        Markup('<line class="zero" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(AXIS, WIDTH, y(0), y(0)),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">$0</text>').format(AXIS - 8, y(0) + 4),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(AXIS - 8, top + 4, _short(most)),
    ]
    narrow = step < NARROW
    for number, row in enumerate(rows):
        x = round(AXIS + step * (number + 0.5), 1)
        drawn = Markup(
            '<title>{said}</title><rect class="hit" x="{left}" y="0" width="{wide}" height="{tall}"/>'
            '<rect class="sure" x="{bar}" y="{upper}" width="{width}" height="{height}"/>'
            '<line class="range {sign}" x1="{x}" x2="{x}" y1="{from_}" y2="{to}"/>'
            '<circle class="dot {sign}" cx="{x}" cy="{at}" r="5"/>'
            '<text class="value" x="{x}" y="{above}" text-anchor="middle">{low}</text>'
            '<text class="label" x="{x}" y="{foot}" text-anchor="middle">{name}</text>'
        ).format(
            said=row.said,
            left=round(x - step / 2, 1),
            wide=round(step, 1),
            tall=TALL,
            bar=round(x - min(step * 0.3, 28), 1),
            upper=min(y(row.low), y(0)),
            width=round(min(step * 0.6, 56), 1),
            height=round(abs(y(row.low) - y(0)), 1),
            x=x,
            from_=y(row.low),
            to=y(row.high),
            at=y(row.middle),
            above=y(row.high) - 9,
            foot=TALL - 8,
            low=_short(row.low) if narrow else _money(row.low),
            name=row.name.partition(" ")[0] if narrow else row.name,
            sign=row.sign,
        )
        parts.append(_leading(drawn, row.to))
    if narrow:
        parts += _years(rows, lambda number: round(AXIS + step * (number + 0.5), 1))
    return framed(title, TALL + (YEARS if narrow else 0), parts, linked=any(row.to for row in rows))


def _years(rows: Sequence[Whisker], x: Callable[[int], float]) -> Iterator[Markup]:
    """The year below the first of its months."""
    seen = ""
    for number, row in enumerate(rows):
        year = row.name.partition(" ")[2]
        if year != seen:
            yield Markup('<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                x(number), TALL + YEARS - 8, year
            )
        seen = year


def columns(title: str, values: Sequence[tuple[str, float]], to: Callable[[str], str] | None = None) -> Markup:
    """A column of dollars for each day or week; the largest and the ends are written.

    Args:
        to: The page behind a column, by its name. Keys pass them by: there are many, and a table has them too.
    """
    if not values:
        return Markup("")
    most = max(value for _, value in values) or 1
    # Few stand together at the left, and do not look like walls.
    step = min(WIDTH / len(values), WIDEST)
    parts = []
    for number, (name, value) in enumerate(values):
        size = max(round((HEIGHT - FOOT - 20) * value / most, 1), 1 if value else 0)
        drawn = Markup(
            '<title>{}: {}</title><rect class="hit" x="{}" y="20" width="{}" height="{}"/>'
            '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>'
        ).format(
            day(name),
            _money(value),
            *(round(number * step, 1), round(step, 1), HEIGHT - FOOT - 20),
            *(round(number * step + step * 0.1, 1), HEIGHT - FOOT - size, round(step * 0.8, 1), size),
        )
        parts.append(_leading(drawn, to(name) if to is not None else "", by_keys=False))
    parts += [
        Markup('<text class="label" x="0" y="14">{} at most</text>').format(_money(most)),
        Markup('<text class="label" x="0" y="{}">{}</text>').format(HEIGHT - 4, day(values[0][0])),
    ]
    if len(values) > 1:
        end = round(max(step * len(values), 2 * NAME), 1)
        last = Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>')
        parts.append(last.format(end, HEIGHT - 4, day(values[-1][0])))
    return framed(title, HEIGHT, parts, linked=to is not None)


def line(title: str, values: Sequence[tuple[str, float]], target: float) -> Markup:
    """Shares between 0 and 1 over time, against a line; what is above the line looks like the line."""
    if not values:
        return Markup("")
    left, right = 58, WIDTH - 6
    room, step = HEIGHT - FOOT - 20, (right - left) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return round(10 + room * (1 - value), 1)

    def x(number: int) -> float:
        return round(left + number * step, 1)

    points = " ".join(f"{x(number)},{y(value)}" for number, (_, value) in enumerate(values))
    parts = [
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">0%</text>').format(left - 8, y(0) + 4),
        Markup('<line class="zero" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, WIDTH, y(0), y(0)),
        Markup('<line class="target" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, WIDTH, y(target), y(target)),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">aim {:.0%}</text>').format(
            WIDTH, y(target) + 16, target
        ),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">100%</text>').format(left - 8, y(1) + 4),
        Markup('<polyline class="series" points="{}"/>').format(points),
    ]
    for number, (name, value) in enumerate(values):
        parts.append(
            Markup('<circle class="dot good" cx="{}" cy="{}" r="3.5"><title>{}: {:.0%}</title></circle>').format(
                x(number), y(value), day(name), value
            )
        )
    parts += [
        Markup('<text class="label" x="{}" y="{}">{}</text>').format(left, HEIGHT - 4, day(values[0][0])),
        Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(
            WIDTH, HEIGHT - 4, day(values[-1][0])
        ),
    ]
    return framed(title, HEIGHT, parts)


def _money(amount: float) -> str:
    sign, size = ("−" if amount < 0 else ""), abs(amount)
    return f"{sign}${size:,.0f}" if size >= 10 else f"{sign}${size:,.2f}"


def _short(amount: float) -> str:
    """The same for a narrow place, to three figures: `$79.7k`."""
    size = abs(amount)
    for least, one, unit in ((999_500, 1_000_000, "M"), (10_000, 1000, "k")):
        if size >= least:
            figures = f"{size / one:,.0f}" if size >= 100 * one else f"{size / one:.3g}"
            return f"{'−' if amount < 0 else ''}${figures}{unit}"
    return _money(amount)


def _leading(drawn: Markup, to: str, *, by_keys: bool = True) -> Markup:
    """A part of a chart that leads to the page behind it, where there is one."""
    if not to:
        return Markup("<g>{}</g>").format(drawn)
    return (Markup('<a href="{}">{}</a>') if by_keys else Markup('<a href="{}" tabindex="-1">{}</a>')).format(to, drawn)


def framed(title: str, height: float, parts: Sequence[Markup], *, linked: bool = False) -> Markup:
    """A drawing of this height, with its title for who cannot see it.

    Charts are narrow, so that they are read on a phone as they are: their letters grow there, and have room.

    Args:
        linked: Parts of it lead somewhere, so that it is more than a picture.
    """
    return Markup(
        '<div class="drawn" tabindex="0" role="group" aria-label="{title}">'
        '<svg class="chart" role="{role}" aria-label="{title}" viewBox="0 0 {width} {height}" '
        'preserveAspectRatio="xMinYMin meet">{parts}</svg></div>'
    ).format(title=title, role="group" if linked else "img", width=WIDTH, height=height, parts=Markup("").join(parts))
