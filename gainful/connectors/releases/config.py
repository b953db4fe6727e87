"""Settings of the target: `target = { kind = "releases", … }`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from gainful.sdk.deploy_settings import TargetSettings

Slot = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Item = Annotated[str, Field(min_length=1, max_length=4000)]


class ReleasesSettings(TargetSettings):
    """One service on one machine, in two slots behind HAProxy.

    Args:
        folder: Where releases, logs and the record lie.
        slots: Port on loopback, by slot; exactly two.
        run: The service's command: Gainful starts it itself. `{port}`, `{slot}`, `{files}`, `{built}` are replaced.
        start: Or: the command that starts a slot, such as `["systemctl", "restart", "shop@{slot}"]`.
        stop: And the one that ends it.
        running: And one that succeeds while it runs.
        build: Run once for each release, in the folder of its files; what it makes belongs into `{built}`.
        build_seconds: How long that may take.
        env: What the service finds in its environment beside `PATH` and what Gainful tells it.
        health: Path that the service answers with 2xx when it is well.
        start_seconds: How long a slot may take until it is well.
        drain_seconds: How long requests under way are waited for before a slot is ended.
        stop_seconds: How long a slot may take to end before it is killed.
        kept: Earlier releases that stay on the disk.
        socket: HAProxy's control socket.
        backend: HAProxy's backend, whose servers are named as the slots.
        state_file: HAProxy's `server-state-file`, so that weights outlive its restart.
    """

    folder: Path
    slots: dict[Slot, Port]
    run: tuple[Item, ...] = ()
    start: tuple[Item, ...] = ()
    stop: tuple[Item, ...] = ()
    running: tuple[Item, ...] = ()
    build: tuple[Item, ...] = ()
    build_seconds: float = Field(default=600, gt=0, le=86400)
    env: dict[str, str] = Field(default_factory=dict)
    health: str = Field(default="/health", pattern=r"^/[!-~]*$")
    start_seconds: float = Field(default=30, gt=0, le=3600)
    drain_seconds: float = Field(default=30, ge=0, le=3600)
    stop_seconds: float = Field(default=30, ge=0, le=3600)
    kept: int = Field(default=5, ge=1, le=10)
    socket: Path = Path("/run/haproxy/admin.sock")
    backend: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")
    state_file: Path | None = None

    @model_validator(mode="after")
    def _can_be(self) -> ReleasesSettings:
        if len(self.slots) != 2 or len(set(self.slots.values())) != 2:
            raise ValueError("slots must be two, each with a port of its own")
        if bool(self.run) == bool(self.start and self.stop):
            raise ValueError("either `run`, or both `start` and `stop`, must be given")
        if not self.folder.is_absolute():
            raise ValueError("folder must be a whole path")
        return self
