"""Splits a total over shares so that nothing is lost to rounding."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from gainful.core.money import PLACES, Tokens


def allocate(total: Decimal, weights: Mapping[str, int], quantum: Decimal = PLACES) -> dict[str, Decimal]:
    """Each name's part of `total` by its weight, in whole multiples of `quantum`; the parts sum to `total` exactly.

    What rounding down leaves goes, one quantum each, to the largest remainders (ties: by name).

    Args:
        total: A whole multiple of `quantum`, ≥ 0.
        weights: ≥ 0; all zero means equal parts. Empty gives an empty answer.
    """
    if not weights:
        return {}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    parts = {name: (share / quantum).to_integral_value(ROUND_FLOOR) * quantum for name, share in exact.items()}
    left = int((total - sum(parts.values())) / quantum)
    by_remainder = sorted(weights, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[:left]:
        parts[name] += quantum
    return parts


def allocate_tokens(tokens: Tokens, weights: Mapping[str, int]) -> dict[str, Tokens]:
    """Each name's part of the tokens by its weight, kind by kind, in whole tokens that sum to the total."""
    one = Decimal(1)
    kinds = [
        allocate(Decimal(amount), weights, one)
        for amount in (tokens.fresh, tokens.cache_read, tokens.cache_write, tokens.output)
    ]
    return {name: Tokens(*(int(kind[name]) for kind in kinds)) for name in weights}
