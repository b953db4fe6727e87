"""Calls one verb of the releases target, and dies by kill -9 at a step: before or after it changes something.

    python deploy_process.py WORLD VERB STEP

Prints how many steps there were when it came to the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from gainful.connectors.haproxy import Control, HAProxyBalancer
from gainful.connectors.releases import ReleasesSettings, open_releases
from gainful.core.clock import system_clock
from gainful.core.deployment import Release
from gainful.core.shipped import ships
from gainful.sdk.testing.deploy_target import grant

step = 0


def watched(act: Callable[..., Any], last: int) -> Callable[..., Any]:
    """The same, with a step before and one after it."""

    def tick() -> None:
        global step
        step += 1
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def call(*arguments: Any, **named: Any) -> Any:
        tick()
        answer = act(*arguments, **named)
        tick()
        return answer

    return call


def main(world: dict[str, Any], verb: str, last: int) -> None:
    """Do it."""
    settings = ReleasesSettings.model_validate(world["settings"])
    release = Release(**world["release"])
    for place, name in ((os, "rename"), (os, "replace"), (subprocess, "run"), (os, "symlink")):
        setattr(place, name, watched(getattr(place, name), last))
    Control._once = watched(Control._once, last)  # type: ignore[method-assign]
    balancer = HAProxyBalancer(Control(settings.socket), settings.backend, settings.state_file)
    shipped = lambda path: ships(path, ["app/**"])  # noqa: E731
    with closing(open_releases(settings, Path(world["repository"]), shipped, balancer, system_clock)) as target:
        if verb == "shift":
            target.shift(grant(), release, 30)
        else:
            getattr(target, verb)(grant(), release)
    print(step)


main(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
