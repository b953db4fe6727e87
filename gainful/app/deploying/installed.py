"""The deployments of one installation, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gainful.app.deploying.deploy_runs import JOB, DeployRuns
from gainful.app.deploying.deployments import Deployments
from gainful.app.deploying.planner import ServicePlanner
from gainful.app.deploying.services import Means, Services
from gainful.app.deploying.sources import SOURCES
from gainful.app.deploying.targets import TARGETS
from gainful.app.deploying.watches import watch_of
from gainful.app.guarding.guards import Guards
from gainful.app.stores import Stores
from gainful.gate.broker import Broker
from gainful.jobs.deploy.events import Silent, Teller
from gainful.jobs.deploy.explaining import Explainer
from gainful.storage.settings.shelf import SettingsShelf

if TYPE_CHECKING:
    from gainful.runs.engine import Engine


def installed_deployments(
    stores: Stores,
    guards: Guards,
    broker: Broker,
    engine: Callable[[], Engine],
    teller: Teller | None = None,
    explainer: Explainer | None = None,
) -> Deployments:
    """What can be asked of the services that the settings name.

    Args:
        teller: Told what happens.
        explainer: Asks a language model what broke a release, for services whose settings want that.
    """
    services = Services(Means(stores.home, stores.config, broker, stores.clock), TARGETS, SOURCES)
    shelf = SettingsShelf(stores.home.path / "services")
    planner = ServicePlanner(services, stores.deployments_kept, shelf, stores.clock)
    runs = DeployRuns(stores, guards, services, planner, watch_of, teller or Silent(), engine, explainer=explainer)
    return Deployments(services, planner, runs, stores.deployments_kept, guards.person, stores.clock, engine)


__all__ = ["JOB", "installed_deployments"]
