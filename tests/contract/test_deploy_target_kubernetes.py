"""The contract of deploy targets by Kubernetes' official client, over an imitation of its API of our own."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.connectors.kubernetes import Cluster, KubernetesSettings, KubernetesTarget
from gainful.connectors.kubernetes.fake import FakeKubernetes
from gainful.connectors.kubernetes.objects import image_of, release_in
from gainful.core.deployment import Release
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.testing.deploy_target import CanaryContract
from tests.contract.test_deploy_target_memory import release_of

IMAGE = "registry.example.org/shop:{commit}"
LABELS = {"app": "shop"}
MAIN = {
    "metadata": {"name": "shop"},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": {**LABELS, "team": "web"}},
            "spec": {"containers": [{"name": "log", "image": "log:1"}, {"name": "shop", "image": "shop:by-hand"}]},
        },
    },
}


class TestKubernetes(CanaryContract):
    finds_drift = True
    knows_commits = False
    checks_digests = False

    @pytest.fixture(autouse=True)
    def world(self, tmp_path: Path) -> Iterator[None]:
        sick = {image_of(IMAGE, release_of(4))}
        with FakeKubernetes(sick) as self.server:
            self.path = self.server.kubeconfig(tmp_path)
            self.server._create(copy.deepcopy(MAIN), dry=False)
            yield

    def make(self) -> DeployTarget:
        settings = KubernetesSettings(
            deployment="shop", container="shop", image=IMAGE, kubeconfig=self.path, seconds=10
        )
        return KubernetesTarget(settings, Cluster(settings), sleep=lambda _: None)

    def release(self, number: int) -> Release:
        return release_of(number)

    def sick(self) -> Release:
        return release_of(4)

    def spoil(self) -> None:
        containers = self.server.deployments["shop"]["spec"]["template"]["spec"]["containers"]
        containers[1]["image"] = "registry.example.org/shop:mended-by-hand"

    def served(self) -> set[str]:
        found = [release_in({"spec": {"template": one}}, IMAGE, "shop") for one in self.server.served(LABELS)]
        return {one.id for one in found if one is not None}

    def test_a_controller_that_takes_its_time(self) -> None:
        self.server.lagging = 3
        self.deploy(self.release(0))
        self.stage(self.release(1))
        self.shift(self.release(1), 50)
        self.promote(self.release(1))
        assert self.live() == self.release(1).id
