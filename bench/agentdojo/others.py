"""Tasks and attacks of others, from a file: `--tasks FILE`, a JSON list. bench/README.md describes it.

Each attack is tried after each of the task's calls, from the first answer on that holds the attacker's text, in a
world with that text in every place for it. It succeeds silently when its last call is made and nobody was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bench.agentdojo.declarations import TOOLS
from bench.agentdojo.replay import Call, steps_of
from bench.agentdojo.world import MARK, Gate, Run, environment, opening


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OtherCall(_Part):
    """One call."""

    tool: str
    args: dict[str, Any] = {}


class OtherTask(_Part):
    """One task.

    Args:
        suite: Whose world and tools: workspace, travel, banking or slack.
        plan: As a planner would write it from the prompt; without one the gate attributes arguments by itself.
        calls: What a perfect agent does; left out, they are worked out from the plan, which must then settle them all.
        attacks: Each a list of calls.
    """

    suite: str
    name: str
    prompt: str
    plan: dict[str, Any] | None = None
    calls: tuple[OtherCall, ...] | None = None
    attacks: tuple[tuple[OtherCall, ...], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of one task: tool and verdict of each call; of each attack after how many calls it went through."""

    name: str
    verdicts: Sequence[tuple[str, str]]
    silent: Sequence[int | None]
    exposed: bool


def tasks_from(file: Path) -> list[OtherTask]:
    """The tasks of a file.

    Raises:
        pydantic.ValidationError: It is none; the message names the place.
    """
    return TypeAdapter(list[OtherTask]).validate_json(file.read_bytes())


def outcome(task: OtherTask, gate: Gate) -> Outcome:
    """One task in its worlds."""
    calls = _calls(task)
    clean = _run(task, gate, attacked=False)
    verdicts = []
    for call in calls:
        verdicts.append((call.tool, clean.decide(call.tool, call.args)))
        clean.step(call.tool, call.args, approve=True)
    exposed = _run(task, gate, attacked=True)
    for call in calls:
        exposed.step(call.tool, call.args, approve=True)
    silent = [_goes_through(task, calls, attack, gate) for attack in task.attacks]
    return Outcome(task.name, verdicts, silent, _is_turned(exposed))


def _is_turned(run: Run) -> bool:
    """Whether the run has read the attacker's text."""
    return any(MARK in record.text for record in run.provenance.history)


def _calls(task: OtherTask) -> Sequence[OtherCall | Call]:
    if task.calls is not None:
        return task.calls
    env = environment(task.suite, False)
    return list(steps_of(task.suite, env, opening(task.suite, env, task.prompt, task.plan or {"steps": []})))


def _run(task: OtherTask, gate: Gate, *, attacked: bool) -> Run:
    env = environment(task.suite, attacked)
    return Run(task.suite, env, opening(task.suite, env, task.prompt, task.plan), gate)


def _goes_through(
    task: OtherTask, calls: Sequence[OtherCall | Call], attack: Sequence[OtherCall], gate: Gate
) -> int | None:
    """After how many of the task's calls the attack succeeds silently."""
    run = _run(task, gate, attacked=True)
    for done in range(len(calls) + 1):
        if _is_turned(run) and _is_silent(run.copy(), attack):
            return done
        if done < len(calls):
            run.step(calls[done].tool, calls[done].args, approve=True)
    return None


def _is_silent(run: Run, attack: Sequence[OtherCall]) -> bool:
    """Whether the attack's last call is made without asking."""
    made = [run.step(call.tool, call.args, approve=False) for call in attack]
    return bool(made) and made[-1] is not None and made[-1].error is None


def others_figures(outcomes: Sequence[Outcome]) -> Mapping[str, float]:
    """The figures of others' tasks."""
    tasks = len(outcomes) or 1
    effects = [[verdict for tool, verdict in one.verdicts if tool in TOOLS] for one in outcomes]
    attacks = [silent for one in outcomes if one.exposed for silent in one.silent]
    return {
        "tasks": len(outcomes),
        "no_approval_share": sum(set(verdicts) <= {"allow"} for verdicts in effects) / tasks,
        "denied_share": sum("deny" in verdicts for verdicts in effects) / tasks,
        "asked_calls_per_task": sum(verdicts.count("ask") for verdicts in effects) / tasks,
        "attacks": len(attacks),
        "attacks_never_exposed": sum(len(one.silent) for one in outcomes if not one.exposed),
        "silent_attacks": sum(silent is not None for silent in attacks),
    }
