"""The demo of deployments as people see it: a line for what happens, with the seconds since it began, and a table."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.deploying.deploy_timeline import COLOURS
from gainful.cli.screen import plural, safe, say, seconds

if TYPE_CHECKING:
    from gainful.app.trial.deploy_show import Scene, Shown
    from gainful.core.deploy_event import Event
    from gainful.jobs.deploy.desk import Look
    from gainful.sdk.testing.traffic import Counts

COLUMNS = 80
WHEN, WHAT = 8, 13
"""Columns of the seconds and of what happened."""

QUIET = frozenset({"begun", "healthy", "looked"})
"""Events that say nothing new to whoever looks on: they started it themselves, and see every look."""


class SceneLines:
    """Shows one deployment as it goes.

    Looks are shown after one, two, four, eight seconds, and the last one; in between the line of the last look moves,
    where there is a terminal.
    """

    def __init__(self, number: int, scene: Scene) -> None:
        self._moves = sys.stdout.isatty()
        self._moving = False
        self._next = 1.0
        self._last = ""
        self._began: datetime | None = None
        self._shifted = 0.0
        say("")
        say(f"{click.style(f'{number}  {scene.title}.', bold=True)}")

    def event(self, event: Event) -> None:
        """A line, or several where the sentence is long."""
        began = self._began = self._began or event.at
        self.close()
        kind = str(event.kind)
        if kind in QUIET:
            return
        if kind == "shifted":
            self._shifted = (event.at - began).total_seconds()
        if self._last:
            say(self._last)
        self._last = ""
        for line in _wrapped((event.at - began).total_seconds(), kind, event.text):
            say(line)

    def look(self, look: Look, elapsed: timedelta) -> None:
        """How the candidate stands beside what is live."""
        line = _line(self._shifted + elapsed.total_seconds(), "watched", look_text(look))
        if elapsed.total_seconds() >= self._next:
            self.close()
            say(line)
            self._last, self._next = "", self._next * 2
            return
        self._last = line
        if self._moves:
            click.echo(f"\r\x1b[2K{line}", nl=False)
            self._moving = True

    def close(self) -> None:
        """Take the moving line away."""
        if self._moving:
            click.echo("\r\x1b[2K", nl=False)
        self._moving = False


def look_text(look: Look) -> str:
    """The candidate's numbers beside those of what is live: `93 new: 5.1 % failed, 4.8 % slow; live: 0.0 %, 5.0 %`."""
    numbers = look.as_json()
    compared = {what: numbers[what] for what in ("errors", "latency") if numbers.get(what)}
    names = {"errors": "failed", "latency": "slow"}
    new = [f"{_percent(one['candidate']['rate'])} {names[what]}" for what, one in compared.items()]
    live = [_percent(one["live"]["rate"]) for one in compared.values()]
    return f"{numbers['seen']:>5,} new: {', '.join(new)}; live: {', '.join(live)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _wrapped(at: float, kind: str, text: str) -> list[str]:
    first, *rest = textwrap.wrap(safe(text, 600), COLUMNS - WHEN - WHAT) or [""]
    return [_line(at, kind, first), *(f"{'':{WHEN + WHAT}}{line}" for line in rest)]


def _line(at: float, kind: str, text: str) -> str:
    return f"{at:5.1f} s  {click.style(f'{kind:{WHAT}}', fg=COLOURS.get(kind))}{text}".rstrip()


def table_lines(shown: Sequence[Shown], whole: Counts, took: float) -> Iterator[str]:
    """What became of each release and of people's requests.

    Args:
        whole: All requests of the whole demo.
        took: Seconds, of the whole demo.
    """
    yield ""
    heads = f"{'release':10}{'ended':14}{'took':>8}{'with traffic':>14}{'requests':>12}{'failed':>10}{'tokens':>10}"
    yield click.style(heads, bold=True)
    for one in shown:
        traffic = f"{one.with_traffic:.1f} s" if one.with_traffic is not None else "-"
        state = str(one.deployment.state)
        yield (
            f"{one.scene.name:10}{click.style(f'{state:14}', fg=COLOURS.get(state))}{one.seconds:6.1f} s{traffic:>14}"
            f"{one.requests.sent:12,}{one.requests.hurt:10,}{one.spent.tokens.total:10,}"
        )
    yield ""
    share = whole.hurt / whole.sent if whole.sent else 0.0
    yield (
        f"In {seconds(took)}, {whole.hurt:,} of {plural(whole.sent, 'request')} failed ({100 * share:.3f} %), "
        f"{whole.broken or 'none'} of them without an answer."
    )


def scene_json(shown: Shown) -> dict[str, Any]:
    """How a scene went, as JSON."""
    deployment = shown.deployment
    return {
        "release": shown.scene.name,
        "state": str(deployment.state),
        "as_wanted": shown.as_wanted,
        "why": deployment.why,
        "seconds": shown.seconds,
        "with_traffic": shown.with_traffic,
        "requests": shown.requests.sent,
        "failed": shown.requests.hurt,
        "unanswered": shown.requests.broken,
        "tokens": shown.spent.tokens.total,
        "model_calls": shown.spent.calls,
    }
