"""The OpenAI Agents SDK, which keeps nothing: python openai_agents.py URL RUNS, in an environment that has it."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

set_tracing_disabled(True)


@function_tool
def read(path: str) -> str:
    """Reads a file."""
    del path
    return "Room 4 has the projector, room 5 the whiteboard."


async def main(url: str, runs: int) -> None:
    """Warm up, then measure."""
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    model = OpenAIChatCompletionsModel(model="bench", openai_client=client)
    agent = Agent(name="bench", instructions="Answer from the notes.", model=model, tools=[read])

    async def talk() -> str:
        return str((await Runner.run(agent, "Which room has the projector?")).final_output)

    for _ in range(10):
        assert await talk() == "The projector is in room 4."
    before = time.process_time()
    for _ in range(runs):
        await talk()
    print(json.dumps({"cpu_s": time.process_time() - before, "turns": 2 * runs}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
