"""A language model's server on loopback that records what it is asked and answers as it is told.

    with ModelServer(lambda request: Reply('{"1": {"label": "fyi"}}')) as server:
        ...                                # point a client at server.url
        print(server.requests[0].prompt_tokens)

It speaks OpenAI Chat Completions, streamed where it is asked to, written from the public documentation. Tokens are
counted as UTF-8 octets / 4, rounded up text by text: system, user, answers of tools, calls that the model made before,
tools, and the form the answer is asked in.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
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
        calls: Tools that the model asks for, each with its arguments, as JSON or as the text that it wrote.
        cached: Prompt tokens that came from the provider's cache, at most.
        half: Breaks off in the middle.
    """

    content: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()
    cached: int = 0
    half: bool = False
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
    made = [call["function"] for message in body["messages"] for call in message.get("tool_calls") or ()]
    texts += [text for call in made for text in (call["name"], call["arguments"])]
    texts += [json.dumps(body[part], separators=(",", ":")) for part in ("tools", "response_format") if part in body]
    return sum(count_tokens(text) for text in texts)


def _calls(request: Request, reply: Reply) -> list[dict[str, Any]]:
    """The calls in the provider's form; no two of one conversation have the same id."""
    turn = sum(message["role"] == "assistant" for message in request.body["messages"])
    return [
        {
            "id": f"call_{turn}_{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for number, (name, given) in enumerate(reply.calls)
    ]


def _usage(request: Request, reply: Reply) -> dict[str, Any]:
    made = [call["function"] for call in _calls(request, reply)]
    output = sum(map(count_tokens, [reply.content, *(call["name"] + call["arguments"] for call in made)]))
    return {
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": output,
        "total_tokens": request.prompt_tokens + output,
        "prompt_tokens_details": {"cached_tokens": min(reply.cached, request.prompt_tokens)},
    }


def _completion(request: Request, reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    reason = reply.finish_reason
    if reply.calls:
        message["tool_calls"] = _calls(request, reply)
        reason = "tool_calls" if reason == "stop" else reason
    completion: dict[str, Any] = {
        **_head(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    if reply.usage:
        completion["usage"] = _usage(request, reply)
    return completion


def _head(request: Request, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-loopback", "object": kind, "created": 0, "model": request.body.get("model", "")}


def _chunks(request: Request, reply: Reply) -> Iterator[dict[str, Any]]:
    """The answer in pieces: the text word by word, each call as a whole, what it used at last."""
    completion = _completion(request, reply)
    head = _head(request, "chat.completion.chunk")
    (choice,) = completion["choices"]

    def piece(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield piece({"role": "assistant", "content": ""})
    for word in re.findall(r"\s*\S+\s*", reply.content):
        yield piece({"content": word})
    for number, call in enumerate(choice["message"].get("tool_calls", ())):
        yield piece({"tool_calls": [{"index": number, **call}]})
    yield piece({}, choice["finish_reason"])
    if "usage" in completion:
        yield {**head, "choices": [], "usage": completion["usage"]}


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
            if reply.status != 200:
                self._send(reply.status, {"error": {"message": "as told", "type": "scripted"}})
            elif body.get("stream"):
                self._stream(request, reply)
            else:
                self._send(200, _completion(request, reply), half=reply.half)

        def _stream(self, request: Request, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(request, reply)]
            for line in lines[: len(lines) // 2] if reply.half else [*lines, "data: [DONE]\n\n"]:
                self.wfile.write(line.encode())
                self.wfile.flush()

        def _send(self, status: int, value: dict[str, Any], *, half: bool = False) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if half else data)
            self.close_connection = self.close_connection or half

        def log_message(self, *_: object) -> None:
            """Says nothing: the requests are kept, not printed."""

    return Handler
