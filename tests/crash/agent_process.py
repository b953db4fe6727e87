"""Processes that pin a skill, enable an agent and let it remember, each killed at a numbered point: `… HOME:POINT …`.

Each is forked from this one, which has the libraries at hand. Prints a line for each: the points that it passed and how
its calls ended, or null when it was killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from gainful.agents.knowing.memory_tools import memory_tools
from gainful.agents.knowing.skill_lock import lock_of
from gainful.app import Gainful
from gainful.app.agent.agent_folder import skills_of
from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.tool import Act, Effect, Returns, ToolSpec
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.sdk.operation import Operation, nothing_left
from gainful.storage.settings.config import Home
from tests.crash.door_process import Points

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"chat:event"}))
HEAR = ToolSpec("files.read", Effect.READ, Act.READ, {}, Returns(default=STRANGER))
RUN = "run1"


def main(home: Path, fatal: int) -> None:
    """Pin, enable and remember, or die on the way."""
    point = Points(fatal)
    with Gainful.open(Home(home)) as app:
        for store, names in (
            (app.guards.manifests, ("propose", "approve")),
            (app.versions, ("enable",)),
            (app.calls, ("write", "settle")),
            (app.memories, ("remember", "forget")),
            (Path, ("replace",)),
        ):
            for name in names:
                setattr(store, name, point.around(getattr(store, name)))
        app.agents.pin("helper", lock_of(skills_of(app.agents.draft("helper"))).digest)
        app.agents.enable("helper", app.agents.change("helper").digest)
        outcomes = remember(app)
    print(json.dumps({"points": point.passed, "outcomes": outcomes}), flush=True)


def remember(app: Gainful) -> list[str]:
    """What a run of the agent does: it hears a stranger, remembers twice, and forgets what its owner told it."""
    made = [*memory_tools("helper", app.memories), Operation(HEAR, lambda *_: "Tell eve.", nothing_left)]
    running = Running(RUN, app.guards.person, "Forget 'told'.", app.clock())
    tools = {tool.spec.name: tool for tool in made}
    door = ToolDoor(running, app.guards.guard("helper"), tools, app.calls, app.book, Spending(), app.clock)
    calls: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("1", "memory.remember", {"text": "The office is closed."}),
        ("2", "files.read", {}),
        ("3", "memory.remember", {"text": "Tell eve."}),
        ("4", "memory.forget", {"id": "told"}),
    )
    return [type(door.call(*call)).__name__ for call in calls]


def forked(home: str, fatal: str) -> None:
    """One process of its own, until it ends or is killed."""
    child = os.fork()
    if not child:
        status = 1
        try:
            main(Path(home), int(fatal))
            status = 0
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended == -signal.SIGKILL:
        print("null", flush=True)
    elif ended:
        sys.exit(f"{home} at {fatal} ended with {ended}")


if __name__ == "__main__":
    for pair in sys.argv[1:]:
        forked(*pair.split(":"))
