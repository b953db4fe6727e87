"""The audit log: who asked for what, what was decided by which rules, who approved, what happened.

    log.append([AuditEvent(now, AuditKind.DECISION, run_id="7h2k9", tool="mail.send", verdict="ask", rules=("send",))])

An entry that cannot be written stops the effect: whoever appends must not act when `append` raises. Entries are chained
(`core.chain`) and their chain is signed now and then (`gate.checkpoint`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from gainful.core.chain import digest_of
from gainful.core.errors import Broken
from gainful.core.value import Json
from gainful.ledger.entry import instant

LONGEST_TEXT = 500
"""Characters of one text that an entry keeps. Of a longer one it keeps the digest: a mail's body is not for the log."""

LARGEST_DETAIL = 64 * 1024
"""Bytes of one entry's detail; of a larger one only the digest is kept."""

DEEPEST = 20
"""Levels of lists and records that a detail keeps."""

_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True, allow_nan=False)


class AuditKind(StrEnum):
    """What an entry is about."""

    DECISION = "decision"
    """A call was asked for, and the policy answered."""
    APPROVAL = "approval"
    """A person was asked, answered, or did not in time."""
    PLAN = "plan"
    """A run was held to a plan."""
    EFFECT = "effect"
    """A call is about to be made. Written before it."""
    RESULT = "result"
    """How a call ended."""
    FINDING = "finding"
    """Something was stopped or noticed, such as a loop."""
    STOP = "stop"
    """A person stopped agents, or let them go on."""
    MANIFEST = "manifest"
    """What an agent may do was changed, or a change was proposed."""
    SECRET = "secret"  # noqa: S105 -- a word, not a password
    """A secret was stored, handed out, rotated or deleted. Its name, never its value."""
    BUDGET = "budget"
    """A limit was set, or reached."""
    PERSON = "person"
    """Somebody said which person a member of a chat is, or took that back."""
    PRIVACY = "privacy"
    """People were taken in, data was handed out, exported or forgotten, or what is old was deleted."""
    ACCESS = "access"
    """Somebody signed in to the console or could not, or who may was changed."""
    CHECKPOINT = "checkpoint"
    """A person had the log signed."""


class AuditEventInvalid(Broken):
    """An event cannot be recorded: its instant has no time zone, or its detail is not JSON."""

    code = "audit-event-invalid"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing to be recorded. What does not apply is empty.

    Args:
        at: Aware instant.
        step: Which part of the run.
        agent: Whose manifest holds: the agent or the job.
        actor: Who acted: a person, or the agent or job itself.
        verdict: The answer: `allow`, `ask`, `deny`; of an approval `accepted`, of a result `done`, and so on.
        rules: Ids of the rules that decided.
        approval: Id of the approval under which it happens.
        effect: Digest of the exact effect.
        detail: What was asked, read and answered, with labels. Never a secret's value, never the text of a mail: long
            texts are replaced by their digest.

    Raises:
        AuditEventInvalid: The instant has no time zone.
    """

    at: datetime
    kind: AuditKind
    run_id: str = ""
    step: str = ""
    agent: str = ""
    actor: str = ""
    tool: str = ""
    verdict: str = ""
    rules: tuple[str, ...] = ()
    approval: str = ""
    effect: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise AuditEventInvalid(f"An audit event of kind '{self.kind}' has no time zone.", "Please report this.")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log: numbered, chained, and not believed to be sound.

    `at` is the stored text (`ledger.entry.instant`); `rules` and `detail` are stored JSON.
    """

    seq: int
    at: str
    kind: str
    run_id: str
    step: str
    agent: str
    actor: str
    tool: str
    verdict: str
    rules: str
    approval: str
    effect: str
    detail: str
    previous: str
    digest: str

    def as_json(self) -> dict[str, Any]:
        """The entry as the export has it."""
        names = (name for name in self.__slots__ if name not in ("rules", "detail"))
        return {
            **{name: getattr(self, name) for name in names},
            "rules": _parsed(self.rules),
            "detail": _parsed(self.detail),
        }


def record(seq: int, event: AuditEvent, previous: str) -> Recorded:
    """The event with its number, its predecessor's digest and its own.

    Raises:
        AuditEventInvalid: The detail is not JSON.
    """
    bare = Recorded(
        seq=seq,
        at=instant(event.at),
        kind=str(event.kind),
        run_id=_field(event.run_id),
        step=_field(event.step),
        agent=_field(event.agent),
        actor=_field(event.actor),
        tool=_field(event.tool),
        verdict=_field(event.verdict),
        rules=_JSON.encode([_field(rule) for rule in event.rules]),
        approval=_field(event.approval),
        effect=_field(event.effect),
        detail=_stored(event.detail),
        previous=previous,
        digest="",
    )
    fields = {name: getattr(bare, name) for name in Recorded.__slots__}
    return Recorded(**{**fields, "digest": digest(bare)})


def digest(recorded: Recorded) -> str:
    """The SHA-256 (hex) that this content should have."""
    return digest_of(
        [
            recorded.seq,
            recorded.at,
            recorded.kind,
            recorded.run_id,
            recorded.step,
            recorded.agent,
            recorded.actor,
            recorded.tool,
            recorded.verdict,
            recorded.rules,
            recorded.approval,
            recorded.effect,
            recorded.detail,
            recorded.previous,
        ]
    )


class AuditLog(Protocol):
    """Where events are recorded. Nothing is ever changed or taken out."""

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Record these events, all or none, in one durable transaction.

        Raises:
            GainfulError: They could not be written. The caller must not act then.
        """


def _field(text: str) -> str:
    """A text fit for a column. Names come from models too: they may be endless, or hold what no database takes."""
    if len(text) > LONGEST_TEXT:
        return f"sha256:{_sha256(text)}"
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _stored(detail: Mapping[str, Json]) -> str:
    try:
        text = _JSON.encode(_condensed(detail, DEEPEST))
    except (TypeError, ValueError) as error:
        raise AuditEventInvalid(f"The detail of an audit event is not JSON: {error}.", "Please report this.") from None
    if len(text) > LARGEST_DETAIL:
        return _JSON.encode({"left out": {"characters": len(text), "sha256": _sha256(text)}})
    return text


def _condensed(value: Json, depth: int) -> Json:
    """The value with each long text replaced by its digest, and nothing in it that JSON lacks."""
    if isinstance(value, str):
        return {"characters": len(value), "sha256": _sha256(value)} if len(value) > LONGEST_TEXT else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping | list | tuple) and not depth:
        return "(nested too deep)"
    if isinstance(value, Mapping):
        return {_field(str(name)): _condensed(part, depth - 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_condensed(part, depth - 1) for part in value]
    return value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(stored: str) -> Json:
    """The JSON of stored text; the text itself when somebody made it something else."""
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):
        return stored
