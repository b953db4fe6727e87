"""Reproducers of what Matrix alone can fail with."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gainful.connectors.matrix import MatrixChat
from gainful.connectors.matrix.position import Position
from gainful.sdk.chat import Words
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret
from tests.errors.registry import Place, reproduces

ME = "@gainful:example.org"
ROOM = "!r:example.org"
GRANT = Grant("key", "chat.post")
ENCRYPTION = f"/rooms/{ROOM}/state/m.room.encryption/"


@contextmanager
def _homeserver(answers: Mapping[str, tuple[int, Any]]) -> Iterator[str]:
    """The address of a homeserver that says this, by the end of the path; else that there is nothing."""
    known = {"/account/whoami": (200, {"user_id": ME}), **answers}

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0].replace("%21", "!").replace("%3A", ":")
            nothing = (404, {"errcode": "M_NOT_FOUND", "error": "Not found."})
            status, said = next((one for end, one in known.items() if path.endswith(end)), nothing)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_GET = do_PUT = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _chat(place: Place, url: str) -> MatrixChat:
    return MatrixChat(url, Handle.of(Secret("matrix:work", "token")), place.path)


@reproduces("room-encrypted")
def _a_room_with_keys(place: Place) -> None:
    with _homeserver({ENCRYPTION: (200, {"algorithm": "m.megolm.v1.aes-sha2"})}) as url:
        _chat(place, url).post(GRANT, ROOM, Words("In the clear?"))


@reproduces("chat-position-damaged")
def _a_file_that_says_nothing(place: Place) -> None:
    with _homeserver({}) as url:
        Position(place.path, (url, ME)).file.write_text("{", encoding="utf-8")
        _chat(place, url).events(timedelta(0))
