"""Reproducers of what deploy targets can fail with."""

from __future__ import annotations

import sys

from gainful.connectors.command import CommandSettings, CommandTarget
from gainful.connectors.kubernetes import Cluster, KubernetesSettings
from gainful.connectors.releases import ReleasesSettings
from gainful.core.deployment import Release
from gainful.sdk.deploy_settings import read_settings
from gainful.sdk.grant import Grant
from gainful.sdk.testing import local_server
from gainful.sdk.testing.haproxy import HAProxy
from gainful.sdk.testing.memory_target import MemoryTarget, MemoryWorld
from tests.errors.registry import Place, reproduces

RELEASE = Release("a" * 40, "sha256:" + "b" * 64)
GRANT = Grant("key", "deploy.stage")


def _command(code: str) -> CommandTarget:
    line = (sys.executable, "-I", "-S", "-c", code)
    return CommandTarget(CommandSettings(state=line, stage=line, rollback=line))


@reproduces("target-unreachable")
def _a_script_that_dies(place: Place) -> None:
    _command("raise SystemExit(9)").stage(GRANT, RELEASE)


@reproduces("target-refused")
def _part_of_the_traffic_where_there_are_no_parts(place: Place) -> None:
    MemoryTarget(MemoryWorld(), canary=False).shift(GRANT, RELEASE, 20)


@reproduces("release-invalid")
def _a_commit_that_nobody_has(place: Place) -> None:
    MemoryTarget(MemoryWorld()).stage(GRANT, RELEASE)


@reproduces("target-settings-invalid")
def _a_service_in_one_slot(place: Place) -> None:
    given = {"kind": "releases", "folder": "/srv/shop", "slots": {"blue": 8101}, "run": ["shop"], "backend": "shop"}
    read_settings(ReleasesSettings, given, "shop")


@reproduces("kubernetes-missing")
def _no_client_for_kubernetes(place: Place) -> None:
    place.patch.setitem(sys.modules, "kubernetes", None)
    settings = KubernetesSettings(deployment="shop", container="shop", image="shop:{commit}")
    Cluster(settings).deployment("shop")


@reproduces("test-server-missing")
def _no_proxy_for_the_tests(place: Place) -> None:
    place.patch.setattr(local_server, "program", lambda name: None)
    HAProxy({"blue": 1}).start()
