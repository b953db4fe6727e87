"""What another system says about one outcome, as one JSON object: the form of webhooks and of files.

    read(content, "desk", now)       # the facts that it comes to, and what it is known by

    {"id": "e-7", "event": "accept", "at": "2026-11-29T09:00:00Z", "item": "T-812", "by": "ann@example.org"}

`claim`, `accept`, `reject`, `verify` and `reverse` are told of any item. `opened`, `claimed`, `closed`, `declined` and
`reopened` are what happens to a ticket; see `gainful.intake.judges.ticket` for its rule. The same id from the same
system is the same event, whenever it comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gainful.core.errors import Invalid
from gainful.core.fact import SYSTEM, Fact
from gainful.core.fact_json import FactInvalid, fact_from
from gainful.core.value import Json
from gainful.intake.judges import ticket

OUTCOMES = ("claim", "accept", "reject", "verify", "reverse")
FIELDS = frozenset(
    {"id", "event", "at", "item", "by", "run", "minutes", "requester", "work_class", "team", "before", "after", "share",
     "money", "why", "cost", "claimant", "closed_at"}
)  # fmt: skip
AHEAD = timedelta(minutes=5)
"""How far the other system's clock may be ahead."""

WORK_CLASS = "other"
"""Of an item whose system does not say what class of work it is."""


class OutcomeInvalid(Invalid):
    """What a system says of an outcome cannot be read: a field is missing, unknown or of a wrong form."""

    code = "outcome-invalid"


def read(content: object, system: str, now: datetime) -> tuple[str, list[Fact]]:
    """What an event is known by, and the facts that it comes to.

    Args:
        system: The name of who says so; it is part of every key, and of every piece of evidence.

    Raises:
        OutcomeInvalid: It is none; says which field and why.
    """
    if not isinstance(content, Mapping):
        raise OutcomeInvalid("An event about an outcome is a JSON object.", _SEE)
    unknown = sorted(str(name) for name in content if name not in FIELDS)
    if unknown:
        raise OutcomeInvalid(f"An event about an outcome has no '{unknown[0][:40]}'.", _SEE)
    id_, event = _word(content, "id"), _word(content, "event")
    _word(content, "item")
    if event not in (*OUTCOMES, *ticket.EVENTS):
        known = ", ".join((*OUTCOMES, *ticket.EVENTS))
        raise OutcomeInvalid(f"'{event[:40]}' is no event.", f"Use one of: {known}.")
    told = {**content, "at": content.get("at", now.isoformat())}
    try:
        facts = [_fact(fields, f"{system}:{id_}") for fields in _facts(told, event, f"{SYSTEM}{system}")]
    except FactInvalid as error:
        raise OutcomeInvalid(f"The event '{event}' cannot be read: {error.what}", _SEE) from None
    if any(fact.at > now + AHEAD for fact in facts):
        raise OutcomeInvalid("The event lies in the future.", "Check the clocks of both machines.")
    return id_, facts


_SEE = "See docs/how-to/outcomes.md."
_Fields = dict[str, Json]


def _word(content: Mapping[str, object], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise OutcomeInvalid(f"An event about an outcome needs '{name}', a text of at most 200 characters.", _SEE)
    return value


def _fact(fields: _Fields, key: str) -> Fact:
    part = fields.pop("part", fields["kind"])
    # Whoever wanted an item is said once; what is said later changes nothing.
    own = f"{key.partition(':')[0]}:item:{fields['id']}" if fields["kind"] == "work_item" else f"{key}:{part}"
    return fact_from({**fields, "key": f"outcome:{own}"})


def _facts(told: Mapping[str, Json], event: str, system: str) -> Iterator[_Fields]:
    requester = told.get("requester") or (told.get("by", system) if event == "opened" else "")
    if requester:
        usual = ticket.WORK_CLASS if event in ticket.EVENTS else WORK_CLASS
        wanted: _Fields = {"requester": requester, "work_class": told.get("work_class", usual), **_given(told, "team")}
        yield {"kind": "work_item", "at": told["at"], "id": told["item"], **wanted}
    if event in ticket.EVENTS:
        yield from ticket.facts_of(told, event, system)
        return
    common: _Fields = {"at": told["at"], "work_item": told["item"]}
    if event == "claim":
        yield {"kind": "claim", **common, "claimant": told.get("by", ""), **_given(told, "run", "minutes")}
    elif event in ("accept", "reject"):
        yield {"kind": "verdict", **common, "by": told.get("by", system), "accepted": event == "accept"}
    elif event == "reverse":
        yield {"kind": "reversal", **common, "by": told.get("by", system), **_given(told, "why", "cost")}
    else:
        yield {"kind": "evidence", **common, "system": system, "what": "survived", **_given(told, "share", "by")}
    if event in ("claim", "accept", "verify"):
        yield from _evidence(told, common, system)


def _evidence(told: Mapping[str, Json], common: _Fields, system: str) -> Iterator[_Fields]:
    """What it changed and what it brought, as far as that is told."""
    if "after" in told:
        changed = _given(told, "before", "after", "by")
        yield {"kind": "evidence", "part": "effect", **common, "system": system, "what": "effect", **changed}
    if "money" in told:
        brought = _given(told, "money", "by")
        yield {"kind": "evidence", "part": "money", **common, "system": system, "what": "money", **brought}


def _given(told: Mapping[str, Json], *names: str) -> _Fields:
    return {name: told[name] for name in names if name in told}
