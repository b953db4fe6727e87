"""The demo of deployments on a screen of eighty columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.app.trial.deploy_show import SCENES, Shown
from gainful.cli.showing.demo_view import SceneLines, scene_json, table_lines
from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.deployment import Intent
from gainful.ledger.report import Spending
from gainful.sdk.testing.traffic import Counts

BEGAN = datetime(2026, 11, 30, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    verdict: str = "go-on"
    why: str = "Nothing is wrong."

    def as_json(self) -> dict[str, Any]:
        def rates(candidate: float, live: float) -> dict[str, Any]:
            return {"candidate": {"rate": candidate}, "live": {"rate": live}}

        return {"seen": 1234, "errors": rates(0.051, 0.001), "latency": rates(0.282, 0.129)}


def event(kind: EventKind, after: float, text: str = "So it is.") -> Event:
    return Event(str(kind), kind, BEGAN + timedelta(seconds=after), text)


def shown(state: State, shifted: float | None = 7.0) -> Shown:
    deployment = Deployment(
        "d1", "shop", "bad", Intent.CHANGE, "ada", "hand", state, BEGAN, why="It hurt.",
        shifted_at=BEGAN + timedelta(seconds=shifted) if shifted is not None else None,
        ended_at=BEGAN + timedelta(seconds=9.5),
    )  # fmt: skip
    return Shown(SCENES[2], deployment, Counts(4000, 3999, 12, 1), Spending())


def test_what_happens_is_told_by_the_second_and_looks_ever_more_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    lines = SceneLines(3, SCENES[2])
    lines.event(event(EventKind.PLANNED, 0, "real: changed: app/behaviour.json"))
    lines.event(event(EventKind.BEGUN, 0.1))
    lines.event(event(EventKind.SHIFTED, 7, "It has 30 % of the traffic."))
    for number in range(1, 8):
        lines.look(Seen(), timedelta(seconds=number + 0.1))
    lines.event(event(EventKind.ROLLED_BACK, 15, "5.1% of its requests fail (63 of 1234), 0.1% on the live release."))
    lines.close()
    look = "1,234 new: 5.1 % failed, 28.2 % slow; live: 0.1 %, 12.9 %"
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= 80
    assert said == [
        "",
        "3  A bad one: 5 % of its answers fail.",
        "  0.0 s  planned      real: changed: app/behaviour.json",
        "  7.0 s  shifted      It has 30 % of the traffic.",
        f"  8.1 s  watched      {look}",
        f"  9.1 s  watched      {look}",
        f" 11.1 s  watched      {look}",
        f" 14.1 s  watched      {look}",
        " 15.0 s  rolled-back  5.1% of its requests fail (63 of 1234), 0.1% on the live",
        "                     release.",
    ]


def test_the_table_fits_and_adds_up() -> None:
    rows = list(
        table_lines([shown(State.ROLLED_BACK), shown(State.REFUSED, None)], Counts(20_000, 19_999, 12, 1), 58.3)
    )
    assert rows[1:4] == [
        "\x1b[1mrelease   ended             took  with traffic    requests    failed    tokens\x1b[0m",
        "bad       \x1b[31mrolled-back   \x1b[0m   9.5 s         2.5 s       4,000        13         0",
        "bad       \x1b[31mrefused       \x1b[0m   9.5 s             -       4,000        13         0",
    ]
    assert rows[-1] == "In 58 s, 13 of 20,000 requests failed (0.065 %), 1 of them without an answer."
    assert shown(State.ROLLED_BACK).as_wanted
    assert scene_json(shown(State.ROLLED_BACK))["with_traffic"] == 2.5
