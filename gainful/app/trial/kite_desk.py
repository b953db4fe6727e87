"""An agent of the demo that has worked: it answered a mail of the morning, and its file was changed since.

    desk = KiteDesk(folder)
    desk.settings                      # the folder that it reads, for a settings file
    desk.lay(home)                     # its file, enabled; what comes from now on wakes it
    ...                                # mail comes, and is triaged
    desk.work(home)                    # it is woken for that, and its owner answers what it asks

What woke it is recorded as anywhere, so it can be tried on that from its page: as it was enabled, and as it is now.
"""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from importlib import resources
from pathlib import Path

from gainful.agents.built_in import OWNER
from gainful.app.gainful import Gainful
from gainful.core.errors import Broken, GainfulError
from gainful.gate.approval import Verdict
from gainful.runs.parked import ParkedRun
from gainful.storage.agents.occurrence_store import run_id_of
from gainful.storage.settings.config import Home

AGENT = "kite-desk"
PATIENCE = timedelta(seconds=30)
"""How long its runs may take; they take a second."""


class KiteDesk:
    """The agent, and the list from which it answers.

    Args:
        folder: Where the list lies, or will lie.
        owner: Whose agent it is.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner

    @property
    def settings(self) -> str:
        """The folder, for a settings file."""
        return f"\n[files.folders]\ndesk = {json.dumps(str(self._folder))}\n"

    def lay(self, home: Home) -> None:
        """Write the list and the agent, and enable it."""
        self._folder.mkdir()
        agent = home.path / "agents" / AGENT
        agent.mkdir(parents=True)
        with resources.as_file(resources.files(__package__) / "desk") as files:
            shutil.copy(files / "batches.md", self._folder)
            for script in ("script.yaml", "changed.yaml"):
                shutil.copy(files / script, agent)
        self._write(home, "AGENT.md")
        with Gainful.open(home) as app:
            app.agents.enable(AGENT, app.agents.change(AGENT).digest)

    def work(self, home: Home) -> None:
        """Let it do what it is woken for, answer yes to what it asks, and change its file.

        Raises:
            Broken: It did not get to the end.
        """
        with Gainful.open(home) as app:
            # It is this process that takes its runs from the queue.
            app.jobs.engine(schedules=True)
            for occurrence in app.dispatcher(_raise).news():
                self._follow(app, run_id_of(occurrence))
        self._write(home, "changed.md")

    def _follow(self, app: Gainful, run_id: str) -> None:
        ended = app.jobs.engine().follow(run_id, PATIENCE)
        while isinstance(ended, ParkedRun):
            asked = app.approvals.find(ended.approval_id)
            app.approvals.answer(asked.id, Verdict.ACCEPT, card=asked.card)
            ended = app.jobs.engine().follow(run_id, PATIENCE)
        if ended is None:
            raise Broken(f"The run {run_id} of '{AGENT}' does not end.", "Please report this.")

    def _write(self, home: Home, version: str) -> None:
        text = resources.files(__package__).joinpath("desk", version).read_text(encoding="utf-8")
        (home.path / "agents" / AGENT / "AGENT.md").write_text(text.replace(OWNER, self._owner), encoding="utf-8")


def _raise(error: GainfulError) -> None:
    raise error
