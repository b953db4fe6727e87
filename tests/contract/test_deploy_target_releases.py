"""The contract of deploy targets over real git, a real HAProxy and real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.core.deployment import Release
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.testing.deploy_target import CanaryContract
from tests.fixtures.shop_world import shop_world


class TestReleases(CanaryContract):
    finds_drift = True

    @pytest.fixture(autouse=True)
    def world(self, tmp_path: Path) -> Iterator[None]:
        with shop_world(tmp_path) as self.shop:
            yield

    def make(self) -> DeployTarget:
        return self.shop.target()

    def release(self, number: int) -> Release:
        return self.shop.releases[number]

    def sick(self) -> Release:
        return self.shop.sick

    def spoil(self) -> None:
        self.shop.spoil()

    def served(self) -> set[str]:
        return {self.shop.ask() for _ in range(20)}
