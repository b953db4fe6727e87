"""Reproducers of what plans of deployments, and the histories that they read, can fail with."""

from __future__ import annotations

from gainful.connectors.git import GitHistory
from gainful.core.deployment import Intent, Release, Running, TargetState
from gainful.jobs.deploy.planning import Shipping, plan
from tests.errors.registry import Place, reproduces
from tests.unit.connectors.git.conftest import git
from tests.unit.jobs.deploy.planning.paper import NOW, PaperHistory


@reproduces("no-such-commit")
def _a_branch_that_nobody_made(place: Place) -> None:
    git(place.path, "init", "--quiet", "--initial-branch=main")
    GitHistory.at("site", place.path).resolve("main")


@reproduces("shipping-invalid")
def _nothing_ships(place: Place) -> None:
    Shipping.declared([])


@reproduces("reason-missing")
def _a_restart_for_nothing(place: Place) -> None:
    history = PaperHistory({"app": b""})
    live = Running(Release(history.resolve("0").id, ""), "blue")
    plan(
        "shop", Shipping.declared(["app"]), history, TargetState(live), "0", at=NOW, intent=Intent.RESTART
    )  # fmt: skip
