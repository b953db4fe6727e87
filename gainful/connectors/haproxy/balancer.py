"""Moves traffic between the slots of a service: each is a server of one backend, and its weight is its percent."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gainful.connectors.haproxy.socket import ControlSocket, HAProxyUnreachable, word
from gainful.sdk.balancing import Place

_UP = ("UP", "no check", "DRAIN")
"""How a server's state begins while it can take requests; HAProxy calls one without weight DRAIN."""


class HAProxyBalancer:
    """One backend of one HAProxy.

    Args:
        state_file: Where the weights are saved, so that they outlive a restart of HAProxy: its `server-state-file`.
    """

    def __init__(self, control: ControlSocket, backend: str, state_file: Path | None = None) -> None:
        self._control = control
        self._backend = word(backend)
        self._state_file = state_file

    def places(self) -> Mapping[str, Place]:
        """How each server of the backend stands at this moment."""
        rows = csv.DictReader(io.StringIO(self._control.ask("show stat").removeprefix("# ")))
        try:
            found = {
                row["svname"]: Place(int(row["weight"]), int(row["scur"]), row["status"].startswith(_UP))
                for row in rows
                if row["pxname"] == self._backend and row["svname"] not in ("FRONTEND", "BACKEND")
            }
        except (KeyError, TypeError, ValueError):
            raise HAProxyUnreachable("HAProxy's counters cannot be read.", "Check its version: 2.4 or newer.") from None
        if not found:
            raise HAProxyUnreachable(
                f"HAProxy has no backend '{self._backend}'.", "Correct `backend`, or HAProxy's settings."
            )
        return found

    def set_weights(self, weights: Mapping[str, int]) -> None:
        """Give each slot this percent of the requests from now on. Requests under way end where they are.

        Whoever gets more gets it first, so that there is no moment without a slot.
        """
        order = sorted(weights.items(), key=lambda one: -one[1])
        for slot, weight in order:
            server = f"{self._backend}/{word(slot)}"
            said = self._control.ask(f"set server {server} state ready; set weight {server} {weight}").strip()
            if said:
                raise HAProxyUnreachable(
                    f"HAProxy does not take a weight for {server}: {' '.join(said.split())[:200]}",
                    "Check the names of backend and servers, and that the socket has `level admin`.",
                )
        self._save()

    def close(self) -> None:
        """Nothing is held open."""

    def _save(self) -> None:
        if self._state_file is None:
            return
        said = self._control.ask("show servers state")
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
            raise HAProxyUnreachable(
                f"The state of HAProxy cannot be saved in {self._state_file}: {error.strerror}.",
                "Make its folder writable for Gainful, or take `state_file` out of the settings.",
            ) from error
