"""An import that is killed in the middle and done again: nothing is lost, nothing is doubled, the chain is sound."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.fact import Call, Claim, Fact, Run, WorkItem
from gainful.core.fact_json import fact_json
from gainful.core.money import Tokens
from gainful.storage.settings.config import Home
from tests.crash.importing import NOW, booked, start

ITEMS = 5000


def facts() -> list[Fact]:
    """Facts about many items, as several batches book them."""
    found: list[Fact] = []
    for number in range(ITEMS):
        at, item, run = NOW + timedelta(minutes=number), f"T-{number}", f"run-{number}"
        found += [
            WorkItem(at=at, id=item, work_class="ticket", requester=f"person-{number % 40}"),
            Run(at=at, id=run, agent="helper", person="bo", work_item=item),
            Call(at=at, id=run, run=run, provider="p", model="m", tokens=Tokens(10, 0, 0, 2), cost=Decimal("0.01")),
            Claim(at=at, work_item=item, claimant="helper"),
        ]
    return found


@pytest.fixture
def written(tmp_path: Path) -> Path:
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(fact_json(fact)) + "\n" for fact in facts()), encoding="utf-8")
    return file


@pytest.mark.parametrize("seed", range(3))
def test_killed_while_it_imports(tmp_path: Path, written: Path, seed: int) -> None:
    home, chance = tmp_path / "home", random.Random(seed)
    Gainful.open(Home(home), lambda: NOW).close()
    killed = 0
    for wanted in (1, 2, 3):
        process = start(home, "events", written)
        while booked(home) < wanted and process.poll() is None:
            time.sleep(0.01)
        # Somewhere in the batch after it.
        time.sleep(chance.random() * 0.4)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=300)
    assert killed
    process = start(home, "events", written)
    answer, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    done = json.loads(answer)
    assert done["new"] + done["doubled"] == 4 * ITEMS
    with Gainful.open(Home(home), lambda: NOW) as app:
        assert app.facts.verify() == ""
        cases = list(app.facts.record(NOW, NOW + timedelta(days=30)).cases())
        (spent,) = app.usage.spent("model", NOW.date(), (NOW + timedelta(days=30)).date())
    assert len(cases) == ITEMS
    assert all((len(case.uses), len(case.uses[0].calls), len(case.claims)) == (1, 1, 1) for case in cases)
    assert (spent.calls, spent.cost.amount) == (ITEMS, Decimal("0.01") * ITEMS)
