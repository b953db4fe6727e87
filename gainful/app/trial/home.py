"""A home with a sample agent that needs no key, set up for an imitation of Slack that runs beside it.

    with FakeSlack() as slack:
        trial = Trial(folder, slack)
        trial.lay()
        with trial.open() as app: ...

What is there already stays: who has changed the sample goes on with their own.
"""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

from gainful.app.gainful import Gainful
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import Clock, system_clock
from gainful.sdk.secret import Secret
from gainful.storage.settings.config import Home

AGENT = "handbook"
OWNER = "ada"
CHAT = "slack"


class Trial:
    """A home, and the imitation that it speaks with.

    Args:
        folder: Where the home lies, or will lie, and beside it the pages that the agent reads.
        slack: The imitation, running.
    """

    def __init__(self, folder: Path, slack: FakeSlack, clock: Clock = system_clock) -> None:
        self.home = Home(folder / "home")
        self._pages = folder / "handbook"
        self._slack = slack
        self._clock = clock

    def lay(self) -> None:
        """Write settings and the sample agent, store the imitation's secrets, and let the agent be woken.

        Raises:
            ConfigInvalid, AgentFileInvalid: What was there already cannot be used.
        """
        self.home.prepare()
        sample = resources.files(__package__) / "sample"
        agent = self.home.path / "agents" / AGENT
        with resources.as_file(sample) as files:
            if not agent.exists():
                agent.mkdir(parents=True)
                for name in ("AGENT.md", "script.yaml"):
                    shutil.copy(files / name, agent / name)
            if not self._pages.exists():
                shutil.copytree(files / "handbook", self._pages)
        self._write_settings()
        with self.open() as app:
            for part, secret in secrets_of(self._slack).items():
                app.secrets.put(f"slack:{CHAT}:{part}", Secret(f"slack:{CHAT}:{part}", secret))
            # Once: what somebody has changed since counts when they have looked at it and enabled it.
            if app.agents.state(AGENT).standing is None:
                app.agents.enable(AGENT, app.agents.change(AGENT).digest)

    def open(self) -> Gainful:
        """The application in that home; a context manager."""
        return Gainful.open(self.home, self._clock)

    def _write_settings(self) -> None:
        """Settings of its own, or those that are there with the imitation's address as it is now."""
        mine = f'[owner]\nname = "{OWNER}"\n\n[files]\nfolders = {{ handbook = {json.dumps(str(self._pages))} }}\n'
        before = self.home.config.read_text(encoding="utf-8") if self.home.config.exists() else mine
        kept = before.partition(BEGIN)[0].rstrip("\n")
        self.home.config.write_text(f"{kept}\n\n{BEGIN}\n{settings_of(self._slack)}", encoding="utf-8")


BEGIN = "# What follows is written anew by each `gainful try slack`."


def settings_of(slack: FakeSlack) -> str:
    """The settings of a chat that leads to the imitation, as TOML."""
    people = {slack.member(name): name for name in ("ada", "bo")}
    who = ", ".join(f'{member} = "{name}"' for member, name in people.items())
    return f'[[chats]]\nname = "{CHAT}"\nkind = "slack"\nbase_url = "{slack.url}"\npeople = {{ {who} }}\n'


def secrets_of(slack: FakeSlack) -> dict[str, str]:
    """The imitation's secrets, by the last part of their names."""
    return {"bot": slack.bot_token, "app": slack.app_token, "signing": slack.signing_secret}
