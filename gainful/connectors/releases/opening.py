"""Makes the target of its settings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from gainful.connectors.releases.config import ReleasesSettings
from gainful.connectors.releases.process import PATH, OwnCommands, OwnProcesses, SlotRunner, filled
from gainful.connectors.releases.source import Source
from gainful.connectors.releases.store import Laid, ReleaseStore
from gainful.connectors.releases.target import ReleasesTarget
from gainful.core.clock import Clock
from gainful.core.redaction import redact
from gainful.sdk.balancing import Balancer
from gainful.sdk.deploy_target import ReleaseInvalid


def open_releases(
    settings: ReleasesSettings, repository: Path, ships: Callable[[str], bool], balancer: Balancer, clock: Clock
) -> ReleasesTarget:
    """The target. Reaches nothing.

    Args:
        repository: Where the service's commits are.
        ships: Whether the file of a path ships.
        balancer: What stands before the slots.
    """
    store = ReleaseStore(settings.folder / "releases", Source(repository, ships), _builder(settings))
    return ReleasesTarget(
        settings.folder,
        settings.slots,
        store,
        _runner(settings),
        balancer,
        clock,
        health_path=settings.health,
        start_seconds=settings.start_seconds,
        drain_seconds=settings.drain_seconds,
        kept=settings.kept,
    )


def _runner(settings: ReleasesSettings) -> SlotRunner:
    if not settings.run:
        seconds = settings.start_seconds + settings.stop_seconds
        return OwnCommands(settings.start, settings.stop, settings.running, seconds)
    told = {"PORT": "{port}", "GAINFUL_SLOT": "{slot}", "GAINFUL_RELEASE": "{release}", "GAINFUL_COMMIT": "{commit}"}
    # A service that may write beside its source would look changed.
    always = {"PATH": PATH, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **told}
    return OwnProcesses(settings.folder / "run", settings.run, {**always, **settings.env}, settings.stop_seconds)


def _builder(settings: ReleasesSettings) -> Callable[[Laid], None]:
    def build(laid: Laid) -> None:
        if not settings.build:
            return
        line = filled(settings.build, {"files": str(laid.files), "built": str(laid.built)})
        try:
            done = subprocess.run(  # noqa: S603 - the command of the settings, item by item
                line, cwd=laid.files, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": str(laid.built), **settings.env},
                timeout=settings.build_seconds, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReleaseInvalid(f"The build cannot be run: {redact(str(error))[:300]}", "Correct `build`.") from error
        if done.returncode:
            said = redact(done.stdout.decode("utf-8", "replace").strip())[-1500:]
            raise ReleaseInvalid(f"The build ended with {done.returncode}: {said}", "Run it by hand to see why.")

    return build
