"""Budgets that stand in manifests, as the ledger holds them."""

from __future__ import annotations

from gainful.core.money import Money
from gainful.ledger.budget import Budget, Period
from gainful.policy.manifest import Manifest

PERIODS: tuple[Period, ...] = ("run", "month")


def money_of(manifest: Manifest) -> tuple[Budget, ...]:
    """The caps on what all calls of the agent cost, be they of tools or of models."""
    caps = {period: getattr(manifest.budgets, period).money for period in PERIODS}
    return tuple(
        Budget(f"manifest:{manifest.agent}", Money(cap), None, period, _advice(manifest.agent, period, "{cap}"))
        for period, cap in caps.items()
        if cap is not None
    )


def model_calls_of(manifest: Manifest) -> tuple[Budget, ...]:
    """The caps on how often the agent may ask a language model.

    Budgets of their own: a manifest limits calls of models, and those of tools are not counted in them.
    """
    caps = {period: getattr(manifest.budgets, period).calls for period in PERIODS}
    return tuple(
        Budget(f"model-calls:{manifest.agent}", None, cap, period, _advice(manifest.agent, period, "{calls} calls"))
        for period, cap in caps.items()
        if cap is not None
    )


def _advice(agent: str, period: Period, enough: str) -> str:
    return f"Allow '{agent}' {enough} a {period} under `budget` in its file and enable it again"
