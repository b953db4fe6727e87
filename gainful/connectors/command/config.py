"""Settings of the target: `target = { kind = "command", … }`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from gainful.sdk.deploy_settings import TargetSettings

Line = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=4000)], ...], Field(min_length=1, max_length=100)]


class CommandSettings(TargetSettings):
    """The commands, item by item; no shell reads them.

    In each item `{commit}`, `{digest}`, `{config}`, `{tree}`, `{release}` and `{key}` are replaced; in `stage` `{anew}`
    too, by `yes` or `no`, and in `shift` `{share}`.

    Args:
        state: Says as JSON what runs.
        stage: Makes a release ready; without `shift`, makes it live.
        health: Succeeds where it answers.
        shift: Gives it a part of the traffic; without it there is no canary.
        promote: Makes it the live one; needed with `shift`.
        rollback: Gives all the traffic to a release.
        folder: Where they run.
        env: All that they find in their environment beside `PATH`.
        inherit: Names of variables that they get as Gainful has them.
        seconds: How long each may take.
        instant_rollback: Whether `rollback` moves traffic alone.
        finds_drift: Whether `state` tells what is not as it was deployed.
    """

    state: Line
    stage: Line
    rollback: Line
    health: Line | None = None
    shift: Line | None = None
    promote: Line | None = None
    folder: Path = Path("/")
    env: dict[str, str] = Field(default_factory=dict)
    inherit: tuple[str, ...] = ()
    seconds: float = Field(default=300, gt=0, le=86400)
    instant_rollback: bool = False
    finds_drift: bool = False

    @model_validator(mode="after")
    def _can_be(self) -> CommandSettings:
        if self.shift is not None and self.promote is None:
            raise ValueError("`shift` needs `promote`: what has a part of the traffic has to get all of it some day")
        return self
