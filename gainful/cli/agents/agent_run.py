"""`gainful agent run` and `gainful agent test`: one run, watched as it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import dollars, emit, note, plural, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.agents.file.agent_version import AgentVersion
    from gainful.agents.running.loop import Ended
    from gainful.app import Gainful
    from gainful.core.occurrence import Occurrence
    from gainful.gate.outcome import Outcome
    from gainful.runs.parked import ParkedRun
    from gainful.sdk.dialogue import Turn

LONGEST = 300


class InputInvalid(Invalid):
    """What an agent is to be tried on cannot be used."""

    code = "input-invalid"


class Screen:
    """Shows a run as it goes: the model's words on standard output, its calls beside them.

    Args:
        held: Whether effects are held back, and what they would have been is told.
    """

    live = True

    def __init__(self, *, held: bool = False) -> None:
        self._held = held
        self._open = False

    def text(self, piece: str) -> None:
        """The model's words as they come."""
        clean = "".join(char if char in "\n\t" else safe(char) if not char.isspace() else char for char in piece)
        click.echo(clean, nl=False)
        self._open = not clean.endswith("\n")

    def turned(self, turn: Turn, *, recorded: bool) -> None:
        """The end of an answer; one that was recorded before is shown whole."""
        if recorded and turn.text:
            self.text(turn.text)
        self.close()

    def calling(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """The call, on one line."""
        self.close()
        note(f"→ {safe(tool)} {safe(json.dumps(dict(arguments), ensure_ascii=False), LONGEST)}")

    def called(self, tool: str, outcome: Outcome) -> None:
        """How it ended."""
        del tool
        note(f"  {safe(_told(outcome), LONGEST)}")

    def close(self) -> None:
        """End the line that is being written."""
        if self._open:
            click.echo()
        self._open = False


@click.command(short_help="Run an agent now.")
@click.argument("name")
@click.argument("text", required=False, default="")
@json_option
@click.pass_obj
def run(context: Context, name: str, text: str) -> int:
    """Run the agent NAME now, on TEXT, and show what it does as it does it.

    What needs approval is asked for; the run then waits, and goes on when it was answered: `gainful approvals`.
    """
    with context.open() as app:
        occurrence = app.agent_runs.by_hand(app.agents.version(name), text or _piped())
        run_id, ended = app.agent_runs.run(occurrence, None if context.as_json else Screen())
        return _report(context, app, run_id, ended)


@click.command(short_help="Show what an agent would do, without doing it.")
@click.argument("name")
@click.argument("text", required=False, default="")
@click.option("--input", "file", type=click.Path(path_type=Path), help="A recorded input, as `--save` writes it.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the input here, to be used again.")
@click.option("--enabled", is_flag=True, help="Try the version that is enabled, not the file as it is now.")
@json_option
@click.pass_obj
def test(context: Context, name: str, text: str, file: Path | None, save: Path | None, enabled: bool) -> int:
    """Run the agent NAME on recorded input with every effect held back, and show what it would do.

    The input is TEXT, or a recorded one, or what woke it last. Reading is done, and the model is really asked.
    """
    with context.open() as app:
        version = app.agents.version(name) if enabled else app.agents.validate(name).draft.version
        occurrence = _input(app, version, text, file)
        if save is not None:
            _write(save, occurrence)
        run_id, ended = app.agent_runs.rehearse(occurrence, version, None if context.as_json else Screen(held=True))
        status = _report(context, app, run_id, ended)
        if not context.as_json:
            say("Nothing was changed, sent or posted.")
        return status


def _input(app: Gainful, version: AgentVersion, text: str, file: Path | None) -> Occurrence:
    from dataclasses import replace

    from gainful.core.ids import random_id

    text = text or _piped()
    last = app.occurrences.recent(version.file.name, 1)
    if file is not None:
        found = replace(_read(file), agent=version.file.name)
    elif last and not text:
        found = last[0].occurrence
    else:
        found = app.agent_runs.by_hand(version, text)
    # A rehearsal is a run of its own, and never the one that happened.
    return replace(found, id=random_id())


def _read(file: Path) -> Occurrence:
    from gainful.core.occurrence import occurrence_from

    try:
        return occurrence_from(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputInvalid(f"The input {file} cannot be read: {error.strerror}.", "Name one that is there.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputInvalid(
            f"{file} is no recorded input: {type(error).__name__}.",
            "Write one: gainful agent test NAME TEXT --save FILE",
        ) from None


def _write(file: Path, occurrence: Occurrence) -> None:
    try:
        file.write_text(json.dumps(occurrence.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"{file} cannot be written: {error.strerror}.", "Name another place.") from None


def _piped() -> str:
    """What was piped in; nothing where a person sits at the terminal, or there is no input at all."""
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read(1_000_000).strip()


def _report(context: Context, app: Gainful, run_id: str, ended: Ended | ParkedRun) -> int:
    """Say how it ended; the exit status."""
    from gainful.runs.parked import ParkedRun

    spent = app.why(run_id).spent
    waiting = ended.approval_id if isinstance(ended, ParkedRun) else ""
    if context.as_json:
        told = {"state": "waiting", "approval": waiting} if isinstance(ended, ParkedRun) else ended.as_json()
        emit({"run_id": run_id, **told, "tokens": spent.tokens.total, "cost_usd": spent.cost.amount})
        return _status(ended)
    if isinstance(ended, ParkedRun):
        say(f"It waits for you: gainful approvals show {waiting}")
    elif ended.state != "done":
        say(f"It failed: {safe(ended.text, 1000)}")
    tokens = spent.tokens.total
    cost = f"{plural(tokens, 'token')}, {dollars(spent.cost.amount)}" if tokens else "no language model was asked"
    say(f"run {run_id}, {cost}")
    return _status(ended)


def _status(ended: Ended | ParkedRun) -> int:
    return exits.FINDINGS if getattr(ended, "state", "") == "failed" else exits.OK


def _told(outcome: Outcome) -> str:
    from gainful.agents.running.prompt import outcome_text
    from gainful.gate.outcome import Asked, HeldBack

    if isinstance(outcome, HeldBack):
        verb = "would be done" if outcome.verdict == "allow" else "would be asked about"
        return f"held back: {verb}. {outcome.reason}"
    if isinstance(outcome, Asked):
        return f"waits for approval {outcome.approval_id}"
    return outcome_text(outcome, LONGEST)
