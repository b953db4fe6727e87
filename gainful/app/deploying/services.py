"""The services of one installation: their settings, and the targets, sources and histories that these name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.jobs.deploy.desk import Service
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.metrics import MetricSource
from gainful.storage.settings.config import Config, Home
from gainful.storage.settings.services import ServiceSetting


class NoSuchService(Invalid):
    """The settings have no service of this name."""

    code = "no-such-service"


@dataclass(frozen=True, slots=True)
class Means:
    """What targets and sources are made with."""

    home: Home
    config: Config
    broker: Broker
    clock: Clock


Maker = TypeVar("Maker")
TargetMaker = Callable[[ServiceSetting, Means], DeployTarget]
SourceMaker = Callable[[ServiceSetting, Means], MetricSource]


class Services:
    """Every service that the settings name. Making targets and sources reaches nothing.

    Args:
        targets, sources: Makers by kind.
    """

    def __init__(self, means: Means, targets: Mapping[str, TargetMaker], sources: Mapping[str, SourceMaker]) -> None:
        self._means = means
        self._targets = targets
        self._sources = sources

    @property
    def config(self) -> Config:
        """All settings."""
        return self._means.config

    @property
    def names(self) -> list[str]:
        """The names, as the settings have them."""
        return [service.name for service in self._means.config.services]

    def named(self, name: str) -> ServiceSetting:
        """The settings of this service.

        Raises:
            NoSuchService: There is none.
        """
        found = next((service for service in self._means.config.services if service.name == name), None)
        if found is None:
            known = ", ".join(self.names) or "none yet; docs/how-to/deploy.md sets one up"
            raise NoSuchService(f"There is no service '{name[:60]}'.", f"Known are: {known}.")
        return found

    def target(self, setting: ServiceSetting) -> DeployTarget:
        """Where the service runs.

        Raises:
            Invalid: The settings of the target cannot be used.
        """
        return _maker(self._targets, setting.target, setting.name, "target")(setting, self._means)

    def source(self, setting: ServiceSetting) -> MetricSource | None:
        """Where its numbers come from; None where nothing is measured.

        Raises:
            Invalid: The settings of the source cannot be used.
        """
        if not setting.metrics:
            return None
        return _maker(self._sources, setting.metrics, setting.name, "metrics")(setting, self._means)


def _maker(makers: Mapping[str, Maker], given: Mapping[str, object], service: str, what: str) -> Maker:
    kind = str(given["kind"])
    if kind not in makers:
        known = ", ".join(makers) or "none"
        raise Invalid(f"The service '{service}' has {what} of kind '{kind}', which is not installed.", f"Use: {known}.")
    return makers[kind]


def service_of(setting: ServiceSetting, to_answer: timedelta) -> Service:
    """The settings as far as the course of a deployment depends on them."""
    watch = setting.watch
    return Service(
        name=setting.name,
        approval=setting.approval,
        freezes=setting.freezes(),
        share=watch.share,
        baseline=timedelta(seconds=watch.baseline),
        warm_up=timedelta(seconds=watch.warm_up),
        unmeasured=timedelta(seconds=watch.unmeasured),
        not_enough=watch.not_enough,
        blind=watch.blind,
        blind_after=timedelta(seconds=watch.blind_after),
        patience=timedelta(minutes=watch.patience),
        to_answer=to_answer,
    )


def git_folder(config: Config, setting: ServiceSetting) -> Path:
    """Where the service's repository lies."""
    return config.git.repositories[setting.repository]
