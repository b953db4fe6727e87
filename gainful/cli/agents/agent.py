"""`gainful agent`: make agents, look at them, and say which are woken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.agents.agent_judge import judge
from gainful.cli.agents.agent_memory import memory
from gainful.cli.agents.agent_new import new
from gainful.cli.agents.agent_run import run, test
from gainful.cli.agents.agent_skills import skills
from gainful.cli.answers import AnswerMissing
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say

if TYPE_CHECKING:
    from gainful.agents.file.agent_file import AgentFile
    from gainful.app.agent.agent_state import Change
    from gainful.storage.agents.agent_store import StoredVersion


@click.group(short_help="Make agents, and say which are woken.")
@json_option
def agent() -> None:
    """Make agents that do a chore, look at them, and say which are woken.

    An agent is a file, agents/NAME/AGENT.md in Gainful's home. Editing it changes nothing before it is enabled again.
    """


@click.command(short_help="Check AGENT, a name or a file.")
@click.argument("agent")
@json_option
@click.pass_obj
def validate(context: Context, agent: str) -> None:
    """Check AGENT, a name or a file, and say what is wrong with it and what is still missing."""
    with context.open() as app:
        checked = app.agents.validate(agent)
    if context.as_json:
        emit({"agent": checked.draft.name, "digest": checked.draft.version.digest, "notes": list(checked.notes)})
        return
    say(f"{checked.draft.name} is valid; its digest is {checked.draft.version.digest[:12]}.")
    for line in checked.notes:
        say(f"  {safe(line)}")


@click.command("list", short_help="Show every agent, and whether it is woken.")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show every agent: whether it is woken, by what, and whether its file has changed since."""
    from gainful.app.as_json import agent_json

    if context.remote:
        with context.far() as desk:
            rows = desk.agents()
    else:
        with context.open() as app:
            rows = [agent_json(state) for state in app.agents.states()]
    if context.as_json:
        for row in rows:
            emit(row)
    elif rows:
        from gainful.cli.agents.agent_view import show_list

        show_list(rows)
    else:
        say("There is no agent yet. `gainful agent new` makes one.")


@click.command(short_help="Show what AGENT is for, may do and spend.")
@click.argument("agent")
@click.option("--enabled", is_flag=True, help="As it was enabled, and not as its file is now.")
@click.option("--text", is_flag=True, help="The file itself.")
@json_option
@click.pass_obj
def show(context: Context, agent: str, enabled: bool, text: bool) -> None:
    """Show what AGENT is for, what wakes it, what it may do and spend, and its instructions."""
    with context.open() as app:
        version = app.agents.version(agent) if enabled else app.agents.validate(agent).draft.version
        state = app.agents.state(version.file.name) if version.file.name in app.agents.names() else None
        manifest = version.file.manifest(app.agents.specs(version.file.name))
    if context.as_json:
        told = {"digest": version.digest, "skills": dict(version.pins), "text": version.text}
        from gainful.app.as_json import agent_json

        emit({**(agent_json(state) if state else {"agent": version.file.name}), **told})
    elif text:
        click.echo(version.text, nl=False)
    else:
        from gainful.app.tooling.tools import agent_tools
        from gainful.cli.agents.agent_view import show as show_agent

        show_agent(version, state, manifest, agent_tools())


@click.command(short_help="Let AGENT be woken, as its file is now.")
@click.argument("agent")
@click.option(
    "--digest", metavar="PREFIX", default="", help="The digest as `validate` gives it; then nothing is asked."
)
@json_option
@click.pass_obj
def enable(context: Context, agent: str, digest: str) -> None:
    """Show what AGENT would be and may do and, when you confirm, let exactly that be woken.

    Without a terminal, name what you saw: --digest takes the digest that `validate` and `show` give.
    """
    with context.open() as app:
        change = app.agents.change(agent)
        seen = digest or _confirmed(context, change)
        enabled = app.agents.enable(agent, seen)
    if context.as_json:
        row = _version_row(enabled.version) if enabled.version is not None else None
        emit({"agent": agent, "version": row, "waits_for": enabled.waits_for, "widens": list(change.widens)})
    elif enabled.version is None:
        say(f"You approved what '{agent}' may do. It waits for {safe(enabled.waits_for)}; then enable it again.")
    else:
        file = change.checked.draft.version.file
        say(f"Version {enabled.version.number} of '{agent}' is enabled; {_woken(file)}.")


def _woken(file: AgentFile) -> str:
    names = [trigger.title for trigger in file.woken_by if trigger.on != "hand"]
    return f"it is woken by {safe(', '.join(names))}" if names else "you wake it by hand"


def _confirmed(context: Context, change: Change) -> str:
    """The digest of what was shown and agreed to."""
    name = change.checked.draft.name
    if context.as_json or not sys.stdin.isatty():
        raise AnswerMissing(
            "Nobody is there to look at it.",
            f"Read it with `gainful agent show {name}`, then give --digest with what stands there.",
        )
    from gainful.app.tooling.tools import agent_tools
    from gainful.cli.agents.agent_view import show_enabling

    show_enabling(change, agent_tools())
    click.confirm(" Let exactly this be enabled?", abort=True, err=True)
    return change.digest


@click.command()
@click.argument("agent")
@json_option
@click.pass_obj
def disable(context: Context, agent: str) -> None:
    """Let nothing wake AGENT any more. A run that is under way goes on; `gainful stop AGENT` stops that too."""
    with context.open() as app:
        changed = app.agents.disable(agent)
    if context.as_json:
        emit({"agent": agent, "disabled": True, "changed": changed})
    else:
        say(f"'{agent}' is disabled; nothing wakes it." if changed else f"'{agent}' was disabled already.")


@click.command(short_help="Show every version that was ever enabled.")
@click.argument("agent")
@click.option("--diff", metavar="NUMBER", type=int, help="What that version changed in the file, instead.")
@json_option
@click.pass_obj
def history(context: Context, agent: str, diff: int | None) -> None:
    """Show every version of AGENT that was ever enabled: since when, by whom, and its digest."""
    with context.open() as app:
        if diff is not None:
            _print_diff(context, agent, diff, app.agents.diff(agent, diff))
            return
        versions = app.agents.history(agent)
        standing = app.agents.state(agent).standing
    if context.as_json:
        for version in versions:
            emit(
                {**_version_row(version), "stands": standing is not None and standing.version.digest == version.digest}
            )
    elif versions:
        from gainful.cli.agents.agent_view import show_history

        show_history(versions, standing)
    else:
        say(f"'{agent}' was never enabled: gainful agent enable {agent}")


def _print_diff(context: Context, agent: str, number: int, difference: str) -> None:
    if context.as_json:
        emit({"agent": agent, "version": number, "difference": difference})
        return
    from gainful.cli.agents.agent_view import show_difference

    show_difference(difference)


def _version_row(version: StoredVersion) -> dict[str, Any]:
    return {
        "agent": version.agent,
        "version": version.number,
        "digest": version.digest,
        "owner": version.owner,
        "by": version.by,
        "at": version.at,
        "skills": dict(version.pins),
    }


for _command in (new, validate, list_, show, test, enable, run, judge, disable, history, skills, memory):
    agent.add_command(_command)
