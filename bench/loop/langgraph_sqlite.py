"""LangGraph with its SQLite saver, each step durable: python langgraph_sqlite.py URL RUNS FILE.

In an environment that has it.
"""

from __future__ import annotations

import json
import sys
import time

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.prebuilt import create_react_agent


@tool
def read(path: str) -> str:
    """Reads a file."""
    del path
    return "Room 4 has the projector, room 5 the whiteboard."


def main(url: str, runs: int, file: str) -> None:
    """Warm up, then measure; each run is a thread of its own in the file."""
    model = ChatOpenAI(model="bench", base_url=url, api_key="none", max_retries=0)
    with SqliteSaver.from_conn_string(file) as saver:
        agent = create_react_agent(model, [read], prompt="Answer from the notes.", checkpointer=saver)

        def talk(number: int) -> str:
            found = agent.invoke(
                {"messages": [("user", "Which room has the projector?")]},
                {"configurable": {"thread_id": str(number)}},
                durability="sync",
            )
            return str(found["messages"][-1].content)

        for number in range(10):
            assert talk(-number - 1) == "The projector is in room 4."
        before = time.process_time()
        for number in range(runs):
            talk(number)
        print(json.dumps({"cpu_s": time.process_time() - before, "turns": 2 * runs}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
