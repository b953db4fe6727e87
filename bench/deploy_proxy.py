"""Looks at a proxy from outside while something is deployed behind it: when did whose weight change?"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from gainful.connectors.haproxy import Control
from gainful.core.errors import GainfulError

EVERY = 0.02


class Weights:
    """The weights of a backend's servers, looked at fifty times a second until it is left; a context manager."""

    def __init__(self, socket: Path, backend: str) -> None:
        self.seen: list[tuple[float, Mapping[str, int]]] = []
        self._control = Control(socket)
        self._backend = backend
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Weights:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                servers = self._control.servers(self._backend)
            except GainfulError:
                continue
            weights = {name: server.weight for name, server in servers.items()}
            if not self.seen or self.seen[-1][1] != weights:
                self.seen.append((time.time(), weights))


def shared(seen: list[tuple[float, Mapping[str, int]]]) -> float:
    """Seconds for which two slots took traffic at the same time, over all that was seen."""
    total = 0.0
    for (began, weights), (ended, _) in pairwise(seen):
        if sum(weight > 0 for weight in weights.values()) > 1:
            total += ended - began
    return total
