"""What the Kubernetes target says when the cluster says no, says nothing, or says nonsense."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.connectors.kubernetes import Cluster, KubernetesSettings, KubernetesTarget, objects
from gainful.connectors.kubernetes.fake import FakeKubernetes
from gainful.core.deployment import Release
from gainful.sdk.deploy_settings import TargetSettingsInvalid, read_settings
from gainful.sdk.deploy_target import ReleaseInvalid, TargetRefused, TargetUnreachable
from gainful.sdk.testing.deploy_target import grant
from gainful.sdk.testing.web_server import Reply, WebServer
from tests.contract.test_deploy_target_kubernetes import IMAGE, MAIN
from tests.contract.test_deploy_target_memory import release_of


@pytest.fixture
def server() -> Iterator[FakeKubernetes]:
    with FakeKubernetes() as made:
        made._create(copy.deepcopy(MAIN), dry=False)
        yield made


def target(path: Path, **more: object) -> KubernetesTarget:
    given = {"deployment": "shop", "container": "shop", "image": IMAGE, "kubeconfig": path, "seconds": 1, **more}
    settings = KubernetesSettings.model_validate(given)
    return KubernetesTarget(settings, Cluster(settings), sleep=lambda _: None)


def test_no_right(server: FakeKubernetes, tmp_path: Path) -> None:
    server.forbidden = {"POST"}
    made = target(server.kubeconfig(tmp_path))
    with pytest.raises(TargetRefused, match="forbidden"):
        made.stage(grant(), release_of(0))
    assert list(server.deployments) == ["shop"]


def test_what_the_cluster_would_not_take_is_seen_before_anything_is_made(
    server: FakeKubernetes, tmp_path: Path
) -> None:
    made = target(server.kubeconfig(tmp_path), image="not an image:{commit}")
    with pytest.raises(ReleaseInvalid, match="image"):
        made.stage(grant(), release_of(0))
    assert list(server.deployments) == ["shop"]


def test_another_deployment_another_container(server: FakeKubernetes, tmp_path: Path) -> None:
    path = server.kubeconfig(tmp_path)
    with pytest.raises(TargetRefused, match="no Deployment"):
        target(path, deployment="other").state()
    with pytest.raises(TargetUnreachable, match="no container"):
        target(path, container="other").state()


def test_no_way_there(tmp_path: Path) -> None:
    with pytest.raises(TargetUnreachable):
        target(tmp_path / "none").state()
    with FakeKubernetes() as gone:
        path = gone.kubeconfig(tmp_path)
    with pytest.raises(TargetUnreachable):
        target(path).state()


def test_a_page_instead_of_an_answer(tmp_path: Path) -> None:
    class Portal(WebServer):
        def answer(self, seen: object) -> Reply:
            return Reply(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>")

    with Portal() as portal, FakeKubernetes() as fake:
        path = fake.kubeconfig(tmp_path)
        path.write_text(path.read_text().replace(fake.origin, portal.origin))
        with pytest.raises(TargetUnreachable, match="no JSON"):
            target(path).state()


def test_a_release_of_somebody_else_is_read_from_its_image(server: FakeKubernetes, tmp_path: Path) -> None:
    server.deployments["shop"]["spec"]["template"]["spec"]["containers"][1]["image"] = IMAGE.format(commit="b" * 40)
    live = target(server.kubeconfig(tmp_path)).state().live
    assert live is not None
    assert live.release == Release("b" * 40, "")


@pytest.mark.parametrize("commit", ["", "main", "latest", "a" * 39, "a" * 40 + ";x"])
def test_only_full_ids_become_images(commit: str) -> None:
    with pytest.raises(ReleaseInvalid):
        objects.image_of(IMAGE, Release(commit, "x"))


@pytest.mark.parametrize(("pods", "share", "made"), [(4, 20, 1), (2, 20, 1), (10, 20, 2), (4, 50, 4), (1, 1, 1)])
def test_how_many_pods_a_share_is(pods: int, share: int, made: int) -> None:
    assert objects.replicas_for({"spec": {"replicas": pods}}, share) == made


def test_every_release_would_be_the_same_image() -> None:
    given = {"deployment": "shop", "container": "shop", "image": "shop:latest"}
    with pytest.raises(TargetSettingsInvalid, match="commit"):
        read_settings(KubernetesSettings, given, "shop")
