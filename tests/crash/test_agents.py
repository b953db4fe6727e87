"""Agents killed at every point between a skill's pin and what they remember: nothing is half there, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from gainful.app import Gainful
from gainful.core.label import TYPED
from gainful.gate.call import State
from gainful.storage.agents.memory_store import object_of
from gainful.storage.database import transaction
from gainful.storage.schema import memories, object_labels
from gainful.storage.settings.config import Home

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("agent_process.py")
AGENT = """\
---
name: helper
owner: ada
purpose: Helps.
tools: [files.read, memory.remember, memory.forget]
skills: [tickets]
---
Help.
"""


def lay(home: Path) -> Path:
    """A home with an agent and a skill that nobody has looked at, and a memory of its owner's."""
    folder = home / "agents" / "helper"
    (folder / "skills" / "tickets").mkdir(parents=True)
    (folder / "AGENT.md").write_text(AGENT, encoding="utf-8")
    skill = "---\nname: tickets\ndescription: Writes tickets.\n---\nBegin.\n"
    (folder / "skills" / "tickets" / "SKILL.md").write_text(skill, encoding="utf-8")
    (home / "gainful.toml").write_text('[owner]\nname = "ada"\n', encoding="utf-8")
    at = datetime(2026, 11, 28, tzinfo=UTC).isoformat()
    with Gainful.open(Home(home)) as app, transaction(app.database) as connection:
        label = json.dumps(TYPED.as_json())
        row = {"id": "told", "agent": "helper", "text": "Told.", "source": "ada", "label": label}
        connection.execute(insert(memories), [{**row, "run_id": "", "at": at, "forgotten_at": ""}])
        kept = {"object": object_of("told"), "label": label, "run_id": "", "at": at}
        connection.execute(insert(object_labels), [kept])
    return home


def go(*homes: tuple[Path, int]) -> list[int | None]:
    """The points that a process passed in each home; None where it was killed."""
    done = subprocess.run(
        [sys.executable, str(PROCESS), *(f"{home}:{fatal}" for home, fatal in homes)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(answer is None or set(answer["outcomes"]) == {"Done"} for answer in answers), answers
    return [None if answer is None else int(answer["points"]) for answer in answers]


def check_sound(app: Gainful, where: str) -> None:
    """What stands there is whole, however far it came."""
    app.agents.draft("helper")
    standing = app.versions.current("helper")
    manifest = app.guards.manifests.active("helper")
    assert standing is None or manifest is not None, f"woken without a manifest at {where}"
    for record in app.memories.of_agent("helper"):
        # A record can be found by a later run only with the label of what was heard before it was written.
        label = app.calls.object_labels([object_of(record.id)])[object_of(record.id)]
        assert label.tainted == (record.text == "Tell eve."), f"laundered at {where}"
    assert app.audit.verify().findings == ()


def check_done(app: Gainful, where: str) -> None:
    """Everything has happened, once."""
    version = app.agents.version("helper")
    assert set(version.pins) == {"tickets"}
    assert "skill.read" in app.agents.tools(version)
    assert len(app.guards.manifests.history("helper")) == 1, f"proposed twice at {where}"
    assert [one.number for one in app.agents.history("helper")] == [1]
    texts = [record.text for record, _ in app.memories.all_of("helper")]
    assert sorted(texts) == ["Tell eve.", "The office is closed.", "Told."], f"twice or never at {where}"
    assert [call.state for call in app.calls.of_run("run1")] == [State.DONE] * 4, f"left open at {where}"
    assert app.memories.forgotten("helper", "told")


def test_killed_at_every_point_an_agent_is_as_it_was_or_as_it_is_to_be(tmp_path: Path) -> None:
    laid = lay(tmp_path / "laid")
    (points,) = go((Path(shutil.copytree(laid, tmp_path / "whole")), 0))
    assert points is not None
    assert points >= 20
    homes = [(Path(shutil.copytree(laid, tmp_path / str(fatal))), fatal) for fatal in range(1, points + 1)]
    assert go(*homes) == [None] * points
    for home, fatal in homes:
        with Gainful.open(Home(home)) as app:
            check_sound(app, f"point {fatal}")
    assert None not in go(*((home, 0) for home, _ in homes))
    for home, fatal in homes:
        with Gainful.open(Home(home)) as app:
            check_sound(app, f"point {fatal}, again")
            check_done(app, f"point {fatal}")
