"""The contract of deploy targets over the target in memory: what tests use has to behave like what people use."""

from __future__ import annotations

import hashlib

import pytest

from gainful.core.deployment import Release
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.testing.deploy_target import AllAtOnceContract, CanaryContract, DeployTargetContract
from gainful.sdk.testing.memory_target import MemoryTarget, MemoryWorld


def release_of(number: int) -> Release:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Release(digest[:40], f"sha256:{digest}", tree=digest[24:])


class InMemory(DeployTargetContract):
    finds_drift = True
    canary = True

    @pytest.fixture(autouse=True)
    def world(self) -> None:
        known = {release_of(number).commit: release_of(number) for number in range(5)}
        self.kept = MemoryWorld(known, sick={release_of(4).id})

    def make(self) -> DeployTarget:
        return MemoryTarget(self.kept, canary=self.canary)

    def release(self, number: int) -> Release:
        return release_of(number)

    def sick(self) -> Release:
        return release_of(4)

    def spoil(self) -> None:
        self.kept.drift = ("app/main.py",)

    def served(self) -> set[str]:
        world = self.kept
        found = {world.live.id} if world.live is not None and world.share < 100 else set()
        return found | ({world.candidate.id} if world.candidate is not None and world.share else set())


class TestCanary(InMemory, CanaryContract):
    pass


class TestAllAtOnce(InMemory, AllAtOnceContract):
    canary = False
