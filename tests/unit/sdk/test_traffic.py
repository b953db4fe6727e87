"""Traffic counts what becomes of each request, whatever the other side does."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gainful.sdk.testing.local_server import free_ports
from gainful.sdk.testing.traffic import Counts, Traffic

WELL = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ILL = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok"

Answer = Callable[[int], bytes]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Where it is, and how each request asked to go on; the answer depends on the request's number."""
    asked: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline():
                head = list(iter(self.rfile.readline, b"\r\n"))
                asked.append("close" if b"Connection: close\r\n" in head else "stays")
                said = answer(len(asked))
                self.wfile.write(said)
                self.wfile.flush()
                if asked[-1] == "close" or said is not WELL:
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 100

    with Server(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}", asked
        made.shutdown()


def after(origin: str, requests: int, **more: float) -> Counts:
    with Traffic(origin, 500, **more) as traffic:  # type: ignore[arg-type]
        while traffic.so_far().sent < requests and traffic.running:
            time.sleep(0.02)
        return traffic.stop()


def test_every_request_is_answered_and_counted_once() -> None:
    with server(lambda _: WELL) as (origin, asked):
        counts = after(origin, 100)
    assert counts == Counts(sent=len(asked), answered=len(asked))
    assert {"close", "stays"} == set(asked)


def test_what_fails_and_what_breaks_is_told_apart() -> None:
    with server(lambda number: CUT if number % 10 == 1 else ILL if number % 10 == 2 else WELL) as (origin, asked):
        counts = after(origin, 100)
    numbers = range(1, len(asked) + 1)
    cut, ill = (sum(number % 10 == wanted for number in numbers) for wanted in (1, 2))
    # On a busy machine a connection may break before the server has read anything from it: sent, and broken too.
    unread = counts.sent - len(asked)
    assert 0 <= unread <= 2
    assert counts == Counts(len(asked) + unread, len(asked) - cut, ill, cut + unread)
    assert counts.hurt == ill + cut + unread


def test_where_nobody_listens_everything_is_broken() -> None:
    (port,) = free_ports(1)
    counts = after(f"http://127.0.0.1:{port}", 20)
    assert counts == Counts(sent=counts.sent, broken=counts.sent)


def test_some_connections_stay_and_others_do_not() -> None:
    with server(lambda _: WELL) as (origin, asked):
        after(origin, 50, fresh=1.0)
    assert set(asked) == {"close"}


def test_what_had_become_of_them_by_a_moment() -> None:
    traffic = Traffic("http://127.0.0.1:1", 1)
    traffic._said += [(2e9, Counts(10, 9)), (3e9, Counts(20, 20))]
    assert traffic.until(2.5e9) == Counts(20, 20)
    assert traffic.until(4e9) - traffic.until(2e9) == Counts(10, 11)


def test_it_ends_with_whoever_started_it() -> None:
    with server(lambda _: WELL) as (origin, _):
        traffic = Traffic(origin, 100).start()
        process = traffic._process
        assert process is not None and process.stdin is not None
        process.stdin.close()
        assert process.wait(120) == 0
        traffic.stop()
