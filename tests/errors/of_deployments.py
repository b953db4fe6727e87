"""Reproducers of what deployments can fail with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gainful.app import Gainful
from gainful.app.deploying.planner import settings_of
from gainful.app.deploying.sources import SOURCES
from gainful.core.deploy_event import DeployLock
from gainful.jobs.deploy.desk import Service
from gainful.jobs.deploy.errors import ForceUnexplained, PlanChanged
from gainful.jobs.deploy.tools import TargetTools, Terms, frozen, locked
from gainful.sdk.grant import Grant
from gainful.storage.settings.services import ServiceSetting
from tests.errors.registry import Place, reproduces
from tests.unit.jobs.deploy.world import NEW, OLD, OTHER, FileTarget

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def _setting(**more: Any) -> ServiceSetting:
    return ServiceSetting(name="shop", repository="shop", target={"kind": "releases"}, **more)


class _Locks:
    """A record of locks in which this deployment holds the one of the service."""

    def lock(self, service: str) -> DeployLock:
        return DeployLock(service, "d1", "ada", NOW)

    def take_lock(self, wanted: DeployLock, *, steal: bool = False) -> None:
        """Taken."""


@reproduces("no-such-service")
def _a_service_that_is_not_there(place: Place) -> None:
    with Gainful.open(place.home) as app:
        app.deployments.history("shop")


@reproduces("nothing-under-way")
def _promoting_what_is_not_watched(place: Place) -> None:
    place.home.prepare()
    place.home.config.write_text(
        f'[git.repositories]\nshop = "{place.path}/shop"\n[[services]]\nname = "shop"\nrepository = "shop"\n'
        'target = { kind = "releases" }\n'
    )
    with Gainful.open(place.home) as app:
        app.deployments.unlock("shop", "It hangs.")


@reproduces("metric-settings-invalid")
def _a_source_without_its_backend(place: Place) -> None:
    means: Any = None
    SOURCES["haproxy"](_setting(metrics={"kind": "haproxy"}), means)


@reproduces("service-config-unusable")
def _settings_by_half_a_path(place: Place) -> None:
    settings_of(_setting(config=("etc/shop.toml",)))


def _call(place: Place, tool: str, given: Mapping[str, Any], live: Any) -> None:
    target = FileTarget(place.path).run(live)
    records: Any = _Locks()
    tools = TargetTools(Service("shop"), Terms("d1", "ada", OLD, NEW), target, records, lambda: NOW, lambda _: None)
    tools.made()[tool].call(Grant("key", tool), {"service": "shop", "release": NEW.id, "plan": "p", **given})


@reproduces("live-moved")
def _something_else_went_live_meanwhile(place: Place) -> None:
    _call(place, "deploy.promote", {"seen": "good"}, OTHER)


@reproduces("deploy-locked")
def _a_second_deployment_of_the_same_service(place: Place) -> None:
    raise locked(DeployLock("shop", "d1", "ada", NOW))


@reproduces("deploy-frozen")
def _a_deployment_on_friday_evening(place: Place) -> None:
    raise frozen("shop", "2026-11-30 08:00 UTC")


@reproduces("plan-changed")
def _another_plan_than_was_shown(place: Place) -> None:
    raise PlanChanged("The plan is another one than was shown.", "Look at it, and start it again.")


@reproduces("force-unexplained")
def _force_without_a_reason(place: Place) -> None:
    raise ForceUnexplained("Forcing a deployment needs a reason.", "Say it: --reason TEXT; it is booked.")
