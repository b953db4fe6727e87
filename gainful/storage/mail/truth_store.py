"""What people did and what was learned from it: truths, own sent mail, correspondents, model states."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, func, insert, select, update

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import SentMail
from gainful.storage.database import reading, transaction
from gainful.storage.gate.effect_store import chunked
from gainful.storage.schema import correspondents, mails, models, sent, truths


class TruthStore:
    """Evidence and what was learned from it, by account."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, acts: Sequence[Truth]) -> list[Truth]:
        """Record acts; those whose key is known are left out of the answer."""
        if not acts:
            return []
        with transaction(self._engine) as connection:
            known = {
                key
                for chunk in chunked(act.key for act in acts)
                for key in connection.scalars(select(truths.c.key).where(truths.c.key.in_(chunk)))
            }
            fresh = {act.key: act for act in acts if act.key not in known}
            if fresh:
                connection.execute(insert(truths), [_truth_row(act) for act in fresh.values()])
        return list(fresh.values())

    def judgements(self, account: str, after: int = 0) -> list[Truth]:
        """All acts about this account's mail, recorded after `seq`, oldest first."""
        query = (
            select(truths)
            .join(mails, mails.c.id == truths.c.mail_id)
            .where(mails.c.account == account, truths.c.seq > after)
            .order_by(truths.c.seq)
        )
        with reading(self._engine) as connection:
            return [_truth(row) for row in connection.execute(query)]

    def about(self, mail_ids: Collection[str]) -> dict[str, list[Truth]]:
        """All acts about these mails, oldest first."""
        found: dict[str, list[Truth]] = {}
        with reading(self._engine) as connection:
            for chunk in chunked(mail_ids):
                query = select(truths).where(truths.c.mail_id.in_(chunk)).order_by(truths.c.seq)
                for row in connection.execute(query):
                    found.setdefault(row.mail_id, []).append(_truth(row))
        return found

    def since(self, account: str | None, at: datetime) -> list[Truth]:
        """All acts since then, oldest first."""
        query = select(truths).where(truths.c.at >= at.isoformat()).order_by(truths.c.seq)
        if account is not None:
            query = query.join(mails, mails.c.id == truths.c.mail_id).where(mails.c.account == account)
        with reading(self._engine) as connection:
            return [_truth(row) for row in connection.execute(query)]

    def label_counts(self, account: str) -> list[tuple[str, str, str, int]]:
        """How often the person gave each label: (sender address, thread, label, count)."""
        query = (
            select(mails.c.from_addr, mails.c.thread, truths.c.label, func.count())
            .join(mails, mails.c.id == truths.c.mail_id)
            .where(mails.c.account == account, truths.c.label != "")
            .group_by(mails.c.from_addr, mails.c.thread, truths.c.label)
        )
        with reading(self._engine) as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]

    def put_back_from(self, account: str, addresses: Collection[str]) -> set[str]:
        """Those of these senders whose mail the person has moved back into the inbox."""
        found: set[str] = set()
        with reading(self._engine) as connection:
            for chunk in chunked(addresses):
                query = (
                    select(mails.c.from_addr)
                    .join(mails, mails.c.id == truths.c.mail_id)
                    .where(mails.c.account == account, mails.c.from_addr.in_(chunk))
                    .where(truths.c.source == Source.MOVED_BACK)
                    .distinct()
                )
                found.update(connection.scalars(query))
        return found

    # --- own sent mail ---

    def add_sent(self, account: str, items: Sequence[SentMail]) -> None:
        """Record the owner's sent mail and whom it went to; known mails are left as they are."""
        with transaction(self._engine) as connection:
            known = {
                id_
                for chunk in chunked(item.message_id for item in items)
                for id_ in connection.scalars(
                    select(sent.c.message_id).where(sent.c.account == account, sent.c.message_id.in_(chunk))
                )
            }
            fresh = {item.message_id: item for item in items if item.message_id not in known}
            if fresh:
                connection.execute(insert(sent), [_sent_row(account, item) for item in fresh.values()])
            for item in fresh.values():
                for address in item.recipients:
                    _count_correspondent(connection, account, address)

    def written_to(self, account: str, addresses: Collection[str]) -> dict[str, int]:
        """How often the owner wrote to each of these addresses; those never written to are left out."""
        counts: dict[str, int] = {}
        with reading(self._engine) as connection:
            for chunk in chunked(addresses):
                here = and_(correspondents.c.account == account, correspondents.c.address.in_(chunk))
                query = select(correspondents.c.address, correspondents.c.written).where(here)
                counts.update({row.address: row.written for row in connection.execute(query)})
        return counts

    def own_threads(self, account: str, threads: Collection[str]) -> set[str]:
        """Those of these conversations in which the owner has written."""
        found: set[str] = set()
        with reading(self._engine) as connection:
            for chunk in chunked(threads):
                for column in (sent.c.thread, sent.c.message_id):
                    query = select(column).where(sent.c.account == account, column.in_(chunk))
                    found.update(connection.scalars(query))
        return found

    # --- what was learned ---

    def model(self, account: str, kind: str) -> tuple[bytes, int] | None:
        """A model's state and the last `Truth.seq` it has learned from."""
        query = select(models.c.state, models.c.trained_to).where(models.c.account == account, models.c.kind == kind)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.state, row.trained_to) if row else None

    def save_model(self, account: str, kind: str, state: bytes, trained_to: int, at: datetime) -> None:
        """Replace a model's state."""
        with transaction(self._engine) as connection:
            connection.execute(delete(models).where(models.c.account == account, models.c.kind == kind))
            row: Mapping[str, object] = {
                "account": account,
                "kind": kind,
                "state": state,
                "trained_to": trained_to,
                "updated_at": at.isoformat(),
            }
            connection.execute(insert(models), [row])


def _count_correspondent(connection: Connection, account: str, address: str) -> None:
    here = and_(correspondents.c.account == account, correspondents.c.address == address)
    changed = connection.execute(update(correspondents).where(here).values(written=correspondents.c.written + 1))
    if not changed.rowcount:
        connection.execute(insert(correspondents), [{"account": account, "address": address, "written": 1}])


def _sent_row(account: str, item: SentMail) -> dict[str, object]:
    return {
        "account": account,
        "message_id": item.message_id,
        "in_reply_to": item.in_reply_to,
        "thread": item.thread,
        "draft_of": item.draft_of,
        "body_digest": item.body_digest,
        "at": item.at.isoformat(),
    }


def _truth_row(act: Truth) -> dict[str, object]:
    return {
        "mail_id": act.mail_id,
        "run_id": act.run_id,
        "label": act.label,
        "verdict": act.standing,
        "source": act.source,
        "detail": act.detail,
        "key": act.key,
        "at": act.at.isoformat(),
    }


def _truth(row: Row[Any]) -> Truth:
    return Truth(
        key=row.key,
        mail_id=row.mail_id,
        standing=Standing(row.verdict),
        source=Source(row.source),
        at=datetime.fromisoformat(row.at),
        label=row.label,
        run_id=row.run_id,
        detail=row.detail,
        seq=row.seq,
    )
