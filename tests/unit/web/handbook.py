"""A home with an agent that answers from a handbook, for pages about runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gainful.app import Gainful
from gainful.core.label import UNKNOWN
from gainful.core.occurrence import Occurrence
from gainful.storage.agents.occurrence_store import Candidate, run_id_of
from gainful.storage.settings.config import Home

AGENT = """---
name: handbook
owner: mira@example.org
purpose: Answers questions from the handbook.
model: scripted:script.yaml
triggers: [{on: mention}]
gather:
  - tool: files.read
    with: {path: handbook/hours.md}
tools: [files.list, files.write]
answer: none
budget: {run: 0.05, month: 10}
---
Answer from the handbook.
"""
SCRIPT = """
- when: write it down
  calls: [{tool: files.write, with: {path: handbook/new.md, text: New}}]
  say: "Written: {answer}"
- when: closed
  calls: [{tool: files.list, with: {path: handbook}}]
  say: "On Friday. There is: {answer}"
"""


def lay(home: Home, notes: Path, more: str = "") -> None:
    """Write the settings and the files."""
    home.prepare()
    notes.mkdir()
    (notes / "hours.md").write_text("Closed on Friday.", encoding="utf-8")
    home.config.write_text(
        f'[owner]\nname = "mira@example.org"\n[files.folders]\nhandbook = "{notes}"\n'
        f'[organisation]\npolicy = "policy.toml"\n{more}',
        encoding="utf-8",
    )
    rule(home, "")
    folder = home.path / "agents" / "handbook"
    folder.mkdir(parents=True)
    (folder / "AGENT.md").write_text(AGENT, encoding="utf-8")
    (folder / "script.yaml").write_text(SCRIPT, encoding="utf-8")


def rule(home: Home, tool: str, verdict: str = "deny") -> None:
    """Let the organisation say this of a tool from now on; of none where it is empty."""
    text = f'[[rules]]\nid = "new-rule"\nverdict = "{verdict}"\nreason = "Not any more."\ntools = ["{tool}"]\n'
    (home.path / "policy.toml").write_text(text if tool else "rules = []\n", encoding="utf-8")


def enable(app: Gainful) -> None:
    """Enable the agent as it is written."""
    app.agents.enable("handbook", app.agents.change("handbook").digest)


def asked(app: Gainful, text: str = "When is it closed?", name: str = "o1") -> Occurrence:
    """A question of a stranger that woke the agent, as it is kept."""
    found = Occurrence(name, "handbook", "mention", app.clock(), {"text": text, "sender": "bo"}, UNKNOWN)
    app.occurrences.claim([Candidate(found)], app.clock())
    return found


def answered(app: Gainful, text: str = "When is it closed?", name: str = "o1") -> str:
    """Id of the run that such a question was."""
    run_id, _ = app.agent_runs.run(asked(app, text, name))
    return run_id


def interrupted(app: Gainful, text: str = "When is it closed?", name: str = "o1") -> str:
    """Id of such a run whose process died between reading a file and writing down that it had."""
    occurrence = asked(app, text, name)
    script = (
        "import os, sys; from pathlib import Path; from gainful.app import Gainful\n"
        "from gainful.storage.settings.config import Home\n"
        "app = Gainful.open(Home(Path(sys.argv[1])))\n"
        "app.calls.settle = lambda *_: os._exit(9)\n"
        "app.agent_runs.run(app.occurrences.find(sys.argv[2]).occurrence)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(app.home.path), name], check=False, capture_output=True)
    assert done.returncode == 9, done.stderr.decode()
    return run_id_of(occurrence)
