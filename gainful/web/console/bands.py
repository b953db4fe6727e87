"""A value over time within its interval, as SVG: how a candidate does beside what is live.

Like every chart of the console it is drawn on the server, takes its colours from the style sheet and says in words what
it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gainful.web.console.charts import WIDTH, framed

HEIGHT = 240
LEFT, RIGHT, TOP, FLOOR = 92, WIDTH - 104, 26, HEIGHT - 32


@dataclass(frozen=True, slots=True)
class Reading:
    """A value at a time, with its interval, and the limit that it is held against.

    Args:
        at: Seconds since the beginning.
    """

    at: float
    low: float
    middle: float
    high: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that is marked across a chart.

    Args:
        at: Seconds since the beginning.
    """

    at: float
    name: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    """From where to where a chart goes."""

    least: float
    most: float
    last: float

    def x(self, at: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * at / self.last, 1)

    def y(self, value: float) -> float:
        kept = min(max(value, self.least), self.most)
        return round(TOP + (FLOOR - TOP) * (self.most - kept) / (self.most - self.least), 1)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(at)},{self.y(value)}" for at, value in points)


def bands(title: str, readings: Sequence[Reading], end: float, moment: Moment | None = None) -> Markup:
    """Differences of shares over time, in percentage points: a line within its band, zero and the limit marked.

    An interval that is far wider than what matters is cut off at the frame; its numbers stand in the tooltips.

    Args:
        end: Seconds at which the chart ends at the least.
        moment: Drawn from top to bottom.
    """
    if not readings:
        return Markup("")
    last = max(end, readings[-1].at, moment.at if moment is not None else 0.0) or 1.0
    scale = _Scale(*_reach(readings), last)
    parts = [*_ground(readings, scale), *_limit(readings, scale), *_value(readings, scale)]
    if moment is not None:
        parts.append(_marked(moment, scale.x(moment.at)))
    parts += [
        _text("label", LEFT - 6, TOP + 10, _points(scale.most), "end"),
        _text("label", LEFT, HEIGHT - 6, "traffic moved"),
        _text("label", RIGHT, HEIGHT - 6, _clock(last), "end"),
    ]
    return framed(title, HEIGHT, parts)


def _reach(readings: Sequence[Reading]) -> tuple[float, float]:
    """The least and the most that are drawn: what matters is seen, and first guesses that know nothing are cut off."""
    newest, settled = readings[-1], readings[len(readings) // 3 :]
    limit = max((one.limit or 0.0 for one in readings), default=0.0)
    most = max(2.2 * limit, 1.25 * max(one.middle for one in settled), min(1.1 * newest.high, 6 * limit or 1.0), 0.001)
    least = min(-0.6 * limit, 1.25 * min(one.middle for one in settled), max(1.1 * newest.low, -most), -0.0005)
    return least, most


def _ground(readings: Sequence[Reading], scale: _Scale) -> Iterator[Markup]:
    """The band, and the line at zero."""
    around = [(one.at, one.high) for one in readings] + [(one.at, one.low) for one in reversed(readings)]
    yield Markup('<polygon class="band" points="{}"/>').format(scale.path(around))
    zero = scale.y(0)
    yield Markup('<line class="zero" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT, RIGHT, zero, zero)
    yield _text("label", LEFT - 6, zero + 4, _points(0), "end")


def _limit(readings: Sequence[Reading], scale: _Scale) -> Iterator[Markup]:
    limits = [(one.at, one.limit) for one in readings if one.limit is not None]
    if not limits:
        return
    # From the beginning and to the end, though a limit that hangs on what was counted is known at the looks alone.
    newest = limits[-1][1]
    along = scale.path([(0.0, limits[0][1]), *limits, (scale.last, newest)])
    yield Markup('<polyline class="target" points="{}"/>').format(along)
    yield _text("label", RIGHT, scale.y(newest) - 7, f"margin {_points(newest)}", "end")


def _value(readings: Sequence[Reading], scale: _Scale) -> Iterator[Markup]:
    newest = readings[-1]
    along = scale.path([(one.at, one.middle) for one in readings])
    yield Markup('<polyline class="series" points="{}"/>').format(along)
    for one in readings:
        told = f"{_clock(one.at)}: {_points(one.middle)}, between {_points(one.low)} and {_points(one.high)}"
        sign = "good" if one.limit is None or one.middle <= one.limit else "bad"
        yield Markup('<circle class="dot {}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
            sign, scale.x(one.at), scale.y(one.middle), 4.5 if one is newest else 2, told
        )
    yield _text("value", RIGHT + 8, scale.y(newest.middle) + 5, _points(newest.middle))


def _marked(moment: Moment, x: float) -> Markup:
    sign = "bad" if moment.bad else "good"
    line = Markup('<line class="moment {}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(sign, x, x, TOP, FLOOR)
    anchor, at = ("end", x + 4) if x > WIDTH / 2 else ("start", x - 4)
    return line + _text("value", at, TOP - 8, moment.name, anchor)


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, text)


def _points(share: float) -> str:
    """A difference of shares, in percentage points."""
    size = abs(share) * 100
    sign = "" if size < 0.005 else ("+" if share > 0 else "−")
    return f"{sign}{size:.1f} pt" if size >= 10 else f"{sign}{size:.2f} pt"


def _clock(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
