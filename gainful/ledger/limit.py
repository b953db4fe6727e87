"""Limits: the caps that people set, each on a scope, and the budgets that cover one call.

run              each run; run:7h2k9 one of them
agent:triage     one agent, whoever it works for
person:robin     everything that works for one person
team:support     everything that works for one team
everyone         everything here
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.ledger.budget import PERIODS, Budget, Period

RUN: Final = "run"
EVERYONE: Final = "everyone"

SETTINGS: Final = "gainful.toml"
"""Who has set a limit that stands in the settings."""

NAME: Final = r"\w[\w.@+-]{0,63}"
"""How agents, people and teams are called: one word, so that it can be typed and stands in an account's name."""

_SCOPE = re.compile(rf"{RUN}(:{NAME})?|{EVERYONE}|(agent|person|team):{NAME}")


class LimitInvalid(Invalid):
    """A limit that cannot be set: its scope, its period or its caps."""

    code = "limit-invalid"


class NoSuchLimit(Invalid):
    """No limit stands where one was to be removed."""

    code = "no-such-limit"


@dataclass(frozen=True, slots=True)
class LimitChange:
    """One step in the history of limits: set to these caps, or removed."""

    scope: str
    period: Period
    cap: Money | None
    calls: int | None
    removed: bool
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """The cap on one scope in each period, as somebody set it.

    Args:
        cap: None leaves money without a limit.
        calls: None leaves calls without a limit.
        set_by: The person; `SETTINGS` when it stands in the settings.
        set_at: None when it stands in the settings.

    Raises:
        LimitInvalid: The scope or the period is none, a cap is negative, or nothing is limited.
    """

    scope: str
    period: Period
    cap: Money | None
    calls: int | None
    set_by: str
    set_at: datetime | None = None

    def __post_init__(self) -> None:
        check(self.scope, self.period)
        if self.cap is None and self.calls is None:
            raise LimitInvalid(f"Nothing is limited for '{self.scope}'.", "Give an amount, a number of calls, or both.")
        if self.cap is not None and self.cap < Money(0, self.cap.currency):
            raise LimitInvalid(f"A budget of {self.cap} cannot be.", "Give zero or more.")
        if self.calls is not None and self.calls < 0:
            raise LimitInvalid(f"{self.calls} calls cannot be.", "Give zero or more.")

    @property
    def place(self) -> tuple[str, Period]:
        """What it limits; one limit each."""
        return self.scope, self.period

    def budget(self) -> Budget:
        """The budget that enforces it. A run's own limit and the one for each run share their accounts."""
        parts = [f"gainful budget set {self.scope}", "{cap}" if self.cap is not None else ""]
        parts += ["--calls {calls}" if self.calls is not None else "", f"--period {self.period}"]
        command = " ".join(part for part in parts if part)
        name = RUN if _of_run(self.scope) else self.scope
        return Budget(name, self.cap, self.calls, self.period, f"Raise it with `{command}`")


def check(scope: str, period: str) -> None:
    """Passes when this is a scope, and a period that it can have.

    Raises:
        LimitInvalid: It is not.
    """
    if not _SCOPE.fullmatch(scope):
        raise LimitInvalid(
            f"'{scope[:80]}' is nothing that a budget can be set for.",
            "Write run, run:ID, agent:NAME, person:NAME, team:NAME or everyone.",
        )
    if period not in PERIODS:
        raise LimitInvalid(f"'{period[:80]}' is no period.", f"Use one of {', '.join(PERIODS)}.")
    if _of_run(scope) and period != "run":
        raise LimitInvalid(f"A budget for '{scope}' lasts one run, not a {period}.", "Leave the period out.")


def usual_period(scope: str) -> Period:
    """The period where none is named: a run's for runs, a month for the rest."""
    return "run" if _of_run(scope) else "month"


def covering(
    limits: Iterable[Limit], *, run_id: str, agent: str = "", person: str = "", team: str = ""
) -> tuple[Budget, ...]:
    """The budgets of one call: always its run's, then those of its agent, person, team and everyone that are limited.

    A run without a limit has a budget without a cap, so that every call is held and counted somewhere.
    """
    found = list(limits)
    own = [limit for limit in found if limit.scope == f"{RUN}:{run_id}"]
    each = [limit for limit in found if limit.scope == RUN]
    budgets = [limit.budget() for limit in (own or each)[:1]] or [Budget(RUN, period="run")]
    named = (("agent", agent), ("person", person), ("team", team))
    scopes = [f"{kind}:{name}" for kind, name in named if name]
    for scope in (*scopes, EVERYONE):
        budgets += [limit.budget() for limit in found if limit.scope == scope]
    return tuple(budgets)


def never_reached(scope: str, budget: Budget, others: Iterable[tuple[str, Budget]]) -> str:
    """Why the cap of a budget can never be reached, and what to do: a longer period of the same has a smaller one.

    It is no mistake that costs anything, since the smaller cap holds; it is hardly what somebody wanted.

    Args:
        others: Budgets with their scopes, which may hold this one.

    Returns:
        A sentence or two; empty where the cap can be reached.
    """
    for wider, other in others:
        if wider not in (scope, EVERYONE) or PERIODS.index(other.period) <= PERIODS.index(budget.period):
            continue
        if budget.cap is not None and other.cap is not None and other.cap < budget.cap:
            caps = str(budget.cap), str(other.cap)
        elif budget.calls is not None and other.calls is not None and other.calls < budget.calls:
            caps = f"{budget.calls:,} calls", f"{other.calls:,} calls"
        else:
            continue
        return (
            f"{scope} may use {caps[0]} a {budget.period}, and {wider} {caps[1]} a {other.period}: "
            f"that of a {budget.period} can never be reached. Lower it, or raise that of a {other.period}."
        )
    return ""


def _of_run(scope: str) -> bool:
    return scope.partition(":")[0] == RUN
