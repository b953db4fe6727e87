"""How soon Slack's events are acknowledged under load: the imitation here, `gainful serve` in another process.

    measure_acks(20, 100, serving(folder))
    {"events": 2000, "ack_p50_ms": …, "ack_p99_ms": …, "ack_max_ms": …, "acks_over_3s": 0, "sent_again": 0, "lost": 0}

An event counts as acknowledged when the imitation has read the acknowledgement, so its own work is in the figure. The
other process writes each event into its SQLite inbox before it acknowledges it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gainful.app import Gainful
from gainful.app.trial import secrets_of, settings_of
from gainful.connectors.slack.fake import FakeSlack
from gainful.sdk.secret import Secret
from gainful.storage.settings.config import Home

Command = Callable[[FakeSlack], Sequence[str]]
"""Gives the command that starts the process that listens to this imitation."""

PATIENCE = 60.0
"""Seconds for the other process to start, and for what is left to be acknowledged."""


def serving(folder: Path) -> Command:
    """`gainful serve` in a home of its own below this folder, with this one chat and no agent."""

    def command(slack: FakeSlack) -> Sequence[str]:
        home = Home(folder / "home")
        home.prepare()
        home.config.write_text(settings_of(slack), encoding="utf-8")
        with Gainful.open(home) as app:
            for part, secret in secrets_of(slack).items():
                app.secrets.put(f"slack:slack:{part}", Secret(f"slack:slack:{part}", secret))
        return [sys.executable, "-m", "gainful", "--home", str(home.path), "--json", "serve"]

    return command


def measure_acks(seconds: float, rate: float, chat_process_command: Command) -> dict[str, float]:
    """How soon messages are acknowledged that come so many a second, for so many seconds."""
    with FakeSlack() as slack:
        process = subprocess.Popen(list(chat_process_command(slack)), stdout=subprocess.DEVNULL)
        try:
            _wait(lambda: slack.connections() > 0, "the process did not open a socket")
            _say(slack, seconds, rate)
            _wait(lambda: not slack.unacknowledged(), "not everything was acknowledged", fail=False)
            sent = slack.sent()
        finally:
            process.terminate()
            process.wait(PATIENCE)
    taken = sorted(one.ack_seconds * 1000 for one in sent if one.ack_seconds is not None)
    return {
        "events": len(sent),
        "ack_p50_ms": _at(taken, 0.5),
        "ack_p99_ms": _at(taken, 0.99),
        "ack_max_ms": taken[-1],
        "acks_over_3s": sum(one > 3000 for one in taken) + len(sent) - len(taken),
        "sent_again": sum(len(one.tries) - 1 for one in sent),
        "lost": len(sent) - len(taken),
    }


def _say(slack: FakeSlack, seconds: float, rate: float) -> None:
    """Messages at even steps, whatever the other side does meanwhile."""
    begin = time.monotonic()
    for number in range(round(seconds * rate)):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        slack.say("ada", "help", f"Message {number}.")


def _wait(holds: Callable[[], bool], complaint: str, *, fail: bool = True) -> None:
    until = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    if fail and not holds():
        raise RuntimeError(complaint)


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for name, value in measure_acks(20, 100, serving(Path(place))).items():
            print(f"{name:14} {value:10.1f}")
