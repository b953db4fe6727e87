"""What broke a release, asked of the model in the settings: through the gate, where a service's settings want it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.deploying.deploy_runs import JOB, DeployRuns
from gainful.app.deploying.services import Means, Services
from gainful.app.guarding.guards import built_in
from gainful.core.deploy_event import Deployment, Event, State
from gainful.jobs.deploy.events import Silent
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.deploy.order import Order
from gainful.sdk.testing.model_server import ModelServer, Reply
from gainful.storage.settings.config import Home
from tests.unit.jobs.deploy.test_explaining import SLOT, Logged
from tests.unit.jobs.deploy.world import OLD, FileTarget, Plans, Simple

SETTINGS = """
[git.repositories]
shop = "/srv/shop"
{model}
[[services]]
name = "shop"
repository = "shop"
target = {{ kind = "releases" }}
metrics = {{ kind = "haproxy" }}
{more}
"""
MODEL = """
[model]
name = "openai:small"
base_url = "{url}"
input_price = 1
output_price = 2
"""
SAID = "The table of gifts is missing; look at the migration."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-loopback")
    with ModelServer(lambda _: Reply(SAID)) as running:
        yield running


def opened(home: Path, model: str, more: str) -> Gainful:
    (home / "gainful.toml").write_text(SETTINGS.format(model=model, more=more))
    return Gainful.open(Home(home))


def deploy(app: Gainful, home: Path) -> tuple[Deployment, list[Event]]:
    """A bad release, to its end."""
    target = FileTarget(home).run(OLD)
    services = Services(
        Means(app.home, app.config, app.broker, app.clock),
        {"releases": lambda *_: target},
        {"haproxy": lambda *_: Logged(bad={SLOT})},
    )
    runs = DeployRuns(
        app, app.guards, services, Plans(target), lambda _, baseline: Simple(baseline, window=0), Silent(),
        app.jobs.engine, lambda _: time.sleep(0.002), Explainer(lambda: app.models.door(JOB)),
    )  # fmt: skip
    app.jobs.more[JOB] = runs.job
    deployment, _ = runs.run(Order("shop", "main", "ada", "hand", app.clock()))
    assert deployment.state is State.ROLLED_BACK
    return deployment, app.deployments_kept.events(deployment.id)


def test_the_model_of_the_settings_is_asked_once_and_paid_for_by_the_work(tmp_path: Path, server: ModelServer) -> None:
    with opened(tmp_path, MODEL.format(url=server.url), "explain = true") as app:
        deployment, events = deploy(app, tmp_path)
        assert (events[-1].key, events[-1].text) == ("explained", f"openai:small thinks: {SAID}")
        (request,) = server.requests
        assert "ERROR basket 18: no such column: gift (×2)" in request.text("user")
        assert "ERROR basket" not in request.text("system")
        spent = app.ledger.spending(run=deployment.id)
        assert (spent.calls, spent.cost.amount > 0) == (1, True)
        # The decision stands in the audit log, under the deployments' own manifest.
        (decided,) = [row for row in app.audit.rows(run=deployment.id) if row.tool == "model.ask"]
        assert (decided.agent, decided.verdict) == ("deploy", "allow")


@pytest.mark.parametrize(("model", "more"), [(True, ""), (True, "explain = false"), (False, "explain = true")])
def test_nobody_is_asked_by_default_or_without_a_model(
    tmp_path: Path, server: ModelServer, model: bool, more: str
) -> None:
    with opened(tmp_path, MODEL.format(url=server.url) if model else "", more) as app:
        _, events = deploy(app, tmp_path)
    assert events[-1].key == "ended"
    assert server.requests == []


def test_a_price_that_nobody_knows_is_told_and_harms_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, '[model]\nname = "openai:unheard-of"\n', "explain = true") as app:
        _, events = deploy(app, tmp_path)
    assert events[-1].text.startswith("Not explained: ")
    assert "unheard-of" in events[-1].text


def test_whoever_stops_deployments_stops_the_question_too(tmp_path: Path, server: ModelServer) -> None:
    with opened(tmp_path, MODEL.format(url=server.url), "explain = true") as app:
        door = app.models.door(JOB)
        assert door is not None
        app.guards.stop(JOB, "Enough.")
        stopped = Explainer(lambda: door).explain(_bad(app), ["ERROR"])
    assert stopped is not None
    assert "Enough." in stopped.text
    assert server.requests == []


def _bad(app: Gainful) -> Deployment:
    order = Order("shop", "main", "ada", "hand", app.clock())
    return Deployment("d1", "shop", "main", order.intent, "ada", "hand", State.ROLLED_BACK, app.clock(), why="Bad.")


def test_the_manifest_that_deployments_bring_lets_them_ask(tmp_path: Path) -> None:
    with opened(tmp_path, "", "") as app:
        app.guards.adopt(JOB)
        manifest = app.guards.in_force(JOB)
    assert manifest is not None
    assert "model.ask" in {effect.tool for effect in manifest.effects}


def test_under_the_manifest_of_an_older_version_it_waits_for_its_owner(tmp_path: Path, server: ModelServer) -> None:
    with opened(tmp_path, MODEL.format(url=server.url), "explain = true") as app:
        brought = built_in(JOB)
        older = brought.model_copy(update={"effects": tuple(one for one in brought.effects if one.tool != "model.ask")})
        app.guards.manifests.adopt(older, app.guards.person)
        deployment, events = deploy(app, tmp_path)
        assert events[-1].text.startswith("Not explained: ")
        assert server.requests == []
        waiting = app.guards.manifests.proposed(JOB)
        assert waiting is not None
        app.guards.approve(JOB, waiting.digest)
        said = Explainer(lambda: app.models.door(JOB)).explain(deployment, ["ERROR"])
    assert said is not None
    assert said.text == SAID
