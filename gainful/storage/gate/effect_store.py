"""The journal of effects on the database; see `gainful.gate.journal.Journal` for what it promises."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, tuple_, update

from gainful.core.mail import Place
from gainful.gate.journal import Effect, Kind, Settled, State
from gainful.storage.database import reading, transaction
from gainful.storage.schema import effects, mails

CHUNK = 400
"""Bound parameters a statement: SQLite allows 32,766, and shorter statements are planned faster."""


class EffectStore:
    """Effects in the order in which they were intended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def states(self, keys: Sequence[str]) -> dict[str, Settled]:
        """The recorded effects among these keys, with their present state."""
        with reading(self._engine) as connection:
            return {
                row.key: _settled(row)
                for chunk in chunked(keys)
                for row in connection.execute(select(effects).where(effects.c.key.in_(chunk)))
            }

    def intend(self, wanted: Sequence[Effect], at: datetime) -> None:
        """Record effects as intended; known keys stay as they are."""
        if not wanted:
            return
        with transaction(self._engine) as connection:
            known = {
                key
                for chunk in chunked([effect.key for effect in wanted])
                for key in connection.scalars(select(effects.c.key).where(effects.c.key.in_(chunk)))
            }
            start = connection.scalar(select(func.coalesce(func.max(effects.c.seq), 0))) or 0
            fresh = {effect.key: effect for effect in wanted if effect.key not in known}
            rows = [_row(effect, start + n, at) for n, effect in enumerate(fresh.values(), start=1)]
            if rows:
                connection.execute(effects.insert(), rows)

    def settle(self, outcomes: Sequence[Settled], at: datetime) -> None:
        """Record how effects ended, where their mails lie now, and mark what they reverse as undone."""
        if not outcomes:
            return
        with transaction(self._engine) as connection:
            for outcome in outcomes:
                self._settle_one(connection, outcome, at)

    def _settle_one(self, connection: Connection, outcome: Settled, at: datetime) -> None:
        effect = outcome.effect
        after = _place_json(outcome.after) if outcome.after else "{}"
        connection.execute(
            update(effects)
            .where(effects.c.key == effect.key)
            .values(state=outcome.state, after=after, note=outcome.note, settled_at=at.isoformat())
        )
        if outcome.state is not State.DONE:
            return
        if effect.reverses:
            undone = update(effects).where(effects.c.key == effect.reverses).values(state=State.UNDONE)
            connection.execute(undone)
        if effect.kind is Kind.MOVE and outcome.after and effect.mail_id:
            place = outcome.after
            connection.execute(
                update(mails)
                .where(mails.c.id == effect.mail_id)
                .values(folder=place.folder, validity=place.validity, uid=place.uid)
            )

    def unsettled(self, account: str) -> list[Effect]:
        """Effects that were intended and never settled, oldest first."""
        return [settled.effect for settled in self._select(effects.c.account == account, state=State.INTENDED)]

    def uncertain(self, account: str) -> list[Settled]:
        """Effects that may or may not have happened, oldest first."""
        return self._select(effects.c.account == account, state=State.UNCERTAIN)

    def done_in(self, run_id: str) -> list[Settled]:
        """Effects of this run that stand, in the order in which they happened."""
        return self._select(effects.c.run_id == run_id, state=State.DONE)

    def of_run(self, run_id: str) -> list[Settled]:
        """Every effect of this run, whatever became of it, in the order in which they were intended."""
        return self._select(effects.c.run_id == run_id)

    def since(self, account: str | None, at: datetime) -> list[Settled]:
        """Every effect intended since then, whatever became of it."""
        condition = effects.c.intended_at >= at.isoformat()
        return self._select(condition if account is None else condition & (effects.c.account == account))

    def done_to(self, mail_id: str) -> list[Settled]:
        """Effects on this mail that stand, in the order in which they happened; not those that took others back."""
        standing = self._select(effects.c.mail_id == mail_id, state=State.DONE)
        # Taking a taking-back back would put the mail away again.
        return [item for item in standing if not item.effect.reverses]

    def standing(self, account: str, kind: Kind, since: datetime) -> list[Settled]:
        """Effects of one kind that stand and were settled since then."""
        recent = effects.c.settled_at >= since.isoformat()
        return self._select((effects.c.account == account) & (effects.c.kind == kind) & recent, state=State.DONE)

    def _select(self, condition: Any, *, state: State | None = None) -> list[Settled]:
        query = select(effects).where(condition).order_by(effects.c.seq)
        if state is not None:
            query = query.where(effects.c.state == state)
        with reading(self._engine) as connection:
            return [_settled(row) for row in connection.execute(query)]

    def taken(self, account: str, places: Sequence[Place]) -> set[Place]:
        """Those of these places that are known to hold a mail already."""
        if not places:
            return set()
        key = tuple_(mails.c.folder, mails.c.validity, mails.c.uid)
        wanted = [(place.folder, place.validity, place.uid) for place in places]
        query = select(mails.c.folder, mails.c.validity, mails.c.uid).where(mails.c.account == account, key.in_(wanted))
        with reading(self._engine) as connection:
            return {Place(*row) for row in connection.execute(query)}


def chunked(items: Iterable[str], size: int = CHUNK) -> list[list[str]]:
    """The items in lists short enough for one statement."""
    everything = list(items)
    return [everything[start : start + size] for start in range(0, len(everything), size)]


def _place_json(place: Place) -> str:
    return json.dumps([place.folder, place.validity, place.uid])


def _row(effect: Effect, seq: int, at: datetime) -> dict[str, object]:
    before = {
        "place": [effect.place.folder, effect.place.validity, effect.place.uid],
        "flags": sorted(effect.flags),
        "message_id": effect.message_id,
        "sha256": effect.sha256,
    }
    intent = {
        "add": effect.add,
        "remove": effect.remove,
        "to": effect.to,
        "reverses": effect.reverses,
        "draft": base64.b64encode(effect.draft).decode() if effect.draft else "",
    }
    return {
        "key": effect.key,
        "seq": seq,
        "run_id": effect.run_id,
        "account": effect.account,
        "mail_id": effect.mail_id,
        "kind": effect.kind,
        "state": State.INTENDED,
        "before": json.dumps(before),
        "intent": json.dumps(intent),
        "intended_at": at.isoformat(),
    }


def _settled(row: Row[Any]) -> Settled:
    before = json.loads(row.before)
    intent = json.loads(row.intent)
    after = json.loads(row.after)
    effect = Effect(
        key=row.key,
        run_id=row.run_id,
        account=row.account,
        mail_id=row.mail_id,
        kind=Kind(row.kind),
        place=Place(*before["place"]),
        message_id=before["message_id"],
        sha256=before["sha256"],
        flags=frozenset(before["flags"]),
        add=tuple(intent["add"]),
        remove=tuple(intent["remove"]),
        to=intent["to"],
        draft=base64.b64decode(intent["draft"]),
        reverses=intent["reverses"],
    )
    return Settled(effect, State(row.state), Place(*after) if after else None, row.note)
