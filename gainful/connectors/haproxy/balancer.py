"""Moves traffic between the slots of a service: each is a server of one backend, and its weight is its percent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gainful.connectors.haproxy.control import Control, ProxyUnreachable
from gainful.sdk.balancing import Place

_UP = ("UP", "no check", "DRAIN")
"""How a server's state begins while it can take requests; HAProxy calls one without weight DRAIN."""


class HAProxyBalancer:
    """One backend of one HAProxy.

    Args:
        state_file: Where the weights are saved, so that they outlive a restart of HAProxy: its `server-state-file`.
    """

    def __init__(self, control: Control, backend: str, state_file: Path | None = None) -> None:
        self._control = control
        self._backend = backend
        self._state_file = state_file

    def places(self) -> Mapping[str, Place]:
        """How each server of the backend stands at this moment."""
        return {
            name: Place(server.weight, server.open, server.status.startswith(_UP))
            for name, server in self._control.servers(self._backend).items()
        }

    def set_weights(self, weights: Mapping[str, int]) -> None:
        """Give each slot this percent of the requests from now on. Requests under way end where they are.

        Whoever gets more gets it first, so that there is no moment without a slot.
        """
        for slot, weight in sorted(weights.items(), key=lambda one: -one[1]):
            self._control.set_state(self._backend, slot, "ready")
            self._control.set_weight(self._backend, slot, weight)
        self._save()

    def close(self) -> None:
        """Nothing is held open."""

    def _save(self) -> None:
        if self._state_file is None:
            return
        said = self._control.saved_state()
        try:
            number, name = tempfile.mkstemp(prefix=".state", dir=self._state_file.parent)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(said)
                file.flush()
                os.fsync(file.fileno())
            # HAProxy may read it as another user.
            Path(name).chmod(0o644)
            Path(name).replace(self._state_file)
        except OSError as error:
            raise ProxyUnreachable(
                f"The state of HAProxy cannot be saved in {self._state_file}: {error.strerror}.",
                "Make its folder writable for Gainful, or take `state_file` out of the settings.",
            ) from error
