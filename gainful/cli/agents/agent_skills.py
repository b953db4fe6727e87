"""`gainful agent skills`: the skills of an agent, and pinning what a person has looked at."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say
from gainful.core.errors import Refused

if TYPE_CHECKING:
    from gainful.app.agent.agent_folder import Draft, SkillState

SHOWN = 40
"""Files of a skill that are listed."""


class SkillsNotPinned(Refused):
    """Nobody said that the skills of an agent may be pinned; what was pinned before is as it was."""

    code = "skills-not-pinned"


@click.command(short_help="Show the skills of AGENT, and what has changed.")
@click.argument("agent")
@click.option("--pin", is_flag=True, help="Pin them as they are, when you confirm.")
@click.option("--digest", metavar="PREFIX", default="", help="Pin without asking, if they still have this digest.")
@json_option
@click.pass_obj
def skills(context: Context, agent: str, pin: bool, digest: str) -> None:
    """Show the skills of AGENT, and what has changed since somebody looked at them.

    A skill teaches, and grants nothing. It is given to the agent once it is pinned, until one letter of it changes.
    """
    with context.open() as app:
        draft = app.agents.draft(agent)
        if not pin and not digest:
            _show(context, draft)
            return
        if not context.as_json:
            _show(context, draft)
        whole = _digest(draft)
        if not _agreed(digest):
            raise SkillsNotPinned(
                f"The skills of '{draft.name}' were not pinned; their digest is {whole[:12]}.",
                f"Look at them: gainful agent skills {draft.name}",
            )
        pinned = app.agents.pin(agent, digest or whole)
    if context.as_json:
        _show(context, pinned)
    else:
        say(f"Pinned {plural(len(pinned.skills), 'skill')} of {safe(draft.name)}. Enable the agent again to use them.")


def _agreed(digest: str) -> bool:
    # A digest that is given is held against what lies there when it is pinned.
    return bool(digest) or (sys.stdin.isatty() and click.confirm("Pin these?", default=False, err=True))


def _digest(draft: Draft) -> str:
    """Of all skills together, as they lie there."""
    from gainful.agents.knowing.skill_lock import lock_of
    from gainful.app.agent.agent_folder import skills_of

    return lock_of(skills_of(draft)).digest


def _show(context: Context, draft: Draft) -> None:
    broken = [state for state in draft.skills if state.skill is None]
    whole = _digest(draft) if not broken else ""
    if context.as_json:
        emit({"agent": draft.name, "digest": whole, "skills": [_row(state) for state in draft.skills]})
        return
    if not draft.skills:
        say(f"{safe(draft.name)} has no skills. Name them under `skills` in its file; docs/how-to/skills.md tells how.")
        return
    for state in draft.skills:
        _print(state)
    say(f"\nTheir digest is {whole}." if whole else "\nNone can be pinned before all can be read.")


def _print(state: SkillState) -> None:
    colour = {"pinned": "green", "broken": "red"}.get(state.state, "yellow")
    say(f"\n{click.style(safe(state.name), bold=True)}  {click.style(state.state, fg=colour)}")
    if state.skill is None:
        say(f"  {safe(state.problem)}")
        return
    say(f"  {safe(state.skill.description, 1024)}")
    for word, text in (("license", state.skill.license), ("needs", state.skill.compatibility)):
        if text:
            say(f"  {word}: {safe(text)}")
    marks = {line[2:]: line[0] for line in state.changes}
    gone = sorted(path for path, mark in marks.items() if mark == "-")
    for path in [*list(state.skill.files)[:SHOWN], *gone]:
        size = f"{len(state.skill.files[path].content):,} octets" if path in state.skill.files else "is gone"
        say(f"  {marks.get(path, ' ')} {safe(path)}  {size}")
    if len(state.skill.files) > SHOWN:
        say(f"    and {len(state.skill.files) - SHOWN} more")
    for warning in state.skill.warnings:
        say(click.style(f"  {safe(warning)}", fg="yellow"))


def _row(state: SkillState) -> dict[str, Any]:
    row: dict[str, Any] = {"name": state.name, "state": state.state, "changes": list(state.changes)}
    if state.skill is None:
        return {**row, "problem": state.problem}
    skill = state.skill
    return {
        **row,
        "description": skill.description,
        "license": skill.license,
        "compatibility": skill.compatibility,
        "metadata": dict(skill.metadata or {}),
        "allowed_tools": list(skill.allowed_tools),
        "digest": skill.digest,
        "files": skill.digests,
        "warnings": list(skill.warnings),
    }
