"""Deployments from the command line: a real repository, a real service in two slots, HAProxy, and people who use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.shop_world import ShopWorld, commit_shop, git, shop_world

SERVICE = """
[git.repositories]
shop = "{repository}"

[[services]]
name = "shop"
repository = "shop"
ships = ["app/**"]
metrics = {{ kind = "haproxy", socket = "{socket}", backend = "shop" }}
watch = {{ window = 4, shortest = 4, longest = 12, baseline = 2, share = 50, not_enough = "promote" }}

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


class Shop:
    """The shop, a home that deploys it, and commands in processes of their own."""

    def __init__(self, world: ShopWorld, home: Path) -> None:
        self.world = world
        self.home = home
        home.mkdir(mode=0o700)
        slots = "\n".join(f"{name} = {port}" for name, port in world.proxy.slots.items())
        text = SERVICE.format(
            repository=world.repository, socket=world.proxy.socket, folder=world.folder, python=sys.executable,
            slots=slots,
        )  # fmt: skip
        (home / "gainful.toml").write_text(text, encoding="utf-8")
        self.failures: list[str] = []
        self.answers = 0
        self._over = threading.Event()
        self._users = [threading.Thread(target=self._use) for _ in range(3)]

    def run(self, *words: str) -> tuple[int, str]:
        """Exit status, and what it printed."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GAINFUL", "COV_"))}
        environment = {**keep, "GAINFUL_HOME": str(self.home), "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "gainful", "deploy", *words], env=environment, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def json(self, *words: str) -> list[dict[str, Any]]:
        """Every answer, one a line."""
        return [json.loads(line) for line in self.run(*words, "--json")[1].splitlines()]

    def open(self) -> None:
        """Let people in."""
        for user in self._users:
            user.start()

    def close(self) -> None:
        """And out again."""
        self._over.set()
        for user in self._users:
            if user.ident is not None:
                user.join()

    def _use(self) -> None:
        while not self._over.wait(0.01):
            try:
                with urllib.request.urlopen(self.world.proxy.origin, timeout=60) as answer:
                    answer.read()
            except OSError as error:
                self.failures.append(str(error))
            self.answers += 1


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "world").mkdir()
    with shop_world(tmp_path / "world") as world:
        made = Shop(world, tmp_path / "home")
        try:
            yield made
        finally:
            made.close()


def test_a_service_from_its_first_release_to_its_way_back(shop: Shop) -> None:
    world = shop.world
    good = world.releases[0].commit
    assert shop.run("start", "shop", good)[0] == 0
    shop.open()

    status, told = shop.run("start", "shop", world.releases[1].commit)
    assert status == 0, told
    assert "It has 50 % of the traffic." in told
    assert world.ask().startswith(world.releases[1].id)
    assert shop.failures == []

    status, told = shop.run("start", "shop", world.releases[1].commit)
    assert status == 3
    assert "refused: same-tree" in told

    assert shop.run("rollback", "shop")[0] == 0
    assert world.ask().startswith(world.releases[0].id)
    assert shop.failures == []

    status, told = shop.run("plan", "shop", world.releases[1].commit)
    assert (status, "rolled-back-before" in told) == (3, True)

    states = [(one["state"], one["intent"]) for one in shop.json("history", "shop")]
    assert states == [("promoted", "rollback"), ("refused", "change"), ("promoted", "change"), ("promoted", "change")]


def test_one_that_hurts_goes_back_by_itself(shop: Shop) -> None:
    world = shop.world
    shop.run("start", "shop", world.releases[0].commit)
    commit_shop(world.repository, error_share=0.6, seconds=0.001, spread=0.0, version="bad")
    shop.open()
    status, told = shop.run("start", "shop")
    assert status == 6, told
    assert "rolled-back" in told
    assert world.ask().startswith(world.releases[0].id)
    sick = world.sick.commit
    status, told = shop.run("start", "shop", sick)
    assert (status, "It never had traffic." in told) == (6, True), told
    assert git(world.repository, "status", "--short") == ""
