"""Deploy targets by the kind that settings name. Each maker imports its connector when it is called."""

from __future__ import annotations

from gainful.app.deploying.planner import shipping_of
from gainful.app.deploying.services import Means, TargetMaker, git_folder
from gainful.sdk.deploy_settings import read_settings
from gainful.sdk.deploy_target import DeployTarget
from gainful.storage.config_services import ServiceSetting


def _releases(setting: ServiceSetting, means: Means) -> DeployTarget:
    from gainful.connectors.haproxy import ControlSocket, HAProxyBalancer
    from gainful.connectors.releases import ReleasesSettings, open_releases

    wanted = read_settings(ReleasesSettings, setting.target, setting.name)
    balancer = HAProxyBalancer(ControlSocket(wanted.socket), wanted.backend, wanted.state_file)
    repository = git_folder(means.config, setting)
    return open_releases(wanted, repository, shipping_of(setting).has, balancer, means.clock)


TARGETS: dict[str, TargetMaker] = {"releases": _releases}
"""Makers by kind."""
