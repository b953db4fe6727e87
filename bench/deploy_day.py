"""A day of watching a release with which nothing is wrong, and how often a language model was asked.

The real course of a deployment over a target in memory: durable run, books, door, watch. Only the clock is hurried, and
the counters are made up: 400 requests a second, one of a thousand fails on either slot. A language model is set up, and
is a recorder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gainful.app import Gainful
from gainful.app.deploying.deploy_runs import JOB, DeployRuns
from gainful.app.deploying.planner import ServicePlanner
from gainful.app.deploying.services import Means, Services
from gainful.app.deploying.watches import watch_of
from gainful.app.trial.shop_repository import ShopRepository
from gainful.core.deploy_event import State
from gainful.core.deployment import Release
from gainful.jobs.deploy.events import Silent
from gainful.jobs.deploy.order import HAND, Order
from gainful.sdk.metrics import Totals
from gainful.sdk.testing.memory_target import MemoryTarget, MemoryWorld
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.storage.settings.config import Home
from gainful.storage.settings.shelf import SettingsShelf

DAY = 86_400
RATE = 400
SETTINGS = """
[owner]
name = "ada"

[model]
name = "openai:bench"
base_url = "{url}"
daily_budget = "100000"
input_price = "0.25"
output_price = "2"

[git.repositories]
shop = "{repository}"

[[services]]
name = "shop"
repository = "shop"
ships = ["app/**"]
target = {{ kind = "releases" }}
metrics = {{ kind = "haproxy" }}
watch = {{ window = {seconds} }}
"""


class Hurried:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 9, tzinfo=UTC)
        self.slept = 0

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now += timedelta(seconds=seconds)
        self.slept += 1


class Steady:
    """Counters that grow with the clock."""

    def __init__(self, clock: Hurried) -> None:
        self._clock = clock
        self._began = clock()

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Each slot as if it had half of the requests."""
        requests = round((self._clock() - self._began).total_seconds() * RATE / 2)
        return {slot: Totals(requests, requests // 1000) for slot in slots}

    def close(self) -> None:
        """Nothing is held."""


def watch_a_day(seconds: int = DAY) -> dict[str, float]:
    """The figures of so many seconds of watching."""
    with tempfile.TemporaryDirectory(prefix="gfb") as place, ModelServer(lambda _: Reply("Nothing.")) as model:
        shop = ShopRepository(Path(place) / "repository")
        shop.create()
        shop.release("first", "Open the shop")
        shop.release("good", "Greet", greeting="Welcome")
        home, clock = Home(Path(place) / "home"), Hurried()
        home.prepare()
        home.config.write_text(SETTINGS.format(url=model.url, repository=shop.folder, seconds=seconds))
        with Gainful.open(home, clock) as app:
            _deployed(app, clock)
            spent = app.ledger.spending()
        return {
            "watch_looks": clock.slept,
            "watch_model_calls": len(model.requests) + spent.calls,
            "watch_tokens": spent.tokens.total,
        }


def _deployed(app: Gainful, clock: Hurried) -> None:
    world, source = MemoryWorld(), Steady(clock)
    services = Services(
        Means(app.home, app.config, app.broker, clock),
        {"releases": lambda *_: MemoryTarget(world)},
        {"haproxy": lambda *_: source},
    )
    shelf = SettingsShelf(app.home.path / "services")
    planner = ServicePlanner(services, app.deployments_kept, shelf, clock)
    runs = DeployRuns(app, app.guards, services, planner, watch_of, Silent(), app.jobs.engine, clock.sleep)
    app.jobs.more[JOB] = runs.job
    for revision in ("first", "good"):
        order = Order("shop", revision, "ada", HAND, clock())
        release: Release = planner.plan(order).candidate
        world.known[release.commit] = release
        ended, _ = runs.run(order)
        if ended.state is not State.PROMOTED:
            raise SystemExit(f"'{revision}' was not promoted: {ended.why}")
