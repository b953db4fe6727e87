"""What people have to do themselves to mend a finding, in Gainful and in other products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gainful.worth.finding import Fix, Remedy

_HERE: Final[Mapping[Remedy, str]] = {
    Remedy.PAUSE: "Stop it: `gainful stop {target}`.",
    Remedy.ON_CHANGE: (
        "Let '{target}' run when something has changed: put `wake: changed` on its triggers, let it `gather` what it "
        "looks at, and enable it again; see docs/how-to/triggers.md."
    ),
    Remedy.BUDGET: "Set a budget: `gainful budget set agent:{target} AMOUNT`.",
    Remedy.MERGE: (
        "Worth counts the parts as the one item that they are already. Let whoever cuts items up report `part_of` with "
        "each part, or claim the whole once."
    ),
    Remedy.ASK_ANOTHER: (
        "Let somebody outside the circle verify: `gainful audit next --by PERSON` draws items for somebody of another "
        "team."
    ),
    Remedy.DECLARE: (
        "Report which work item its runs were for (`work_item`), or declare what it tries out beforehand, with a "
        "budget and an end (`exploration`); see docs/how-to/events.md."
    ),
    Remedy.DOCUMENT: "Point people to the document, and let the agent answer with its link before it asks a model.",
    Remedy.SHORTEN: (
        "Give '{target}' what the task needs and no more: attach parts of files, search and read instead of pasting, "
        "and begin a new conversation for a new item."
    ),
    Remedy.LOOK: "Look at the items that the finding names. Nothing is safe to do by itself.",
}

_ELSEWHERE: Final[Mapping[Remedy, str]] = {
    Remedy.PAUSE: "Take away what starts '{target}' in {tool}: its schedule, its hook, or the job that calls it.",
    Remedy.ON_CHANGE: (
        "Where '{target}' is started in {tool}, compare what it would be given with the last time first, and start it "
        "only where that differs; a digest in a file is enough. Or start it from the event instead of the clock."
    ),
    Remedy.BUDGET: "Cap what '{target}' may spend in {tool}{amount}.",
}
"""For products that Gainful does not run. What is not here is the same everywhere."""

_BUDGETS: Final[Mapping[str, str]] = {
    "litellm": "Set `max_budget` and `budget_duration` on the key or the team that '{target}' uses in LiteLLM{amount}.",
}


def to_do(fix: Fix) -> str:
    """What a person does in Gainful, or wherever the work is reported from."""
    return _HERE[fix.remedy].format(target=fix.target)


def elsewhere(fix: Fix, tool: str) -> str:
    """What a person does in another product.

    Args:
        tool: As it was reported, such as `claude-code`; empty where nobody said.
    """
    text = _ELSEWHERE.get(fix.remedy)
    if text is None:
        return to_do(fix)
    if fix.remedy is Remedy.BUDGET:
        text = _BUDGETS.get(tool, text)
    amount = f": {fix.detail} USD a month is what it does otherwise" if fix.detail else ""
    return text.format(target=fix.target, tool=tool or "the product that runs it", amount=amount)
