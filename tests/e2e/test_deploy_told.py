"""Deployments from the command line, told in Slack and booked: real releases behind a real proxy, and no server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import system_clock
from gainful.ledger.entry import OUTCOME
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.storage.settings.config import Home
from tests.fixtures.shop_world import ShopWorld, shop_world

SETTINGS = """
[owner]
name = "ada"

[[chats]]
name = "work"
kind = "slack"
base_url = "{url}"
people = {{ {ada} = "ada" }}

[git.repositories]
shop = "{repository}"

[[services]]
name = "shop"
repository = "shop"
ships = ["app/**"]
chat = "work:#deploys"
watch = {{ unmeasured = 1 }}

[services.target]
kind = "releases"
folder = "{folder}"
run = ["{python}", "app/shop.py", "{{port}}"]
socket = "{socket}"
backend = "shop"
start_seconds = 20
stop_seconds = 60
drain_seconds = 60

[services.target.slots]
{slots}
"""


class Office:
    """A shop, a Slack, and commands in processes of their own."""

    def __init__(self, world: ShopWorld, slack: FakeSlack, home: Path) -> None:
        self.world = world
        self.slack = slack
        self.home = home
        slack.add_channel("deploys", "ada")
        home.mkdir(mode=0o700)
        slots = "\n".join(f"{name} = {port}" for name, port in world.proxy.slots.items())
        text = SETTINGS.format(
            url=slack.url, ada=slack.member("ada"), repository=world.repository, socket=world.proxy.socket,
            folder=world.folder, python=sys.executable, slots=slots,
        )  # fmt: skip
        (home / "gainful.toml").write_text(text, encoding="utf-8")
        for part, token in (("bot", slack.bot_token), ("app", slack.app_token)):
            self.run("secrets", "set", f"slack:work:{part}", typed=f"{token}\n")

    def run(self, *words: str, typed: str = "", status: int = 0) -> str:
        """What a command says."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "COV_"))}
        done = subprocess.run(
            [sys.executable, "-m", "gainful", *words], env={**keep, "GAINFUL_HOME": str(self.home), "NO_COLOR": "1"},
            input=typed, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def explain(self, url: str) -> None:
        """Let a model explain what breaks from here on."""
        file = self.home / "gainful.toml"
        text = file.read_text(encoding="utf-8").replace('chat = "work', 'explain = true\nchat = "work')
        model = f'[model]\nname = "openai:small"\nbase_url = "{url}"\ninput_price = 1\noutput_price = 2\n'
        file.write_text(f"{text}\n{model}", encoding="utf-8")
        self.run("secrets", "set", "model-key", typed="sk-of-loopback\n")

    def said(self) -> list[str]:
        """What stands in the channel, and whether it stands below something."""
        return [f"{'  ' if post.thread_ts else ''}{post.text}" for post in self.slack.by_bot("deploys")]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "world").mkdir()
    with shop_world(tmp_path / "world") as world, FakeSlack() as slack:
        yield Office(world, slack, tmp_path / "home")


def test_from_a_release_to_its_way_back_in_slack_and_in_the_books(office: Office) -> None:
    one, two = (release.commit for release in office.world.releases[:2])
    office.run("deploy", "start", "shop", one)
    office.run("deploy", "start", "shop", two)
    office.run("deploy", "start", "shop", two, status=3)
    office.run("deploy", "rollback", "shop")
    first, second, back = office.said()
    assert "*live*" in first.replace("**", "*")
    assert "*live*" in second.replace("**", "*")
    assert "Change the shop" in second
    assert "went back" in back

    found = json.loads(office.run("deploy", "keys", "shop", "--json"))
    assert {name: number for name, number in found["counts"].items() if number} == {
        "effective": 1, "failed": 1, "rollback": 1, "refused": 1,
    }  # fmt: skip
    told = office.run("deploy", "keys")
    assert "change failure rate    50%" in told
    assert "refused    refused or declined" in told

    with Gainful.open(Home(office.home), lambda: system_clock() + timedelta(days=2)) as app:
        app.followers.look()
        assert app.ledger.balance("outcome:verified", OUTCOME) == 1
        assert app.ledger.balance("outcome:rejected", OUTCOME) == 1
        assert next(entry.memo for entry in app.ledger.rows() if entry.kind == "waste").startswith("same-tree: ")
        assert any(entry.kind == "finding" and entry.verdict == "refused" for entry in app.audit.rows())
        assert app.ledger.verify() == []


def test_what_broke_a_release_stands_in_its_first_message(office: Office) -> None:
    one, sick = office.world.releases[0].commit, office.world.sick.commit
    office.run("deploy", "start", "shop", one)
    with ModelServer(lambda _: Reply("Its health check fails: `<!channel>` look at app/behaviour.json.")) as server:
        office.explain(server.url)
        office.run("deploy", "start", "shop", sick, status=6)
    (request,) = server.requests
    assert "It answers /health with 503." in request.text("user")
    head, end = office.said()[1:]
    assert "model    │ openai:small thinks: Its health check fails:" in head
    assert "<!channel>" not in head
    assert "health check" not in end
    assert end.startswith("  ")
    told = office.run("deploy", "status", "shop")
    assert "explained" in told
    assert office.world.ask() == office.world.releases[0].id
