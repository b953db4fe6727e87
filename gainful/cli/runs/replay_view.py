"""How a replay looks: each step with the verdict of then and what today's rules would say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gainful.cli.runs.why_view import VERDICTS
from gainful.cli.screen import console, dollars, plural, safe

if TYPE_CHECKING:
    from gainful.app.explaining.replay import Frame, Replay
    from gainful.app.explaining.why import Verdict


def show(replay: Replay, shown: int | None) -> None:
    """Print the steps, and where today's rules think otherwise.

    Args:
        shown: So many steps; None for all.
    """
    screen, run = console(), replay.run
    screen.print(Text.assemble("\n ", (f"Run {run.id}", "bold"), f"  {run.job}  {run.state}"))
    screen.print(Text(f" judged again by {safe(replay.by)}" if replay.by else "", style="dim"))
    for remark in replay.remarks:
        screen.print(Text(f" {safe(remark)}", style="yellow"))
    table = Table(box=None, pad_edge=True, padding=(0, 2, 0, 0))
    for name in ("", "step", "about", "then", "now", "cost so far"):
        table.add_column(name, header_style="dim", overflow="fold")
    frames = replay.frames[:shown]
    for frame in frames:
        table.add_row(*_row(frame))
    screen.print(Padding(table, (1, 0, 1, 0), expand=False))
    left = len(replay.frames) - len(frames)
    if left:
        screen.print(Text(f" … and {plural(left, 'more step')}; --all shows them.", style="dim"))
    _differences(replay)


def _row(frame: Frame) -> tuple[str | Text, ...]:
    then, now = Text(), Text()
    for one in frame.judged:
        then.append_text(_verdict(one.then)).append(" ")
        now.append_text(_verdict(one.now)).append(" ")
    return str(frame.number), safe(frame.step, 40), Text(safe(frame.title, 60)), then, now, dollars(frame.so_far.amount)


def _verdict(verdict: Verdict | None) -> Text:
    return Text("–") if verdict is None else Text(safe(verdict.verdict), style=VERDICTS.get(verdict.verdict, ""))


def _differences(replay: Replay) -> None:
    screen = console()
    if not replay.differences:
        screen.print(Text(" Today's rules would answer each step as it was answered then.\n"))
        return
    screen.print(Text(f" Today's rules think otherwise about {plural(len(replay.differences), 'step')}:", style="bold"))
    for frame in replay.differences:
        for one in frame.judged:
            if one.now is not None and one.changed:
                told = f"   {frame.number}  {one.tool}: {one.difference}. {one.now.reason}"
                screen.print(Text(safe(told, 500)))
    screen.print()


def as_json(replay: Replay) -> dict[str, Any]:
    """The replay for programs."""
    return {
        "run": replay.run.id,
        "judged_by": replay.by,
        "remarks": list(replay.remarks),
        "steps": [
            {
                "number": frame.number,
                "kind": frame.kind,
                "step": frame.step,
                "title": frame.title,
                "at": frame.at,
                "decided": frame.decided,
                "happened": list(frame.happened),
                "cost_so_far_usd": float(frame.so_far.amount),
                "judged": [
                    {"tool": one.tool, "then": _json(one.then), "now": _json(one.now), "changed": one.changed}
                    for one in frame.judged
                ],
            }
            for frame in replay.frames
        ],
    }


def _json(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "verdict": verdict.verdict, "rules": [rule for rule, _ in verdict.rules], "reason": verdict.reason
    }  # fmt: skip
