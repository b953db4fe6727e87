"""The process that carries requests: it outlives whoever asked, and never carries one twice."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gainful.connectors.llm import courier_process
from gainful.connectors.llm.courier import Courier, CourierTransport, Errand, streamed
from gainful.connectors.llm.courier_process import HEADER
from gainful.connectors.llm.errors import CourierMissing
from gainful.sdk.egress import Egress, EgressRefused
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.testing.web_server import Reply, WebServer
from tests.fixtures.waiting import eventually

SOON = timedelta(minutes=2)
"""How long an answer is waited for. Where none is on its way nobody waits."""


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        running.replies["/v1"] = Reply(headers={"X-A": "1", "Set-Cookie": "tracked"}, body=b"the answer")
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


@pytest.fixture
def courier(folder: Path) -> Iterator[Courier]:
    made = Courier(folder)
    yield made
    made.close()


def ask(courier: Courier, url: str, key: str = "k1", body: bytes = b"{}", **more: Any) -> httpx2.Response:
    errand = Errand(key, **more)
    origin = "/".join(url.split("/")[:3])
    egress = Egress(methods=frozenset({"POST"}), private_ok=frozenset({origin}))

    async def asking() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=CourierTransport(egress, courier, errand)) as client:
            return await client.post(url, content=body, headers={"authorization": "Bearer secret"})

    return asyncio.run(asking())


def couriers() -> set[int]:
    """The courier processes that this one has started."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2] if line else ("Z", "")
            if b"courier_process" in line and state != "Z" and parent == str(os.getpid()):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def is_gone(pid: int) -> bool:
    """Whether nothing is left of a process: one that is dying may hold its sockets longer than its memory."""
    return not (Path("/proc") / str(pid)).exists()


@pytest.fixture
def of_us() -> Callable[[], int]:
    """Finds the one that this test has started."""
    others = couriers()

    def find() -> int:
        (found,) = couriers() - others
        return found

    return find


# --- carrying ---


def test_a_request_arrives_and_its_answer_comes_back(courier: Courier, server: WebServer) -> None:
    answer = ask(courier, f"{server.origin}/v1?x=1", body=b'{"a": 1}')
    assert (answer.status_code, answer.content, answer.headers["x-a"]) == (200, b"the answer", "1")
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/v1?x=1", b'{"a": 1}')
    assert seen.headers["authorization"] == "Bearer secret"
    assert seen.headers["host"] == server.origin.removeprefix("http://")
    # No cookie is kept: it would tie runs together.
    assert "set-cookie" not in answer.headers


def test_a_status_is_an_answer_like_any_other(courier: Courier, server: WebServer) -> None:
    assert ask(courier, f"{server.origin}/none").status_code == 404


def test_it_goes_to_addresses_that_were_checked(courier: Courier, server: WebServer) -> None:
    egress = Egress(frozenset({"api.example.org"}), methods=frozenset({"POST"}))
    for url in (f"{server.origin}/v1", "http://api.example.org/v1", "https://evil.example.net/"):

        async def asking(url: str = url) -> None:
            async with httpx2.AsyncClient(transport=CourierTransport(egress, courier, Errand("k"))) as client:
                await client.post(url)

        with pytest.raises(EgressRefused):
            asyncio.run(asking())
    transport = CourierTransport(egress, courier, Errand("k"), lambda *_: ["127.0.0.1"])

    async def inward() -> None:
        async with httpx2.AsyncClient(transport=transport) as client:
            await client.post("https://api.example.org/")

    with pytest.raises(EgressRefused, match="not an address of the public internet"):
        asyncio.run(inward())
    assert server.seen == []


def test_by_tls_only_to_whom_the_name_is_proven(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_certificate(tmp_path)
    with WebServer(server_context(tmp_path)) as server:
        server.replies["/v1"] = Reply(body=b"secure")
        untrusting = Courier(folder)
        with pytest.raises(httpx2.ConnectError):
            ask(untrusting, f"{server.at('localhost')}/v1", "k1")
        untrusting.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = Courier(folder)
        assert ask(trusting, f"{server.at('localhost')}/v1", "k2").content == b"secure"
        trusting.close()
    assert len(server.seen) == 1


def test_connections_are_used_again_and_a_dead_one_is_not(courier: Courier, server: WebServer) -> None:
    for number in range(3):
        ask(courier, f"{server.origin}/v1", f"a{number}")
    server.replies["/v1"] = Reply(body=b"x", length=False)
    ask(courier, f"{server.origin}/v1", "b")
    server.replies["/v1"] = Reply(body=b"y")
    assert ask(courier, f"{server.origin}/v1", "c").content == b"y"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(cut=0), httpx2.ReadError),
        (Reply(body=b"x" * 1000, cut=10), httpx2.ReadError),
        (Reply(headers={"Transfer-Encoding": "chunked"}, body=b"5\r\nab", length=False), httpx2.ReadError),
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(
    courier: Courier, server: WebServer, reply: Reply, error: type[Exception]
) -> None:
    server.replies["/v1"] = reply
    for replay in (False, True):
        with pytest.raises(error):
            ask(courier, f"{server.origin}/v1", replay=replay)
    assert len(server.seen) == 1


@pytest.mark.parametrize("drip", [False, True])
def test_the_time_of_the_whole_answer_has_an_end(courier: Courier, server: WebServer, drip: bool) -> None:
    over = threading.Event()
    server.replies["/v1"] = Reply(body=b"x" * 1000, drip=(over, 0.05)) if drip else Reply(wait=over)
    try:
        for replay in (False, True):
            with pytest.raises(httpx2.ReadTimeout):
                ask(courier, f"{server.origin}/v1", seconds=0.3, replay=replay)
    finally:
        over.set()


def test_what_was_never_sent_is_told_so(courier: Courier) -> None:
    for replay in (False, True):
        with pytest.raises(httpx2.ConnectError):
            ask(courier, "http://127.0.0.1:1/v1", replay=replay)


# --- what is left ---


def test_an_answer_is_there_until_it_is_forgotten(courier: Courier, server: WebServer, folder: Path) -> None:
    assert courier.frames("k1") == []
    assert not courier.wait("k1", SOON)
    ask(courier, f"{server.origin}/v1", stream=True)
    assert courier.wait("k1", SOON)
    assert streamed(courier.frames("k1"))
    assert [kind for kind, _ in courier.frames("k1")] == [b"S", b"R", b"D", b"E"]
    assert ask(courier, f"{server.origin}/v1", replay=True).content == b"the answer"
    courier.forget("k1")
    assert list(folder.iterdir()) == []
    assert len(server.seen) == 1


def test_one_key_is_carried_once(courier: Courier, server: WebServer) -> None:
    ask(courier, f"{server.origin}/v1")
    with pytest.raises(httpx2.ReadError, match="asked before"):
        ask(courier, f"{server.origin}/v1")
    other = Courier(courier._folder)
    with pytest.raises(httpx2.ReadError):
        ask(other, f"{server.origin}/v1")
    other.close()
    assert len(server.seen) == 1
    assert courier.frames("k1")[-1][0] == b"E"


def test_keys_may_hold_anything(courier: Courier, server: WebServer, folder: Path) -> None:
    for key in ("../../etc/passwd", "a/b", "\0", "x" * 5000):
        ask(courier, f"{server.origin}/v1", key)
    assert len(list(folder.iterdir())) == 4


def test_many_at_once(courier: Courier, server: WebServer) -> None:
    server.replies["/v1"] = lambda seen: Reply(body=seen.body)
    answers: dict[int, bytes] = {}

    def one(number: int) -> None:
        answers[number] = ask(courier, f"{server.origin}/v1", f"k{number}", str(number).encode()).content

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(number).encode() for number in range(12)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"E",
        HEADER.pack(b"S", 2) + b"{}",
        HEADER.pack(b"E", 5),
        HEADER.pack(b"D", 1) + b"x" + b"\0" * 100,
        struct.pack(">cI", b"E", 0xFFFFFFFF),
    ],
)
def test_half_an_answer_on_the_disk_is_none(courier: Courier, folder: Path, content: bytes) -> None:
    folder.mkdir()
    courier._file("k1").write_bytes(content)
    assert courier.frames("k1") == []
    assert not courier.wait("k1", SOON)


def test_what_is_locked_is_under_way(courier: Courier, folder: Path) -> None:
    folder.mkdir()
    with courier._file("k1").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert courier.running("k1")
        assert not courier.wait("k1", timedelta(0))
    assert not courier.running("k1")


def test_a_full_disk_keeps_nobody_from_the_answer() -> None:
    line, theirs = socket.socketpair()

    class Full:
        """A file on a full disk."""

        def write(self, _: bytes) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None: ...

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    account = courier_process.Account(theirs, Full())  # type: ignore[arg-type]
    account.tell(b"D", b"x")
    account.tell(b"E")
    theirs.close()
    assert line.recv(100) == HEADER.pack(b"D", 1) + b"x" + HEADER.pack(b"E", 0)
    line.close()


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
    courier: Courier, server: WebServer, folder: Path
) -> None:
    ask(courier, f"{server.origin}/v1", "first")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("no folder")
    with pytest.raises(CourierMissing):
        ask(courier, f"{server.origin}/v1", "second")
    assert len(server.seen) == 1


def test_what_nobody_asked_for_in_a_month_is_swept_away(folder: Path, server: WebServer) -> None:
    folder.mkdir()
    courier = Courier(folder)
    sent, never, young = (courier._file(key) for key in ("sent", "never", "young"))
    for file, content in ((sent, b"S and an answer"), (never, b""), (young, b"S and an answer")):
        file.write_bytes(content)
    for file in (sent, never):
        os.utime(file, (1, 1))
    ask(courier, f"{server.origin}/v1")
    courier.close()
    assert not never.exists()
    assert young.read_bytes() == b"S and an answer"
    # Nothing of the answer is left; but nobody will ever believe that it was not asked for.
    assert sent.read_bytes() == b"S"
    assert (courier.never_sent("never"), courier.never_sent("sent")) == (True, False)
    assert courier.frames("sent") == []


# --- dying ---


def test_it_ends_when_it_is_let_go_and_not_before(of_us: Callable[[], int], folder: Path, server: WebServer) -> None:
    courier, over = Courier(folder), threading.Event()
    server.replies["/slow"] = Reply(body=b"late", wait=over)
    line = courier.send("k1", _about(server, "/slow"), b"{}")
    assert eventually(lambda: server.seen)
    pid = of_us()
    line.close()
    courier.close()
    assert courier.running("k1")
    over.set()
    assert courier.wait("k1", SOON)
    assert courier.frames("k1")[-2:] == [(b"D", b"late"), (b"E", b"")]
    assert eventually(lambda: pid not in couriers())


def _about(server: WebServer, path: str) -> dict[str, Any]:
    port = int(server.origin.rpartition(":")[2])
    return {
        "method": "POST", "scheme": "http", "host": "127.0.0.1", "port": port, "path": path,
        "addresses": ["127.0.0.1"], "timeout": 120, "stream": False,
        "headers": [["host", f"127.0.0.1:{port}"], ["content-length", "2"]],
    }  # fmt: skip


def test_a_courier_that_was_killed_is_started_anew(
    of_us: Callable[[], int], courier: Courier, server: WebServer
) -> None:
    ask(courier, f"{server.origin}/v1", "k1")
    pid = of_us()
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: is_gone(pid))
    assert ask(courier, f"{server.origin}/v1", "k2").content == b"the answer"


def test_a_courier_that_is_killed_on_the_way_leaves_no_answer(
    of_us: Callable[[], int], courier: Courier, server: WebServer
) -> None:
    over = threading.Event()
    server.replies["/v1"] = Reply(wait=over)

    def blow() -> None:
        assert eventually(lambda: server.seen)
        os.kill(of_us(), signal.SIGKILL)

    killer = threading.Thread(target=blow)
    killer.start()
    try:
        with pytest.raises(httpx2.ReadError):
            ask(courier, f"{server.origin}/v1")
    finally:
        over.set()
        killer.join()
    assert not courier.wait("k1", SOON)
    assert not courier.never_sent("k1")
    assert len(server.seen) == 1


def test_an_asker_who_stops_listening_holds_nobody_up(
    folder: Path, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_process, "ASKER_SECONDS", 0.1)
    folder.mkdir()
    server.replies["/v1"] = Reply(body=b"x" * 5_000_000, length=False)
    asker, theirs = socket.socketpair()
    head = json.dumps(_about(server, "/v1")).encode()
    asker.sendall(HEADER.pack(b"Q", len(head)) + head + HEADER.pack(b"B", 2) + b"{}")
    courier_process.carry(theirs, (folder / "answer").open("wb"), courier_process.Connections())
    assert (folder / "answer").stat().st_size > 5_000_000
    asker.close()


def test_an_asker_who_dies_before_the_request_is_whole_sends_nothing(
    courier: Courier, folder: Path, server: WebServer
) -> None:
    folder.mkdir()
    head = json.dumps(_about(server, "/v1")).encode()
    for begun in (b"", HEADER.pack(b"Q", len(head)) + head, HEADER.pack(b"Q", len(head)) + head[:5], b"garbage!!"):
        asker, theirs = socket.socketpair()
        asker.sendall(begun)
        asker.close()
        courier_process.carry(theirs, courier._file("k1").open("wb"), courier_process.Connections())
        assert courier.never_sent("k1")
    assert server.seen == []


def test_on_a_full_disk_nothing_is_sent(server: WebServer) -> None:
    asker, theirs = socket.socketpair()
    head = json.dumps(_about(server, "/v1")).encode()
    asker.sendall(HEADER.pack(b"Q", len(head)) + head + HEADER.pack(b"B", 2) + b"{}")
    with Path("/dev/full").open("wb") as full:
        courier_process.carry(theirs, full, courier_process.Connections())
    told = asker.recv(1000)
    asker.close()
    assert (told[:1], json.loads(told[HEADER.size :])["sent"]) == (b"X", False)
    assert server.seen == []
