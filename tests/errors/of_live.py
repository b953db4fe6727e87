"""Reproducers of what a world to deploy in can fail with."""

from __future__ import annotations

from gainful.app.trial.deploy_world import DeployWorld
from gainful.app.trial.shop_repository import ShopRepository
from gainful.sdk.testing import local_server
from tests.errors.registry import Place, reproduces


@reproduces("trial-server-missing")
def _a_machine_without_a_proxy(place: Place) -> None:
    place.patch.setattr(local_server, "program", lambda _name: None)
    with DeployWorld(place.path / "world", 100, {}):
        pass


@reproduces("trial-git-missing")
def _a_machine_without_git(place: Place) -> None:
    place.patch.setenv("PATH", str(place.path))
    ShopRepository(place.path / "repository").create()
