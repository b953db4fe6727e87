"""A private Prometheus for tests, benches and demos: it reads the metrics of some slots once a second.

    with Prometheus({"blue": 8101, "green": 8102}) as prometheus:
        ...                                # ask prometheus.origin + "/api/v1/query"

It needs Debian's `prometheus`. Every series has the label `slot`.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Self

from gainful.sdk.testing.local_server import HOST, LocalServer

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


class Prometheus(LocalServer):
    """A running Prometheus once `start` was called; also a context manager.

    Args:
        slots: Port on loopback where the metrics are, by slot.
        path: Where on that port.
        interval: Between two reads, as Prometheus writes it.
        job: Label of every series.
    """

    PROGRAM = "prometheus"

    def __init__(
        self, slots: Mapping[str, int], path: str = "/metrics", interval: str = "1s", job: str = "shop"
    ) -> None:
        super().__init__()
        self._slots = slots
        self._settings = {"path": path, "interval": interval, "job": job}

    def start(self) -> Self:
        """The same server, running and answering.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        targets = "".join(TARGET.format(host=HOST, port=port, name=name) for name, port in self._slots.items())
        config = self.folder / "prometheus.yml"
        config.write_text(CONFIG.format(**self._settings) + targets, encoding="utf-8")
        self._run(
            [
                f"--config.file={config}",
                f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address={HOST}:{self.port}",
                "--log.level=warn",
            ],
            self._is_ready,
        )
        return self

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
