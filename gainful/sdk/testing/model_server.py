"""A language model's server on loopback that records what it is asked and answers as it is told.

    with ModelServer(lambda request: Reply('{"1": {"label": "fyi"}}')) as server:
        ...                                # point a client at server.url
        print(server.requests[0].prompt_tokens)

It speaks OpenAI Chat Completions, not streamed, written from the public documentation. Tokens are counted as UTF-8
octets / 4, rounded up text by text: system, user, tools, and the form the answer is asked in.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def count_tokens(text: str) -> int:
    """UTF-8 octets / 4, rounded up: coarse, the same for everyone, and close to English in today's tokenizers."""
    return (len(text.encode()) + 3) // 4


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers.

    Args:
        content: The model's text.
        status: Another HTTP status than 200 sends an error without content.
        seconds: Waits so long before.
        drop: Closes the connection instead.
        usage: Whether the answer tells what it used.
    """

    content: str = ""
    status: int = 200
    seconds: float = 0.0
    drop: bool = False
    usage: bool = True
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. `prompt_tokens` counts everything that the model is made to read."""

    body: dict[str, Any]
    authorization: str
    prompt_tokens: int

    def text(self, role: str) -> str:
        """What was said in this role."""
        return "\n".join(_text(message) for message in self.body["messages"] if message["role"] == role)


class ModelServer:
    """Runs from `with` to its end, in a thread, on a port of its own."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The address for an OpenAI-compatible client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ModelServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def receive(self, body: dict[str, Any], authorization: str) -> tuple[Request, Reply]:
        """Record a request and find its answer."""
        request = Request(body, authorization, _prompt_tokens(body))
        self.requests.append(request)
        return request, self.answer(request)


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _prompt_tokens(body: dict[str, Any]) -> int:
    texts = [_text(message) for message in body["messages"]]
    texts += [json.dumps(body[part], separators=(",", ":")) for part in ("tools", "response_format") if part in body]
    return sum(count_tokens(text) for text in texts)


def _completion(request: Request, reply: Reply) -> dict[str, Any]:
    output = count_tokens(reply.content)
    completion: dict[str, Any] = {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model", ""),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": reply.content},
                "finish_reason": reply.finish_reason,
            }
        ],
    }
    if reply.usage:
        completion["usage"] = {
            "prompt_tokens": request.prompt_tokens,
            "completion_tokens": output,
            "total_tokens": request.prompt_tokens + output,
        }
    return completion


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request, reply = server.receive(body, self.headers.get("Authorization", ""))
            if reply.seconds:
                threading.Event().wait(reply.seconds)
            if reply.drop:
                self.close_connection = True
                return
            failed = {"error": {"message": "as told", "type": "scripted"}}
            self._send(reply.status, _completion(request, reply) if reply.status == 200 else failed)

        def _send(self, status: int, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Says nothing: the requests are kept, not printed."""

    return Handler
