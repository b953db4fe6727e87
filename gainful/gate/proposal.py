"""A proposal: one exact effect, as a person is asked about it.

    proposal = Proposal("assistant", run_id, "step 3", "mail.send", {"to": ["ada@example.org"], "body": "Hi"}, "7f3a…")
    proposal.digest                     # SHA-256 over everything that will happen
    proposal.edited({"body": "Hello"})  # the same effect with the person's words, and therefore another digest

The bound part (who, in which run and step, which tool, with which arguments, under which manifest, with which
attachments) is what the digest covers. The rest helps the person to judge and changes nothing about what is approved.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gainful.core.errors import Invalid
from gainful.core.label import TYPED, Label, label_from

DOMAIN = b"gainful effect, version 1\x00"
"""Before every effect that is hashed: no other thing that is hashed here can have the digest of an effect."""

DEEPEST = 40
"""Lists and records within each other that an argument may have."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ProposalInvalid(Invalid):
    """An effect holds something that has no one written form, so nobody can approve it."""

    code = "proposal-invalid"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person is asked: the rule's id, and a sentence."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is shown beside an effect, for the person to judge it by. None of it is approved.

    Args:
        act: In a word, such as `send`.
        effect: How far it reaches, such as `egress`.
        roles: What an argument is for, by its name: `target`, `content`, `amount`, `option`.
        labels: Where an argument came from, by its name, or of one item in a list: `to[1]`.
        derivations: How an argument came about, by its name, such as `the id of the largest file in that listing`.
        before: The text that an argument replaces, by its name; shown as a difference.
        reasons: Why the person is asked.
        undo: How to take it back; empty when it cannot be.
    """

    act: str = ""
    effect: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Label] = field(default_factory=dict)
    derivations: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    undo: str = ""


@dataclass(frozen=True)
class Proposal:
    """One exact effect.

    Args:
        step: Of the run, such as `step 3`: the same call in another step is another effect.
        arguments: As the tool will get them; JSON. Copied, so that what the caller does later changes nothing here.
        manifest: Version or digest of the agent's manifest.
        attachments: SHA-256 of each attached content, in hex, by name.
        explanation: Shown, not approved.

    Raises:
        ProposalInvalid: Something has no one written form: NaN, half a character, a key that is no text.
    """

    agent: str
    run_id: str
    step: str
    tool: str
    arguments: Mapping[str, Any]
    manifest: str
    attachments: Mapping[str, str] = field(default_factory=dict)
    explanation: Explanation = Explanation()

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", json.loads(canonical(self.arguments)))
        object.__setattr__(self, "attachments", dict(self.attachments))
        for name, digest in self.attachments.items():
            if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
                raise ProposalInvalid(
                    f"The attachment '{name}' has no SHA-256 of 64 small hexadecimal digits.",
                    "Hash the attachment's content, then propose the effect again.",
                )

    @property
    def digest(self) -> str:
        """SHA-256 of the bound part, in hex."""
        return hashlib.sha256(DOMAIN + canonical(self.bound())).hexdigest()

    def bound(self) -> dict[str, Any]:
        """What is approved: everything that decides what happens."""
        return {
            "agent": self.agent,
            "run_id": self.run_id,
            "step": self.step,
            "tool": self.tool,
            "arguments": self.arguments,
            "manifest": self.manifest,
            "attachments": self.attachments,
        }

    def edited(self, changed: Mapping[str, Any]) -> Proposal:
        """The effect with arguments that a person wrote in place of these; they count as typed by them."""
        shown = self.explanation
        derivations = {name: text for name, text in shown.derivations.items() if _argument(name) not in changed}
        labels = {path: label for path, label in shown.labels.items() if _argument(path) not in changed}
        labels |= dict.fromkeys(changed, TYPED)
        explanation = replace(shown, derivations=derivations, labels=labels)
        return replace(self, arguments={**self.arguments, **changed}, explanation=explanation)

    def as_json(self) -> dict[str, Any]:
        """Everything, as it is stored and shown."""
        shown = self.explanation
        return {
            **self.bound(),
            "act": shown.act,
            "effect": shown.effect,
            "roles": dict(shown.roles),
            "labels": {name: label.as_json() for name, label in shown.labels.items()},
            "derivations": dict(shown.derivations),
            "before": dict(shown.before),
            "reasons": [{"rule": reason.rule, "sentence": reason.sentence} for reason in shown.reasons],
            "undo": shown.undo,
        }


def proposal_from(stored: Mapping[str, Any]) -> Proposal:
    """The proposal that `Proposal.as_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: It is not one.
    """
    explanation = Explanation(
        act=stored["act"],
        effect=stored["effect"],
        roles=stored["roles"],
        labels={name: label_from(label) for name, label in stored["labels"].items()},
        derivations=stored["derivations"],
        before=stored["before"],
        reasons=tuple(Reason(reason["rule"], reason["sentence"]) for reason in stored["reasons"]),
        undo=stored["undo"],
    )
    bound = ("agent", "run_id", "step", "tool", "arguments", "manifest", "attachments")
    return Proposal(**{name: stored[name] for name in bound}, explanation=explanation)


def canonical(value: Any) -> bytes:
    """The one written form of a JSON value: sorted keys, no idle space, UTF-8, each character as it was given.

    `1`, `1.0`, `true` and `"1"` differ, and so do letters that look alike or are composed in another way.

    Raises:
        ProposalInvalid: It has none.
    """
    _check(value, "the effect", 0)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, TypeError) as error:
        raise ProposalInvalid(f"The effect cannot be written down: {error}.", "Give the tool plain JSON.") from None


def _check(value: Any, where: str, depth: int) -> None:
    """Refuse what JSON would write in the same way as something else, or not at all."""
    if depth > DEEPEST:
        raise ProposalInvalid(f"{where[:200]} is nested more than {DEEPEST} deep.", "Give the tool flatter arguments.")
    if isinstance(value, Mapping):
        if not isinstance(value, dict):
            raise ProposalInvalid(f"{where} is a {type(value).__name__}, which is not JSON.", "Give a plain record.")
        for name, part in value.items():
            # JSON writes the key 1 as "1".
            if not isinstance(name, str):
                raise ProposalInvalid(f"{where} has a key that is no text: {name!r}.", "Give records text keys.")
            _check(part, f"'{name}'", depth + 1)
    elif isinstance(value, list | tuple):
        for part in value:
            _check(part, f"an item of {where}", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ProposalInvalid(f"{where} is {value}, which is no number.", "Give the tool a finite number.")
    elif value is not None and not isinstance(value, bool | int | float | str):
        raise ProposalInvalid(f"{where} is a {type(value).__name__}, which is not JSON.", "Give the tool plain JSON.")


def _argument(path: str) -> str:
    """`to` of `to[1]`."""
    return path.partition("[")[0]
