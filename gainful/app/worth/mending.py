"""Applies what mends a finding: pauses an agent, caps what it spends, lets it wait for a change; or says what to do.

    mended = mending.apply(finding.fix, f"finding {finding.id}")
    mended.done, mended.said, mended.undo

For Gainful's own agents everything goes through the services that people use themselves, with the same checks: only an
agent's owner changes what wakes it, no cap is ever raised, and each change stands in the audit log, the history of
budgets or that of the agent. What runs in another product is mended there; then nothing is touched, and the answer says
what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from gainful.agents.file.agent_file import AgentFile
from gainful.agents.file.change_condition import waits, with_change_condition
from gainful.agents.waking.trigger import CronTrigger, HandTrigger
from gainful.app.agent.agents import Agents
from gainful.app.guarding.budgets import Budgets
from gainful.app.guarding.guards import LONGEST_REASON, Guards
from gainful.app.worth.mending_steps import elsewhere, to_do
from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.ledger.limit import SETTINGS
from gainful.worth.finding import SCHEDULE, Fix, Remedy

OWN = "gainful"
"""The tool under which facts name Gainful's own agents."""

ToolsOf = Callable[[Collection[str]], Mapping[str, str]]
"""The products that agents run in, by agent."""

_PERIOD = "month"


@dataclass(frozen=True, slots=True)
class Mended:
    """What applying a fix came to.

    Args:
        done: Something was changed.
        said: What was changed, or what is to be done and where; sentences.
        undo: The command that takes it back; empty where nothing was changed, or none does.
    """

    done: bool
    said: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What applying a fix would come to.

    Args:
        changes: Something would be changed; otherwise `will` says what a person is to do, or why there is nothing.
        difference: Of the agent's file, where that would be changed.
    """

    changes: bool
    will: str
    difference: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One fix, decided and not done.

    Args:
        act: Does it, given why; None where there is nothing to do here.
    """

    will: str
    act: Callable[[str], Mended] | None = None
    difference: str = ""


class Mending:
    """Applies fixes in one installation.

    Args:
        tools_of: The products that agents run in, as was reported, as far as somebody said.
    """

    def __init__(self, guards: Guards, budgets: Budgets, agents: Agents, tools_of: ToolsOf) -> None:
        self._guards = guards
        self._budgets = budgets
        self._agents = agents
        self._tools_of = tools_of

    def foreseen(self, fixes: Sequence[Fix]) -> list[Foreseen]:
        """What applying each of these would come to now. Changes nothing.

        Raises:
            Invalid: The amount of a budget is none.
        """
        plans = self._plans(fixes)
        return [Foreseen(plan.act is not None, plan.will, plan.difference) for plan in plans]

    def apply(self, fix: Fix, why: str = "") -> Mended:
        """Do what the fix says, as far as it can be done here; asked again, it changes nothing more.

        Args:
            why: Stands as the reason where one is shown.

        Raises:
            NotYourAgent: Another person owns the agent whose file would be changed.
            NotYourManifest, AgentFileInvalid, AgentDamaged, ManifestDamaged, SkillChanged: As enabling an agent does.
            Invalid: The amount of a budget is none.
        """
        (plan,) = self._plans([fix])
        return plan.act(why) if plan.act is not None else Mended(False, plan.will)

    def _plans(self, fixes: Sequence[Fix]) -> list[_Plan]:
        tools = self._tools_of({fix.target for fix in fixes})
        own = {*self._guards.known(), *self._agents.names()}
        return [self._plan(fix, tools.get(fix.target, ""), own=fix.target in own) for fix in fixes]

    def _plan(self, fix: Fix, tool: str, *, own: bool) -> _Plan:
        if not own or tool not in ("", OWN):
            return _Plan(elsewhere(fix, tool if tool != OWN else ""))
        if fix.remedy is Remedy.PAUSE:
            return self._pause(fix.target)
        if fix.remedy is Remedy.BUDGET:
            return self._cap(fix.target, fix.detail)
        if fix.remedy is Remedy.ON_CHANGE:
            return self._on_change(fix)
        return _Plan(to_do(fix))

    def _pause(self, agent: str) -> _Plan:
        if any(stop.agent == agent for stop in self._guards.stops.all()):
            return _Plan(f"'{agent}' was stopped already.")

        def act(why: str) -> Mended:
            if not self._guards.stop(agent, " ".join(why.split())[:LONGEST_REASON]):
                return Mended(False, f"'{agent}' was stopped already.")
            return Mended(True, f"'{agent}' is stopped: nothing it does begins any more.", f"gainful resume {agent}")

        return _Plan(f"'{agent}' would be stopped: nothing it does begins any more, until somebody lets it go on.", act)

    def _cap(self, agent: str, detail: str) -> _Plan:
        """Cap what the agent spends in a month. A cap that is as low already stays."""
        if not detail:
            return _Plan(to_do(Fix(Remedy.BUDGET, agent)))
        scope, cap = f"agent:{agent}", Money(detail)
        if cap < Money(0):
            raise Invalid(f"A budget of {cap} cannot be.", "Give zero or more.")
        before = next((one for one in self._budgets.limits() if one.place == (scope, _PERIOD)), None)
        if before is not None and before.cap is not None and before.cap <= cap:
            return _Plan(f"'{agent}' may spend {before.cap} a {_PERIOD} already, which is not more than {cap}.")
        was = "without a cap" if before is None or before.cap is None else str(before.cap)
        undo = f"gainful budget remove {scope} --period {_PERIOD}"
        if before is not None and before.set_by != SETTINGS:
            undo = f"gainful budget set {scope} {_typed(before.cap)} --period {_PERIOD}"

        def act(_why: str) -> Mended:
            self._budgets.set(scope, "month", cap, None, keep_calls=True)
            return Mended(True, f"'{agent}' may spend {cap} a {_PERIOD} from now on; it was {was}.", undo)

        return _Plan(f"'{agent}' could spend {cap} a {_PERIOD} at most; now it is {was}.", act)

    # --- waiting for a change -----------------------------------------------------------------------------------------

    def _on_change(self, fix: Fix) -> _Plan:
        """Let its triggers wait for a change; stop clocks that turn idly and have nothing to compare."""
        agent = fix.target
        if agent not in self._agents.folder.names():
            return _Plan(to_do(fix))
        state = self._agents.state(agent)
        if state.state != "enabled":
            return _Plan(f"Nothing wakes '{agent}' as it is: it is {state.state}.")
        if state.changed or state.problem or state.file is None:
            return _Plan(
                f"The file of '{agent}' is not the one that is in force, so it was left alone. Put `wake: changed` on "
                f"its triggers yourself, and enable it: gainful agent enable {agent}"
            )
        if _compares(state.file) and not all(waits(one) for one in state.file.woken_by):
            return self._wait(agent)
        if fix.detail == SCHEDULE and _clocks_alone(state.file):
            said = f"Nothing would wake '{agent}' any more: by the clock alone it cannot tell whether anything changed."
            return _Plan(said, lambda _why: self._no_clock(agent))
        return _Plan(to_do(fix))

    def _wait(self, agent: str) -> _Plan:
        """Bring the same file with `wake: changed` into force."""
        before = self._agents.draft(agent).version.text
        after = with_change_condition(before)
        if after is None:
            return _Plan(to_do(Fix(Remedy.ON_CHANGE, agent)))
        changed = unified_diff(before.splitlines(), after.splitlines(), "now", "then", lineterm="", n=1)
        said = f"'{agent}' would be woken only when what it is told has changed. Its file:"
        return _Plan(said, lambda _why: self._rewrite(agent, before, after), "\n".join(changed))

    def _rewrite(self, agent: str, before: str, after: str) -> Mended:
        if not self._agents.folder.rewrite(agent, before, after):
            return Mended(False, to_do(Fix(Remedy.ON_CHANGE, agent)))
        try:
            enabled = self._agents.enable(agent, self._agents.change(agent).digest)
        except BaseException:
            # What its owner wrote is not to be another text than what is in force.
            self._agents.folder.rewrite(agent, after, before)
            raise
        if enabled.version is None:
            said = f"The file of '{agent}' says `wake: changed` now. It waits for {enabled.waits_for}."
        else:
            said = f"'{agent}' is woken only when what it would be told has changed."
        return Mended(True, f"{said} In its file, `wake: always` takes that back.")

    def _no_clock(self, agent: str) -> Mended:
        """Let the clock wake it no more: nothing is gathered whose change could be waited for."""
        self._agents.disable(agent)
        said = (
            f"Nothing wakes '{agent}' any more: by the clock alone it cannot tell whether anything has changed. Let it "
            "`gather` what it looks at, or wake it by what happens (`on: file`, `on: webhook`), and enable it again."
        )
        return Mended(True, said, f"gainful agent enable {agent}")


def _typed(cap: Money | None) -> str:
    """A cap as one types it."""
    return "none" if cap is None else f"{cap.amount.normalize():f}"


def _clocks_alone(file: AgentFile) -> bool:
    """Whether only clocks wake it, and there is nothing that they could compare."""
    kinds = [one for one in file.woken_by if not isinstance(one, HandTrigger)]
    return bool(kinds) and not file.gather and all(isinstance(one, CronTrigger) for one in kinds)


def _compares(file: AgentFile) -> bool:
    """Whether `wake: changed` would make a difference: a clock alone is always another time."""
    others = [one for one in file.woken_by if not isinstance(one, HandTrigger | CronTrigger)]
    return bool(file.gather or others)
