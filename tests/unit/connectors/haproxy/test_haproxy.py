"""HAProxy's control socket and its counters, against the real one."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gainful.connectors.haproxy import Control, ProxyInvalid, ProxyMetrics, ProxyRefused, ProxyUnreachable
from gainful.sdk.metrics import NOTHING, MetricsInvalid, MetricsUnreachable, Totals
from gainful.sdk.testing.haproxy import HAProxy
from gainful.sdk.testing.web_server import Reply, WebServer


@pytest.fixture
def slots() -> Iterator[tuple[WebServer, WebServer]]:
    with WebServer() as blue, WebServer() as green:
        for server in (blue, green):
            server.replies.update({"/": Reply(body=b"ok"), "/bad": Reply(500), "/gone": Reply(404)})
        yield blue, green


@pytest.fixture
def proxy(slots: tuple[WebServer, WebServer]) -> Iterator[HAProxy]:
    ports = {name: int(server.origin.rpartition(":")[2]) for name, server in zip(("blue", "green"), slots, strict=True)}
    # What answers `/health` with 404 would be down.
    with HAProxy(ports, health="/") as running:
        yield running


def ask(proxy: HAProxy, path: str, times: int = 1) -> None:
    for _ in range(times):
        try:
            urllib.request.urlopen(f"{proxy.origin}{path}", timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()


def test_answers_are_counted_by_server(proxy: HAProxy) -> None:
    control = Control(proxy.socket)
    source = ProxyMetrics(control, "shop")
    assert source.read(["blue", "green"]) == {"blue": NOTHING, "green": NOTHING}
    ask(proxy, "/", 6)
    ask(proxy, "/bad", 2)
    ask(proxy, "/gone")
    assert source.read(["blue", "green"]) == {"blue": Totals(9, 2), "green": NOTHING}
    control.set_weight("shop", "blue", 0)
    control.set_weight("shop", "green", 100)
    ask(proxy, "/", 3)
    assert source.read(["green"]) == {"green": Totals(3, 0)}
    source.close()


def test_weights_and_states_hold(proxy: HAProxy) -> None:
    control = Control(proxy.socket)
    control.set_weight("shop", "green", 25)
    control.set_weight("shop", "green", 25)
    assert control.servers("shop")["green"].weight == 25
    # "UP 1/2" where one question after its health was not answered in time.
    assert control.servers("shop")["blue"].status.startswith("UP")
    control.set_state("shop", "blue", "maint")
    assert control.servers("shop")["blue"].status == "MAINT"
    control.set_state("shop", "blue", "ready")
    assert "shop" in control.saved_state()


def test_a_server_that_breaks_off_is_an_error(proxy: HAProxy, slots: tuple[WebServer, WebServer]) -> None:
    slots[0].replies["/cut"] = Reply(cut=0)
    ask(proxy, "/cut")
    assert ProxyMetrics(Control(proxy.socket), "shop").read(["blue"])["blue"].errors >= 1


def test_counters_begin_anew_with_the_proxy(proxy: HAProxy) -> None:
    source = ProxyMetrics(Control(proxy.socket), "shop")
    ask(proxy, "/", 5)
    before = source.read(["blue"])["blue"]
    proxy.restart()
    ask(proxy, "/", 2)
    assert source.read(["blue"])["blue"].since(before) == Totals(2, 0)


def test_what_it_does_not_know(proxy: HAProxy) -> None:
    control = Control(proxy.socket)
    with pytest.raises(ProxyRefused):
        control.servers("office")
    with pytest.raises(ProxyRefused):
        control.set_weight("shop", "red", 1)
    with pytest.raises(MetricsInvalid):
        ProxyMetrics(control, "shop").read(["red"])
    with pytest.raises(MetricsInvalid):
        ProxyMetrics(control, "office").read(["blue"])


@pytest.mark.parametrize(
    "name", ["", "a b", "blue;shutdown", "blue\nset weight shop/green 0", "../x", "x" * 65, "blåbær"]
)
def test_names_that_would_be_commands(name: str) -> None:
    control = Control(Path("/nowhere"))
    with pytest.raises(ProxyInvalid):
        control.set_weight("shop", name, 1)
    with pytest.raises(ProxyInvalid):
        control.set_state(name, "blue", "ready")
    with pytest.raises(ProxyInvalid):
        control.servers(name)


def test_numbers_and_words_that_it_has_not() -> None:
    control = Control(Path("/nowhere"))
    with pytest.raises(ProxyInvalid):
        control.set_weight("shop", "blue", 257)
    with pytest.raises(ProxyInvalid):
        control.set_state("shop", "blue", "gone")
    with pytest.raises(ProxyInvalid):
        Control(Path("/" + "x" * 107))


def test_nobody_at_the_socket(tmp_path: Path) -> None:
    control = Control(tmp_path / "control")
    with pytest.raises(ProxyUnreachable):
        control.servers("shop")
    with pytest.raises(MetricsUnreachable):
        ProxyMetrics(control, "shop").read(["blue"])


@contextmanager
def impostor(path: Path, says: bytes, *, holds: bool = False) -> Iterator[None]:
    """Something at the socket that is no HAProxy."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(says)
                    if holds:
                        ended.wait(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize(
    "says", [b"", b"\x00\xff", b"# pxname,svname,\nshop,blue,\n", b"# pxname,svname,status\nshop,blue,UP\n"]
)
def test_something_else_at_the_socket(tmp_path: Path, says: bytes) -> None:
    with impostor(tmp_path / "control", says), pytest.raises(ProxyUnreachable):
        Control(tmp_path / "control").servers("shop")


def test_an_answer_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    with impostor(tmp_path / "control", b"# pxname", holds=True), pytest.raises(ProxyUnreachable):
        Control(tmp_path / "control", seconds=0.2).servers("shop")
