"""A private HAProxy for tests, benches and demos: one service on some slots, weights through its control socket.

    with HAProxy({"blue": 8101, "green": 8102}) as proxy:
        ...                                # send traffic to proxy.origin; the socket is proxy.socket

It needs Debian's `haproxy`. Its settings are those of docs/how-to/deploy-releases.md, so that what is tested is what
people run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from gainful.sdk.testing.local_server import HOST, LocalServer, free_ports, listens

INSTALL = "apt-get install -y --no-install-recommends haproxy"

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


@dataclass
class HAProxy:
    """A running proxy once `start` was called; also a context manager.

    Args:
        slots: Port on loopback, by slot. The first one takes all the traffic in the beginning.
        backend: Name of the backend.
        health: Path that the proxy asks of each slot.
        inter: Milliseconds between two such questions.
    """

    slots: Mapping[str, int]
    backend: str = "shop"
    health: str = "/health"
    inter: int = 200
    port: int = 0
    _server: LocalServer = field(default_factory=lambda: LocalServer("haproxy", INSTALL))

    @staticmethod
    def installed() -> bool:
        """Whether this machine has HAProxy."""
        return LocalServer("haproxy", INSTALL).installed

    def start(self) -> HAProxy:
        """The same proxy, running and taking requests.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        folder = self._server.make_folder()
        (self.port,) = free_ports(1)
        (folder / "haproxy.cfg").write_text(self._config(folder), encoding="utf-8")
        (folder / "state").touch()
        self._run()
        return self

    def restart(self) -> None:
        """End it at once and start it again, with the same settings and the server state that was saved."""
        self._server.end()
        self._run()

    def end(self) -> None:
        """End it at once; it can be started again by `restart`."""
        self._server.end()

    def stop(self) -> None:
        """End it and remove everything it wrote. Safe to call twice."""
        self._server.stop()

    def __enter__(self) -> HAProxy:
        return self if self._server.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Where the service is for those who use it."""
        return f"http://{HOST}:{self.port}"

    @property
    def socket(self) -> Path:
        """The control socket."""
        return self._server.folder / "control"

    @property
    def state_file(self) -> Path:
        """From where it reads the weights when it starts."""
        return self._server.folder / "state"

    def log(self) -> str:
        """What it has said so far."""
        return self._server.log()

    def _run(self) -> None:
        config = str(self._server.folder / "haproxy.cfg")
        self._server.start(["-db", "-f", config], lambda: self.socket.exists() and listens(self.port))

    def _config(self, folder: Path) -> str:
        servers = "".join(
            SERVER.format(name=name, host=HOST, port=port, weight=0 if number else 100, inter=self.inter)
            for number, (name, port) in enumerate(self.slots.items())
        )
        return CONFIG.format(
            dir=folder, host=HOST, port=self.port, backend=self.backend, health=self.health, servers=servers
        )
