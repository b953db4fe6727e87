"""Who decides how often a planned step happens has a part in each of its arguments, also in those that were typed."""

from __future__ import annotations

from gainful.core.label import TYPED, Integrity, Label
from gainful.core.value import Value, uniform
from gainful.policy.plan import Planned, Progress, plan_from

STRANGER = Label(Integrity.UNTRUSTED, sources=frozenset({"bank"}))


def _amount(loop: str, history: Value) -> Value:
    plan = plan_from(
        {
            "steps": [
                {"name": "history", "tool": "bank.history"},
                {"name": "paid", "tool": "bank.pay", "each": ["t", loop], "arguments": {"amount": "25"}},
            ]
        }
    )
    start = Progress(plan)
    progress = start.after(start.match("bank.history", {}, repeatable=True), history)
    match = progress.match("bank.pay", {"amount": 25})
    assert isinstance(match, Planned)
    return match.arguments["amount"]


PAYMENTS = [{"id": 1, "subject": "refund"}, {"id": 2, "subject": "refund"}]


def test_a_loop_over_what_strangers_wrote_taints_a_typed_argument() -> None:
    history = uniform(PAYMENTS, STRANGER)
    assert _amount("[t for t in history if contains(t.subject, 'refund')]", history).label.tainted


def test_a_loop_over_a_list_of_the_persons_own_does_not() -> None:
    assert not _amount("[t.id for t in history]", uniform(PAYMENTS, TYPED)).label.tainted
