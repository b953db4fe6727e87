"""What a policy answers: allow, ask or deny, and which rules said so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The three answers, strongest last."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


_STRENGTH = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 2}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One rule's view of one request."""

    verdict: Verdict
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request: the strongest opinion, and every rule that held it."""

    verdict: Verdict
    rules: tuple[str, ...]
    reason: str
    reasons: tuple[str, ...] = field(default=(), compare=False)
    """Of each of the rules, in their order."""

    @property
    def allowed(self) -> bool:
        """Whether the effect may happen without asking a person."""
        return self.verdict is Verdict.ALLOW


def strongest(opinions: list[Opinion]) -> Decision:
    """The decision that these opinions make: deny over ask over allow; nobody speaking is a denial."""
    if not opinions:
        return Decision(Verdict.DENY, ("default-deny",), "No rule allows this.")
    verdict = max((opinion.verdict for opinion in opinions), key=_STRENGTH.__getitem__)
    holding = [opinion for opinion in opinions if opinion.verdict is verdict]
    return Decision(
        verdict,
        tuple(opinion.rule for opinion in holding),
        holding[0].reason,
        tuple(opinion.reason for opinion in holding),
    )
