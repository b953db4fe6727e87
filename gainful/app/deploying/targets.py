"""Deploy targets by the kind that settings name. Each maker imports its connector when it is called."""

from __future__ import annotations

from urllib.parse import urlsplit

from gainful.app.deploying.planner import shipping_of
from gainful.app.deploying.services import Means, TargetMaker, git_folder
from gainful.sdk.deploy_settings import read_settings
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.secret import Connection
from gainful.storage.settings.services import ServiceSetting


def _releases(setting: ServiceSetting, means: Means) -> DeployTarget:
    from gainful.connectors.haproxy import Control, HAProxyBalancer
    from gainful.connectors.releases import ReleasesSettings, open_releases

    wanted = read_settings(ReleasesSettings, setting.target, setting.name)
    balancer = HAProxyBalancer(Control(wanted.socket), wanted.backend, wanted.state_file)
    repository = git_folder(means.config, setting)
    return open_releases(wanted, repository, shipping_of(setting).has, balancer, means.clock)


def _command(setting: ServiceSetting, _means: Means) -> DeployTarget:
    from gainful.connectors.command import CommandSettings, CommandTarget

    return CommandTarget(read_settings(CommandSettings, setting.target, setting.name))


def _github(setting: ServiceSetting, means: Means) -> DeployTarget:
    from gainful.connectors.github import Api, GitHubTarget, GitHubTargetSettings

    wanted = read_settings(GitHubTargetSettings, setting.target, setting.name)
    host = urlsplit(means.config.github.api).netloc
    token = means.broker.handle("github", Connection("github", host))
    own = host != "api.github.com"
    api = Api(means.config.github.api, means.config.github.repositories, token, means.clock, own=own)
    return GitHubTarget(wanted, api)


def _kubernetes(setting: ServiceSetting, _means: Means) -> DeployTarget:
    from gainful.connectors.kubernetes import Cluster, KubernetesSettings, KubernetesTarget

    wanted = read_settings(KubernetesSettings, setting.target, setting.name)
    return KubernetesTarget(wanted, Cluster(wanted))


TARGETS: dict[str, TargetMaker] = {
    "releases": _releases,
    "command": _command,
    "github": _github,
    "kubernetes": _kubernetes,
}
"""Makers by kind."""
