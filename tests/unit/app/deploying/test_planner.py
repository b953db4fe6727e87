"""Plans for services as the settings have them: what they are given beside their files is compared with what was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.deploying.planner import ServicePlanner
from gainful.app.deploying.services import Means, Services
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.planning import Plan
from gainful.storage.settings.config import Home
from gainful.storage.settings.shelf import SettingsShelf
from tests.unit.connectors.git.conftest import git
from tests.unit.jobs.deploy.world import FileTarget, Traffic

SETTINGS = """
[git.repositories]
shop = "{folder}/shop"
[[services]]
name = "shop"
repository = "shop"
ships = ["*.py"]
config = ["{folder}/etc/*.toml"]
target = {{ kind = "releases" }}
metrics = {{ kind = "haproxy" }}
"""


class Shop:
    """A repository, a file of settings, and a target that runs what it is told to run."""

    def __init__(self, app: Gainful, folder: Path) -> None:
        self.app = app
        self.target = FileTarget(folder).run(None)
        self.settings = folder / "etc" / "shop.toml"
        self.repository = folder / "shop"
        services = Services(
            Means(app.home, app.config, app.broker, app.clock),
            {"releases": lambda *_: self.target},
            {"haproxy": lambda *_: Traffic()},
        )
        self.planner = ServicePlanner(services, app.deployments_kept, SettingsShelf(folder / "shelf"), app.clock)

    def plan(self) -> Plan:
        """The plan of what lies there now."""
        return self.planner.plan(Order("shop", "main", "ada", "hand", self.app.clock()))

    def deployed(self) -> None:
        """Somebody deployed what lies there now."""
        made = self.plan()
        self.planner.keep(made)
        self.target.run(made.candidate)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    repository = tmp_path / "shop"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    (repository / "app.py").write_text("print('hello')\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=First")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "shop.toml").write_text('workers = 2\npassword = "tulips"\n')
    (tmp_path / "gainful.toml").write_text(SETTINGS.format(folder=tmp_path))
    with Gainful.open(Home(tmp_path)) as app:
        yield Shop(app, tmp_path)


def test_a_setting_that_changed_is_shown_and_is_a_real_change(shop: Shop) -> None:
    shop.deployed()
    assert shop.plan().settings == ()
    shop.settings.write_text('workers = 4\npassword = "tulips"\n')
    made = shop.plan()
    assert made.verdict.kind == "real"
    assert [line for line in made.settings if line[1:8] == "workers"] == ["-workers = 2", "+workers = 4"]
    assert "tulips" not in repr(made)


def test_a_secret_that_changed_is_seen_and_kept_nowhere(shop: Shop, tmp_path: Path) -> None:
    shop.deployed()
    shop.settings.write_text('workers = 2\npassword = "roses"\n')
    made = shop.plan()
    assert made.settings == (f"{shop.settings}: changed in values that are not shown",)
    shop.planner.keep(made)
    assert not [file for file in (tmp_path / "shelf").rglob("*.json") if b"roses" in file.read_bytes()]


def test_where_nobody_kept_what_was_before_that_is_said(shop: Shop) -> None:
    shop.target.run(shop.plan().candidate)
    shop.settings.write_text("workers = 4\n")
    assert shop.plan().settings == ("The settings differ, and nobody kept those that the live release was given.",)


def test_settings_that_changed_meanwhile_are_not_taken_for_those_of_the_plan(shop: Shop, tmp_path: Path) -> None:
    made = shop.plan()
    shop.settings.write_text("workers = 4\n")
    shop.planner.keep(made)
    assert list((tmp_path / "shelf").rglob("*.json")) == []
