"""The servers that tests talk to start, answer, say why they do not, and leave nothing."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.haproxy import HAProxy
from gainful.sdk.testing.identity_provider import IdentityProvider
from gainful.sdk.testing.local_server import LocalServer, ServerMissing, free_ports, listens
from gainful.sdk.testing.postgres import Postgres
from gainful.sdk.testing.prometheus import Prometheus
from gainful.sdk.testing.radicale import Radicale
from gainful.sdk.testing.shop import BOUNDS, write_shop
from gainful.sdk.testing.synapse import Synapse


def ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=120) as answer:
        body: bytes = answer.read()
        return body


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[int]:
    write_shop(tmp_path / "app", seconds=0.0, spread=0.0)
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, str(tmp_path / "app" / "shop.py"), str(port)])
    while not listens(port):
        assert process.poll() is None
        time.sleep(0.02)
    yield port
    process.terminate()
    process.wait(120)


def test_a_request_goes_through_the_proxy_and_is_counted(shop: int) -> None:
    with HAProxy({"blue": shop, "green": free_ports(1)[0]}) as proxy:
        assert json.loads(ask(f"{proxy.origin}/"))["release"] == ""
        folder = proxy.socket.parent
    assert not folder.exists()
    metrics = ask(f"http://127.0.0.1:{shop}/metrics").decode()
    assert 'shop_requests_total{status="200"} 1' in metrics
    assert 'shop_request_seconds_bucket{le="+Inf"} 1' in metrics


def test_prometheus_reads_it(shop: int) -> None:
    ask(f"http://127.0.0.1:{shop}/")
    with Prometheus({"blue": shop}) as prometheus:
        found: list[object] = []
        while not found:
            answer = json.loads(ask(f"{prometheus.origin}/api/v1/query?query=shop_request_seconds_count"))
            found = answer["data"]["result"]
            time.sleep(0.1)
    assert found[0]["metric"]["slot"] == "blue"  # type: ignore[index]


def test_the_bounds_are_fine_and_end_after_ten_seconds() -> None:
    assert all(1.05 < later / earlier < 1.15 for earlier, later in itertools.pairwise(BOUNDS))
    assert BOUNDS[-1] > 10


SERVERS = {
    "haproxy": partial(HAProxy, {"blue": 1}),
    "prometheus": partial(Prometheus, {"blue": 1}),
    "identity provider": partial(IdentityProvider, [], []),
    "dovecot": Dovecot,
    "postgres": Postgres,
    "radicale": Radicale,
    "synapse": Synapse,
}


@pytest.mark.parametrize("made", SERVERS.values(), ids=SERVERS)
def test_one_that_is_not_installed_leaves_nothing(
    made: Callable[[], LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = made()
    monkeypatch.setattr(type(server), "_found", classmethod(lambda _: None))
    assert not server.installed()
    with pytest.raises(ServerMissing, match=r"is not installed\. .*(make servers|apt-get install)"):
        server.start()
    assert list(tmp_path.iterdir()) == []


def test_one_that_does_not_start() -> None:
    with pytest.raises(ServerMissing, match="did not start"):
        HAProxy({"blue": 1}, backend="no such name").start()


class Sleeper(LocalServer):
    """A server that may be deaf to being told to end."""

    PROGRAM = "sh"

    def __init__(self, script: str, grace: float = 120) -> None:
        super().__init__()
        self.script = script
        self.GRACE = grace  # type: ignore[misc]

    def start(self) -> Self:
        self._prepare()
        self._run(["-c", self.script], lambda: (self.folder / "ready").exists())
        return self


@pytest.mark.parametrize(
    ("script", "polite"),
    [("trap 'echo bye; exit' TERM; ", True), ("trap '' TERM; ", False)],
    ids=["asked", "killed where it does not listen"],
)
def test_it_is_asked_to_end_and_then_killed(script: str, polite: bool) -> None:
    server = Sleeper(f"{script}touch ready; while :; do sleep 0.01; done", 120 if polite else 0.1).start()
    process = server.pid
    server.end()
    assert ("bye" in server.log()) is polite
    assert not server.running
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    server.stop()
    assert not server.folder.parts


def test_one_that_ends_by_itself_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ServerMissing, match="sh did not start: no such setting"):
        Sleeper("echo no such setting; exit 1").start()
    assert list(tmp_path.iterdir()) == []
