"""Our loop as the product runs it: durable, decided call by call, budgeted and booked.

    python -m bench.loop.ours URL RUNS HOME

Each run is an agent's run in the engine, on a SQLite file with full durability. The processor time counted is this
process's and that of everything it has started, the courier of requests among it.
"""

from __future__ import annotations

import cProfile
import json
import os
import sys
import time
from pathlib import Path

from bench.process import family
from gainful.agents.running.loop import Ended
from gainful.app import Gainful
from gainful.storage.settings.config import Home

AGENT = """---
name: bench
owner: {owner}
purpose: Answers from the notes.
tools: [files.read]
---
Answer from the notes.
"""
SETTINGS = """
[model]
name = "openai:bench"
base_url = "{url}"
daily_budget = "1000"
calls_per_day = 1000000
input_price = "0.25"
output_price = "2"

[files]
folders = {{ notes = "{notes}" }}
"""


def furnish(folder: Path, url: str) -> Home:
    """A home with one agent and one file of notes."""
    notes = folder / "notes"
    notes.mkdir()
    (notes / "rooms.md").write_text("Room 4 has the projector, room 5 the whiteboard.")
    home = Home(folder / "home")
    home.prepare()
    home.config.write_text(SETTINGS.format(url=url, notes=notes))
    return home


def cpu() -> float:
    """Processor seconds of this process and of all that it has started and that still runs."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = time.process_time()
    for member in family(os.getpid())[1:]:
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def main(url: str, runs: int, folder: Path, profile: str = "") -> None:
    """Warm up, then measure."""
    with Gainful.open(furnish(folder, url)) as app:
        place = app.home.path / "agents" / "bench"
        place.mkdir(parents=True)
        (place / "AGENT.md").write_text(AGENT.format(owner=app.config.owner.person))
        app.agents.enable("bench", app.agents.change("bench").digest)

        def talk() -> str:
            _, ended = app.agent_runs.run(
                app.agent_runs.by_hand(app.agents.version("bench"), "Which room has the projector?")
            )
            assert isinstance(ended, Ended)
            return ended.text

        for _ in range(10):
            assert talk() == "The projector is in room 4."
        watched = cProfile.Profile(time.process_time) if profile else None
        before = cpu()
        if watched is not None:
            watched.enable()
        for _ in range(runs):
            talk()
        if watched is not None:
            watched.disable()
            watched.dump_stats(profile)
        used = cpu() - before
        assert app.ledger.verify() == []
        print(json.dumps({"cpu_s": used, "turns": 2 * runs}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
