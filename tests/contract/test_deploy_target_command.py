"""The contract of deploy targets over a script, run as a program of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gainful.connectors.command import CommandSettings, CommandTarget
from gainful.core.deployment import Release
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.testing.deploy_target import AllAtOnceContract, CanaryContract, DeployTargetContract
from tests.contract.test_deploy_target_memory import release_of

SCRIPT = Path(__file__).parents[1] / "fixtures" / "deploy_script.py"
RELEASE = ("{commit}", "{digest}", "{config}", "{tree}")


class ByScript(DeployTargetContract):
    finds_drift = True
    canary = True

    @pytest.fixture(autouse=True)
    def world(self, tmp_path: Path) -> None:
        known = {release_of(number).commit: release_of(number).digest for number in range(5)}
        self.path = tmp_path / "world.json"
        nothing: dict[str, object] = {"live": None, "candidate": None, "share": 0, "kept": []}
        told = {**nothing, "known": known, "sick": [release_of(4).commit], "canary": self.canary}
        self.path.write_text(json.dumps(told), encoding="utf-8")

    def make(self) -> DeployTarget:
        def line(verb: str, *more: str) -> tuple[str, ...]:
            return (sys.executable, "-I", "-S", str(SCRIPT), str(self.path), verb, *more)

        canary = {"shift": line("shift", *RELEASE, "{share}"), "promote": line("promote", *RELEASE)}
        settings = CommandSettings(
            state=line("state"),
            stage=line("stage", *RELEASE, "{anew}"),
            health=line("health", *RELEASE),
            rollback=line("rollback", *RELEASE),
            finds_drift=True,
            **(canary if self.canary else {}),
        )
        return CommandTarget(settings)

    def release(self, number: int) -> Release:
        return release_of(number)

    def sick(self) -> Release:
        return release_of(4)

    def spoil(self) -> None:
        told = json.loads(self.path.read_text(encoding="utf-8"))
        told["live"]["drift"] = ["app/main.py"]
        self.path.write_text(json.dumps(told), encoding="utf-8")


class TestCanary(ByScript, CanaryContract):
    pass


class TestAllAtOnce(ByScript, AllAtOnceContract):
    canary = False
