"""The floor: the least that two requests and one tool call can cost, by hand with httpx.

python raw.py URL RUNS
"""

from __future__ import annotations

import json
import sys
import time

import httpx2

QUESTION = "Which room has the projector?"
TOOL = {
    "type": "function",
    "function": {
        "name": "read",
        "description": "Reads a file.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    },
}


def talk(client: httpx2.Client) -> str:
    """One run: a question, a call, an answer."""
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "Answer from the notes."},
        {"role": "user", "content": QUESTION},
    ]
    while True:
        body = {"model": "bench", "messages": messages, "tools": [TOOL]}
        said = client.post("/chat/completions", json=body).json()["choices"][0]["message"]
        if not said.get("tool_calls"):
            return str(said["content"])
        messages.append(said)
        for call in said["tool_calls"]:
            json.loads(call["function"]["arguments"])
            answer = "Room 4 has the projector, room 5 the whiteboard."
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": answer})


def main(url: str, runs: int) -> None:
    """Warm up, then measure."""
    with httpx2.Client(base_url=url, headers={"Authorization": "Bearer none"}) as client:
        for _ in range(10):
            assert talk(client) == "The projector is in room 4."
        before = time.process_time()
        for _ in range(runs):
            talk(client)
        print(json.dumps({"cpu_s": time.process_time() - before, "turns": 2 * runs}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
