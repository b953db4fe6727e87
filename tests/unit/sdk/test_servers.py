"""The servers that deployments are tested with start, answer, and leave nothing."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.sdk.testing import local_server
from gainful.sdk.testing.haproxy import HAProxy
from gainful.sdk.testing.local_server import ServerMissing, free_ports, listens
from gainful.sdk.testing.prometheus import Prometheus
from gainful.sdk.testing.shop import BOUNDS, write_shop


def ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
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
    process.wait(10)


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


@pytest.mark.parametrize("kind", [HAProxy, Prometheus])
def test_one_that_is_not_installed_leaves_nothing(
    kind: type[HAProxy | Prometheus], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "program", lambda name: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert not kind.installed()
    with pytest.raises(ServerMissing, match="make servers"):
        kind({"blue": 1}).start()
    assert list(tmp_path.iterdir()) == []


def test_one_that_does_not_start() -> None:
    with pytest.raises(ServerMissing, match="did not start"):
        HAProxy({"blue": 1}, backend="no such name").start()
