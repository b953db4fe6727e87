"""A private HAProxy for tests, benches and demos: one service on some slots, weights through its control socket.

    with HAProxy({"blue": 8101, "green": 8102}) as proxy:
        ...                                # send traffic to proxy.origin; the socket is proxy.socket

It needs Debian's `haproxy`. Its settings are those of docs/how-to/deploy-releases.md, so that what is tested is what
people run.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from gainful.sdk.testing.local_server import HOST, LocalServer, listens

CONFIG = """\
global
    stats socket {dir}/control mode 600 level admin
    server-state-file {dir}/state
    maxconn 4000

defaults
    mode http
    load-server-state-from-file global
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout check 5s
    retries 3
    option redispatch

frontend www
    bind {host}:{port}
    default_backend {backend}

backend {backend}
    balance roundrobin
    option httpchk GET {health}
{servers}
"""
SERVER = "    server {name} {host}:{port} weight {weight} check inter {inter}ms rise 1 fall 2\n"


class HAProxy(LocalServer):
    """A running proxy once `start` was called; also a context manager.

    Args:
        slots: Port on loopback, by slot. The first one takes all the traffic in the beginning.
        backend: Name of the backend.
        health: Path that the proxy asks of each slot.
        inter: Milliseconds between two such questions.
    """

    PROGRAM = "haproxy"

    def __init__(
        self, slots: Mapping[str, int], backend: str = "shop", health: str = "/health", inter: int = 200
    ) -> None:
        super().__init__()
        self.slots = slots
        self.backend = backend
        self._health = health
        self._inter = inter

    def start(self) -> Self:
        """The same proxy, running and taking requests.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        (self.folder / "haproxy.cfg").write_text(self._config(), encoding="utf-8")
        self.state_file.touch()
        self._begin()
        return self

    def restart(self) -> None:
        """End it at once and start it again, with the same settings and the server state that was saved."""
        self.end(signal.SIGKILL)
        # Else the one that the dead process has left behind would be taken for the new one's, to which nobody listens.
        self.socket.unlink(missing_ok=True)
        self._begin()

    @property
    def socket(self) -> Path:
        """The control socket."""
        return self.folder / "control"

    @property
    def state_file(self) -> Path:
        """From where it reads the weights when it starts."""
        return self.folder / "state"

    def _begin(self) -> None:
        config = str(self.folder / "haproxy.cfg")
        self._run(["-db", "-f", config], lambda: self.socket.exists() and listens(self.port))

    def _config(self) -> str:
        servers = "".join(
            SERVER.format(name=name, host=HOST, port=port, weight=0 if number else 100, inter=self._inter)
            for number, (name, port) in enumerate(self.slots.items())
        )
        return CONFIG.format(
            dir=self.folder, host=HOST, port=self.port, backend=self.backend, health=self._health, servers=servers
        )
