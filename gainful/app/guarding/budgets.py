"""Budgets: which ones cover a call, how they stand, and how a person sets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gainful.app.guarding.manifest_budgets import model_calls_of, money_of
from gainful.core.money import Money
from gainful.ledger.budget import Budget, Period, Standing
from gainful.ledger.limit import (
    SETTINGS,
    Limit,
    LimitChange,
    LimitInvalid,
    NoSuchLimit,
    check,
    covering,
    never_reached,
    usual_period,
)
from gainful.policy.manifest import Manifest
from gainful.storage.books.budget_store import BudgetStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.settings.config import Config


@dataclass(frozen=True, slots=True)
class Listed:
    """One budget with how it stands, and who has set it.

    Args:
        scope: What it covers, as one types it; `model` for the language model's own.
        beyond: Why its cap can never be reached, and what to do; empty where it can.
    """

    scope: str
    standing: Standing
    set_by: str
    beyond: str = ""


MANIFEST = "its manifest"
"""Who has set a budget that stands in an agent's manifest: its owner, by approving that."""


class Manifests(Protocol):
    """What agents may do now."""

    def known(self) -> list[str]:
        """Everybody who may have a manifest."""

    def in_force(self, agent: str) -> Manifest | None:
        """The manifest that holds for an agent; None when none does."""


class Budgets:
    """The limits of the settings, those that people set in their place, and those that stand in manifests.

    Args:
        manifests: Their budgets hold besides all others.
    """

    def __init__(
        self, config: Config, store: BudgetStore, ledger: LedgerStore, manifests: Manifests | None = None
    ) -> None:
        self._config = config
        self._store = store
        self._ledger = ledger
        self._manifests = manifests

    def limits(self) -> list[Limit]:
        """The limits that stand; what a person set comes before what the settings say of the same place."""
        stated = {limit.place: limit for limit in (setting.limit() for setting in self._config.budgets)}
        stated |= {limit.place: limit for limit in self._store.limits()}
        return [stated[place] for place in sorted(stated)]

    def covering(
        self,
        agent: str,
        run_id: str,
        person: str = "",
        team: str = "",
        *,
        of_model: bool = True,
        manifest: Manifest | None = None,
    ) -> tuple[Budget, ...]:
        """Every budget that covers a call of this agent in this run; read anew, so that a changed cap counts at once.

        Args:
            person: For whom the agent works; the owner where none is given, and then for the owner's team.
            of_model: Whether a language model is called. Calls of tools are not counted by what limits those of models.
            manifest: The one that holds, where the caller has just looked at it.

        Raises:
            ManifestDamaged: Nobody knows what the agent may spend.
        """
        if not person:
            person, team = self._config.owner.person, team or self._config.owner.team
        if manifest is None and self._manifests is not None:
            manifest = self._manifests.in_force(agent)
        own = (*money_of(manifest), *(model_calls_of(manifest) if of_model else ())) if manifest is not None else ()
        return (*covering(self.limits(), run_id=run_id, agent=agent, person=person, team=team), *own)

    def listed(self, run_id: str = "", more: Sequence[Budget] = ()) -> list[Listed]:
        """Every budget and how it stands; those for each run as they stand in this one.

        Args:
            more: Budgets that stand elsewhere in the settings.
        """
        limits, own = self.limits(), self._of_manifests()
        budgets = [*more, *(limit.budget() for limit in limits), *own]
        names = [*((budget.name, SETTINGS) for budget in more), *((limit.scope, limit.set_by) for limit in limits)]
        names += [(budget.name, MANIFEST) for budget in own]
        standings = [self._of_run(budget, scope, run_id) for budget, (scope, _) in zip(budgets, names, strict=True)]
        caps = [(_covers(scope), budget) for (scope, _), budget in zip(names, budgets, strict=True)]
        return [
            Listed(scope, standing, set_by, never_reached(*cap, caps))
            for standing, (scope, set_by), cap in zip(standings, names, caps, strict=True)
        ]

    def _of_manifests(self) -> list[Budget]:
        if self._manifests is None:
            return []
        found = [manifest for name in self._manifests.known() if (manifest := self._manifests.in_force(name))]
        return [budget for manifest in found for budget in (*money_of(manifest), *model_calls_of(manifest))]

    def _of_run(self, budget: Budget, scope: str, run_id: str) -> Standing:
        # A limit on one run alone stands as it does there, whichever run was asked for.
        own = scope.partition(":")[2] if scope.startswith("run:") else ""
        return self._ledger.standings([budget], own or run_id)[0]

    def set(
        self,
        scope: str,
        period: Period | None,
        cap: Money | None,
        calls: int | None,
        *,
        keep_cap: bool = False,
        keep_calls: bool = False,
    ) -> Limit:
        """Limit this scope, from the next call on, also in processes that run already. The books keep each change.

        Args:
            period: None for the usual one: a run for runs, a month for the rest.
            keep_cap: Leave the cap on money as it stands now.
            keep_calls: Leave the cap on calls as it stands now.

        Raises:
            LimitInvalid: The scope, the period or a cap is none.
        """
        wanted = period or usual_period(scope)
        check(scope, wanted)
        now = next((limit for limit in self.limits() if limit.place == (scope, wanted)), None)
        if now is not None:
            cap = now.cap if keep_cap else cap
            calls = now.calls if keep_calls else calls
        return self._store.set(Limit(scope, wanted, cap, calls, self._config.owner.person))

    def remove(self, scope: str, period: Period | None) -> Limit | None:
        """Take away the limit that a person set. Returns the one of the settings that stands again, if there is one.

        Raises:
            NoSuchLimit: Nobody has set one.
            LimitInvalid: Several stand, for different periods; or it stands in the settings alone.
        """
        own = [limit for limit in self._store.limits() if limit.scope == scope and period in (None, limit.period)]
        if len(own) > 1:
            periods = " and ".join(limit.period for limit in own)
            raise LimitInvalid(f"'{scope}' has several budgets, for {periods}.", "Name the one with --period.")
        left = [limit for limit in self.limits() if limit.scope == scope and limit.set_by == SETTINGS]
        if not own and left:
            raise LimitInvalid(
                f"The budget of '{scope}' stands in the settings.", f"Take its [[budgets]] block out of {SETTINGS}."
            )
        if not own:
            raise NoSuchLimit(f"No budget is set for '{scope[:80]}'.", "`gainful budget list` shows those that are.")
        self._store.remove(scope, own[0].period, self._config.owner.person)
        return next((limit for limit in self.limits() if limit.place == own[0].place), None)

    def history(self) -> list[LimitChange]:
        """Every change that people made, oldest first."""
        return self._store.history()


def _covers(scope: str) -> str:
    """Whose spending a budget covers: that of a manifest is its agent's. Calls of models are a matter of their own."""
    kind, _, name = scope.partition(":")
    return f"agent:{name}" if kind == "manifest" else scope
