"""The model that all loops speak with: calls one tool, then answers. `python -m bench.loop.server` prints its address.

A process of its own, so that its work is nobody's; it ends with its standard input.
"""

from __future__ import annotations

import sys

from gainful.sdk.testing.model_server import ModelServer, Reply, Request

QUESTION = "Which room has the projector?"
ANSWER = "The projector is in room 4."
NOTE = "Room 4 has the projector, room 5 the whiteboard."


def answer(request: Request) -> Reply:
    """A call of the one tool there is, then a sentence."""
    if any(message["role"] == "tool" for message in request.body["messages"]):
        return Reply(ANSWER)
    name = request.body["tools"][0]["function"]["name"]
    return Reply(calls=((name, {"path": "notes/rooms.md"}),))


if __name__ == "__main__":
    with ModelServer(answer) as server:
        print(server.url, flush=True)
        sys.stdin.read()
