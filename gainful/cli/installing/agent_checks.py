"""What `gainful doctor` looks at for the sake of agents: their files, the chats they live in, what nobody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gainful.cli.installing.found import Check, State
from gainful.cli.screen import plural

if TYPE_CHECKING:
    from gainful.app import Gainful


def agents(app: Gainful) -> Check:
    """Whether every agent's file can be used, and is the one that stands."""
    states = app.agents.states()
    if not states:
        return Check("agents", State.OK, "none yet: `gainful agent new` makes one")
    for state in states:
        if state.problem:
            return Check("agents", State.WARN, f"{state.name}: {state.problem}", f"gainful agent validate {state.name}")
    for state in states:
        if state.changed and state.state == "enabled":
            what = f"{state.name}: its file was changed after it was enabled, and does not count yet."
            return Check("agents", State.WARN, what, f"gainful agent enable {state.name}")
    enabled = sum(state.state == "enabled" for state in states)
    return Check("agents", State.OK, f"{plural(len(states), 'agent')}, {enabled} enabled")


def chat(app: Gainful, name: str) -> Check:
    """Whether a chat can be signed in to, and where the agents' account is."""
    found = app.chats.connections.check(name)
    rooms = ", ".join(found.rooms[:5])
    if not rooms:
        return Check(f"chat {name}", State.WARN, f"{found.me.name} is in no room", "Invite it where it is to be asked.")
    return Check(f"chat {name}", State.OK, f"{found.me.name}, in {rooms}")


def uncertain(app: Gainful) -> Check:
    """Whether something may or may not have happened that a person has to look at."""
    calls = app.calls.uncertain()
    if calls:
        what = f"{plural(len(calls), 'call')} may or may not have happened, the first: {calls[0].tool}"
        return Check("uncertain", State.WARN, what, f"gainful why {calls[0].run_id}")
    return Check("uncertain", State.OK, "nothing")
