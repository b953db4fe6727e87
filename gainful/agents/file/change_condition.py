"""Rewrites an agent's file so that its model is woken only when there is something new.

    with_change_condition(text)     # the same file with `wake: changed` on every trigger, or None

The file stays as its owner wrote it but for those words: comments, order and layout are kept. What comes out is read
again, and given only where it says exactly that and nothing else.
"""

from __future__ import annotations

import re

from gainful.agents.file.agent_file import AgentFile
from gainful.agents.file.agent_reading import agent_file_from
from gainful.agents.file.front_matter import read_front_matter
from gainful.agents.waking.trigger import HandTrigger, Trigger
from gainful.core.errors import Invalid

_ALWAYS = re.compile(r"\bwake:(\s*)always\b")


def with_change_condition(text: str) -> str | None:
    """The file in which every trigger but those by hand says `wake: changed`.

    Returns:
        None where they all do already, or where a trigger is laid out in another way than a key a line.

    Raises:
        AgentFileInvalid: It is no agent's file as it is.
    """
    before = agent_file_from(text)
    if all(waits(one) for one in before.woken_by):
        return None
    changed = _rewritten(text, before)
    try:
        after = agent_file_from(changed)
    except Invalid:
        return None
    return changed if _same_but_for_that(before, after) else None


def waits(trigger: Trigger) -> bool:
    """Whether it wakes the model only for something new; by hand it is always somebody's wish."""
    return isinstance(trigger, HandTrigger) or trigger.wake == "changed"


def _rewritten(text: str, file: AgentFile) -> str:
    """The text with the condition in those triggers that lack it."""
    places = read_front_matter(text).lines
    lines = text.splitlines(keepends=True)
    # From the last to the first, so that a new line moves none that is still to be looked at.
    for number in reversed(range(len(file.triggers))):
        if waits(file.woken_by[number]):
            continue
        said = places.get(("triggers", number, "wake"))
        if said is not None:
            lines[said - 1] = _ALWAYS.sub(r"wake:\1changed", lines[said - 1])
            continue
        at = places[("triggers", number, "on")] - 1
        indent = " " * max(0, lines[at].find("on:"))
        end = lines[at][len(lines[at].rstrip("\r\n")) :]
        lines.insert(at + 1, f"{indent}wake: changed{end}")
    return "".join(lines)


def _same_but_for_that(before: AgentFile, after: AgentFile) -> bool:
    """Whether the triggers wait for a change now, and everything else is as it was."""
    wanted = [one if waits(one) else one.model_copy(update={"wake": "changed"}) for one in before.woken_by]
    others = [one.model_dump(exclude={"triggers"}) for one in (before, after)]
    return list(after.woken_by) == wanted and others[0] == others[1] and before.instructions == after.instructions
