"""A private Prometheus for tests, benches and demos: it reads the metrics of some slots once a second.

    with Prometheus({"blue": 8101, "green": 8102}) as prometheus:
        ...                                # ask prometheus.origin + "/api/v1/query"

It needs Debian's `prometheus`. Every series has the label `slot`.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

from gainful.sdk.testing.local_server import HOST, LocalServer, free_ports

INSTALL = "apt-get install -y --no-install-recommends prometheus"

CONFIG = """\
global:
  scrape_interval: {interval}
  scrape_timeout: {interval}
scrape_configs:
  - job_name: {job}
    metrics_path: {path}
    static_configs:
"""
TARGET = """\
      - targets: ["{host}:{port}"]
        labels: {{ slot: "{name}" }}
"""


@dataclass
class Prometheus:
    """A running Prometheus once `start` was called; also a context manager.

    Args:
        slots: Port on loopback where the metrics are, by slot.
        path: Where on that port.
        interval: Between two reads, as Prometheus writes it.
        job: Label of every series.
    """

    slots: Mapping[str, int]
    path: str = "/metrics"
    interval: str = "1s"
    job: str = "shop"
    port: int = 0
    _server: LocalServer = field(default_factory=lambda: LocalServer("prometheus", INSTALL))

    @staticmethod
    def installed() -> bool:
        """Whether this machine has Prometheus."""
        return LocalServer("prometheus", INSTALL).installed

    def start(self) -> Prometheus:
        """The same server, running and answering.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        folder = self._server.make_folder()
        (self.port,) = free_ports(1)
        targets = "".join(TARGET.format(host=HOST, port=port, name=name) for name, port in self.slots.items())
        config = CONFIG.format(interval=self.interval, job=self.job, path=self.path) + targets
        (folder / "prometheus.yml").write_text(config, encoding="utf-8")
        self._server.start(
            [
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={HOST}:{self.port}",
                "--log.level=warn",
            ],
            self._is_ready,
        )
        return self

    def stop(self) -> None:
        """End it and remove everything it wrote. Safe to call twice."""
        self._server.stop()

    def __enter__(self) -> Prometheus:
        return self if self._server.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    def log(self) -> str:
        """What it has said so far."""
        return self._server.log()

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
