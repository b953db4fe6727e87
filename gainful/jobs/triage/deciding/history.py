"""What the person made of earlier mail from the same sender, domain or thread."""

from __future__ import annotations

from collections.abc import Mapping

from gainful.jobs.triage.deciding.facts import Facts
from gainful.jobs.triage.deciding.rules import Signs, Verdict

_MACHINE_DOUBT = 0.4
_PERSON_DOUBT = 3.0
_DOMAIN_DOUBT = 1.2


def posterior(truths: Mapping[str, int], label: str, doubt: float) -> float:
    """The expected share of a label after these truths, starting from `doubt` observations that say nothing.

    The mean of a Beta distribution: (count + doubt/8) / (total + doubt), as eight labels start out equal.
    """
    return (truths.get(label, 0) + doubt / 8) / (sum(truths.values()) + doubt)


def history_verdict(facts: Facts, signs: Signs) -> Verdict | None:
    """What the history says, or None without one. A sender that failed authentication has no history.

    A machine keeps sending the same kind of mail, so a few truths settle it; a person does not, so it takes many.
    Of a thread only the machine kind is inherited: people change the subject, ask and thank within one thread.
    """
    if signs.forged:
        return None
    sender = facts.sender
    if sender.truths:
        doubt = _PERSON_DOUBT if signs.by_person else _MACHINE_DOUBT
        return _verdict(sender.truths, doubt, "mail from this sender")
    if sender.domain_truths and not signs.by_person:
        return _verdict(sender.domain_truths, _DOMAIN_DOUBT, "mail from this domain")
    return None


def _verdict(truths: Mapping[str, int], doubt: float, what: str) -> Verdict:
    label, count = min(truths.items(), key=lambda item: (-item[1], item[0]))
    total = sum(truths.values())
    times = "once" if count == 1 else f"{count} times"
    share = f"You called {what} this {times}" + (f", out of {total}" if total > count else "")
    return Verdict(label, posterior(truths, label, doubt), share)


def contradicts(truths: Mapping[str, int], label: str) -> bool:
    """Whether the person's own truths for the sender speak against a label: most of them are something else."""
    return 2 * truths.get(label, 0) < sum(truths.values())
