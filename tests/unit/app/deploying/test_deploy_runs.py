"""Deployments through the engine: asked about, answered, and gone on with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.deploying.deploy_runs import JOB, DeployRuns
from gainful.app.deploying.services import Means, Services
from gainful.core.deploy_event import Deployment, State
from gainful.gate.approval import Verdict
from gainful.jobs.deploy.events import Silent
from gainful.jobs.deploy.order import Order
from gainful.storage.settings.config import Home
from tests.unit.jobs.deploy.world import NEW, OLD, FileTarget, Plans, Simple, Traffic

SETTINGS = """
[git.repositories]
shop = "/srv/shop"
[[services]]
name = "shop"
repository = "shop"
target = { kind = "releases" }
metrics = { kind = "haproxy" }
"""


class Deploys:
    """An application whose one service runs in a file."""

    def __init__(self, app: Gainful, home: Path) -> None:
        self.app = app
        self.target = FileTarget(home).run(OLD)
        services = Services(
            Means(app.home, app.config, app.broker, app.clock),
            {"releases": lambda *_: self.target},
            {"haproxy": lambda *_: Traffic()},
        )
        self.runs = DeployRuns(
            app, app.guards, services, Plans(self.target), lambda _, baseline: Simple(baseline, window=0), Silent(),
            app.jobs.engine, lambda _: time.sleep(0.002),
        )  # fmt: skip
        app.jobs.more[JOB] = self.runs.job

    def order(self, by: str) -> Order:
        return Order("shop", "main", "ada", by, self.app.clock())

    def kept(self, deployment: str) -> Deployment:
        """How it stands in the records."""
        found = self.app.deployments_kept.find(deployment)
        assert found is not None
        return found


@pytest.fixture
def deploys(tmp_path: Path) -> Iterator[Deploys]:
    (tmp_path / "gainful.toml").write_text(SETTINGS)
    with Gainful.open(Home(tmp_path)) as app:
        yield Deploys(app, tmp_path)


def test_what_is_approved_goes_on(deploys: Deploys) -> None:
    deployment, waits = deploys.runs.run(deploys.order("hook"))
    assert (deployment.state, waits is not None) == (State.WAITING, True)
    approval = deploys.app.approvals.waiting()[0]
    assert deploys.app.approvals.answer(approval.id, Verdict.ACCEPT, card=approval.card).run == "done"
    kept = deploys.kept(deployment.id)
    assert (kept.state, kept.approved_by) == (State.PROMOTED, deploys.app.guards.person)
    assert deploys.target.live == NEW
    run = deploys.app.runs.find(deployment.id)
    assert run is not None
    assert (run.job, run.state) == ("deploy", "done")


def test_what_is_refused_is_not_done(deploys: Deploys) -> None:
    deployment, _ = deploys.runs.run(deploys.order("agent:helper"))
    approval = deploys.app.approvals.waiting()[0]
    deploys.app.approvals.answer(approval.id, Verdict.REFUSE)
    assert deploys.kept(deployment.id).state is State.DECLINED
    assert deploys.target.verbs == []


def test_what_everybody_can_see_of_it_afterwards(deploys: Deploys) -> None:
    deployment, _ = deploys.runs.run(deploys.order("hand"))
    tools = [call.tool for call in deploys.app.calls.of_run(deployment.id)]
    assert tools == ["plan", "deploy.begin", "deploy.stage", "deploy.shift", "deploy.promote"]
    assert deploys.app.why(deployment.id) is not None
