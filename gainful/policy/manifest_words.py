"""A manifest in sentences: what it grants, what it never does, how far it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from gainful.core.tool import Act, ToolSpec
from gainful.policy.manifest import Manifest, Spending, ToolGrant

GRAVE = (Act.SEND, Act.SHARE, Act.PAY, Act.DELETE, Act.DEPLOY, Act.FETCH, Act.ADMINISTER)
"""What a person asks first whether an agent may do it."""


def never(manifest: Manifest, tools: Mapping[str, ToolSpec]) -> str:
    """What the agent may never do, in a sentence or two."""
    granted = [grant.tool for grant in (*manifest.reads, *manifest.effects)]
    others = "use any tool that is not named above."
    unknown = sorted({name for name in granted if name not in tools})
    if unknown:
        return f"It may never {others} What {', '.join(unknown)} can do is not known here."
    acts = {tools[name].act for name in granted}
    barred = [str(act) for act in GRAVE if act not in acts]
    return f"It may never {_or(barred)}, nor {others}" if barred else f"It may never {others}"


def conditions(grant: ToolGrant) -> str:
    """What a call must fit, and how often it may be made."""
    parts = [f"{name}: {', '.join(patterns) or 'nothing'}" for name, patterns in grant.arguments.items()]
    parts += [f"{name} at most {most}" for name, most in grant.at_most.items()]
    parts += [f"{_often(grant.per_run)} a run"] if grant.per_run is not None else []
    parts += [f"{_often(grant.per_day)} a day"] if grant.per_day is not None else []
    parts = parts or ["any arguments"]
    # Last, so that it stands by itself: it is what the owner lets pass without being asked.
    parts += [f"unasked with words from {', '.join(grant.words_from)}"] if grant.words_from else []
    return "; ".join(parts)


def limits(manifest: Manifest) -> list[str]:
    """How long a run may go on, and what it may spend."""
    most = manifest.limits
    lines = [
        f"One run: {_plural(most.steps, 'call')}, {_plural(most.minutes, 'minute')}, the same call "
        f"{_plural(most.same_call, 'time')}, {_plural(most.refusals, 'refusal')}; "
        f"{_plural(most.hops, 'hop')} away from a person.",
    ]
    for period in ("run", "month"):
        spending = getattr(manifest.budgets, period)
        if spending.money is not None or spending.calls is not None:
            lines.append(f"It may spend {_spending(spending)} a {period}.")
    return lines


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _spending(spending: Spending) -> str:
    parts = [f"{_decimal(spending.money)} USD"] if spending.money is not None else []
    parts += [_plural(spending.calls, "call")] if spending.calls is not None else []
    return " and ".join(parts)


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times:,} times"


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one if count == 1 else one + 's'}"


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
