"""The contract of deploy targets over an imitation of GitHub of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gainful.connectors.github import Api, GitHubTarget, GitHubTargetSettings
from gainful.connectors.github.fake_deployments import FakeDeployments
from gainful.core.clock import system_clock
from gainful.core.deployment import Release
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.deploy_target import AllAtOnceContract
from tests.contract.test_deploy_target_memory import release_of


class TestByEvent(AllAtOnceContract):
    checks_digests = False
    workflow = ""

    @pytest.fixture(autouse=True)
    def world(self) -> Iterator[None]:
        commits = frozenset(release_of(number).commit for number in range(5))
        sick = {release_of(4).commit: "failure"}
        with FakeDeployments("ada/shop", commits, sick, workflow=bool(self.workflow)) as self.server:
            yield

    def make(self) -> DeployTarget:
        settings = GitHubTargetSettings(repository="ada/shop", workflow=self.workflow, seconds=5)
        token = Handle.of(Secret("github", "token"))
        api = Api(self.server.origin, ["ada/shop"], token, system_clock, own=True)
        return GitHubTarget(settings, api, sleep=lambda _: None)

    def release(self, number: int) -> Release:
        return release_of(number)

    def sick(self) -> Release:
        return release_of(4)

    def settle(self) -> None:
        for number in self.server.statuses:
            for _ in range(3):
                self.server.go_on(number)


class TestByWorkflow(TestByEvent):
    workflow = "deploy.yml"

    def test_each_deployment_starts_the_workflow_once(self) -> None:
        self.deploy(self.release(0))
        self.stage(self.release(1), times=3)
        assert [one["inputs"]["commit"] for one in self.server.started] == [
            self.release(0).commit,
            self.release(1).commit,
        ]
