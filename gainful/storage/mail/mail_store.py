"""What is known about mail: where each lies, what was decided, what the person did, what was learned."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Row, and_, bindparam, delete, func, insert, select, update

from gainful.core.errors import Invalid
from gainful.core.mail import Action, Decided, Decision, MailRecord, Means, Place, Priority
from gainful.core.money import Tokens
from gainful.core.redaction import redact
from gainful.storage.database import reading, transaction
from gainful.storage.gate.effect_store import chunked
from gainful.storage.schema import decisions, folders, mails


class NoSuchMail(Invalid):
    """No mail has this id."""

    code = "no-such-mail"


class AmbiguousMail(Invalid):
    """More than one mail's id starts like this."""

    code = "ambiguous-mail"


class MailStore:
    """Mail records and decisions of all accounts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- folders ---

    def folder_state(self, account: str, folder: str) -> tuple[str, str] | None:
        """Validity and last uid up to which this folder was read; None when it never was."""
        query = select(folders.c.validity, folders.c.last_uid).where(
            folders.c.account == account, folders.c.folder == folder
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.validity, row.last_uid) if row else None

    def save_folder_state(self, account: str, folder: str, validity: str, last_uid: str) -> None:
        """Remember how far this folder was read."""
        here = and_(folders.c.account == account, folders.c.folder == folder)
        with transaction(self._engine) as connection:
            connection.execute(delete(folders).where(here))
            row = {"account": account, "folder": folder, "validity": validity, "last_uid": last_uid}
            connection.execute(insert(folders), [row])

    # --- mails ---

    def known(self, account: str, folder: str, validity: str) -> dict[str, tuple[str, bool]]:
        """Id and whether settled, by uid, of the mails known in this folder."""
        query = select(mails.c.uid, mails.c.id, mails.c.settled).where(
            mails.c.account == account, mails.c.folder == folder, mails.c.validity == validity
        )
        with reading(self._engine) as connection:
            return {row.uid: (row.id, bool(row.settled)) for row in connection.execute(query)}

    def add(self, records: Sequence[MailRecord]) -> None:
        """Record mails that were not known; those already known stay as they are."""
        if not records:
            return
        with transaction(self._engine) as connection:
            known = {
                id_
                for chunk in chunked(record.id for record in records)
                for id_ in connection.scalars(select(mails.c.id).where(mails.c.id.in_(chunk)))
            }
            fresh = {record.id: _mail_row(record) for record in records if record.id not in known}
            if fresh:
                connection.execute(insert(mails), list(fresh.values()))

    def relocate(self, places: Mapping[str, Place]) -> None:
        """Note where mails (by id) lie now."""
        if not places:
            return
        statement = (
            update(mails)
            .where(mails.c.id == bindparam("mail"))
            .values(folder=bindparam("f"), validity=bindparam("v"), uid=bindparam("u"))
        )
        rows = [{"mail": id_, "f": p.folder, "v": p.validity, "u": p.uid} for id_, p in places.items()]
        with transaction(self._engine) as connection:
            connection.execute(statement, rows)

    def settle(self, ids: Iterable[str], *, settled: bool = True) -> None:
        """Mark mails as done with, so that later runs leave them alone (or, with False, look again)."""
        with transaction(self._engine) as connection:
            for chunk in chunked(ids):
                connection.execute(update(mails).where(mails.c.id.in_(chunk)).values(settled=settled))

    def get(self, ids: Collection[str]) -> dict[str, MailRecord]:
        """Records by id; unknown ids are left out."""
        with reading(self._engine) as connection:
            return {
                row.id: _record(row)
                for chunk in chunked(ids)
                for row in connection.execute(select(mails).where(mails.c.id.in_(chunk)))
            }

    def find(self, prefix: str) -> MailRecord:
        """The one mail whose id starts with this.

        Raises:
            NoSuchMail, AmbiguousMail: Not exactly one does.
        """
        wanted = prefix.strip().lower()
        query = select(mails).where(mails.c.id.startswith(wanted, autoescape=True)).limit(2)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all() if wanted else []
        if not rows:
            raise NoSuchMail(f"No mail has the id '{prefix}'.", "Ids are in the first column of `gainful triage`.")
        if len(rows) > 1:
            raise AmbiguousMail(f"More than one mail's id starts with '{prefix}'.", "Give one more character of it.")
        return _record(rows[0])

    def by_message_ids(self, account: str, message_ids: Collection[str]) -> dict[str, list[MailRecord]]:
        """Known mails of the account by Message-ID."""
        found: dict[str, list[MailRecord]] = {}
        with reading(self._engine) as connection:
            for chunk in chunked(message_ids):
                query = select(mails).where(mails.c.account == account, mails.c.message_id.in_(chunk))
                for row in connection.execute(query):
                    found.setdefault(row.message_id, []).append(_record(row))
        return found

    def by_hashes(self, account: str, hashes: Collection[str]) -> dict[str, list[MailRecord]]:
        """Known mails of the account by digest of their bytes."""
        found: dict[str, list[MailRecord]] = {}
        with reading(self._engine) as connection:
            for chunk in chunked(hashes):
                query = select(mails).where(mails.c.account == account, mails.c.sha256.in_(chunk))
                for row in connection.execute(query):
                    found.setdefault(row.sha256, []).append(_record(row))
        return found

    def in_folder(self, account: str, folder: str, *, settled: bool, since: datetime) -> list[MailRecord]:
        """Mails last seen in this folder and received since then."""
        query = select(mails).where(
            mails.c.account == account,
            mails.c.folder == folder,
            mails.c.settled == settled,
            mails.c.received_at >= since.isoformat(),
        )
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query)]

    def received_from(self, account: str, addresses: Collection[str]) -> dict[str, int]:
        """How many mails came from each of these addresses."""
        counts: dict[str, int] = {}
        with reading(self._engine) as connection:
            for chunk in chunked(addresses):
                query = (
                    select(mails.c.from_addr, func.count())
                    .where(mails.c.account == account, mails.c.from_addr.in_(chunk))
                    .group_by(mails.c.from_addr)
                )
                counts.update({row[0]: row[1] for row in connection.execute(query)})
        return counts

    # --- decisions ---

    def save_decisions(self, run_id: str, decided: Sequence[Decided]) -> None:
        """Record what a run decided; deciding again in the same run replaces it."""
        if not decided:
            return
        with transaction(self._engine) as connection:
            for chunk in chunked(item.record.id for item in decided):
                same = and_(decisions.c.run_id == run_id, decisions.c.mail_id.in_(chunk))
                connection.execute(delete(decisions).where(same))
            connection.execute(insert(decisions), [_decision_row(run_id, item) for item in decided])

    def decided_in(self, run_id: str, ids: Collection[str] | None = None) -> list[Decided]:
        """What this run decided (about these mails), newest mail first."""
        query = select(mails, decisions).join(mails, mails.c.id == decisions.c.mail_id)
        query = query.where(decisions.c.run_id == run_id).order_by(mails.c.received_at.desc(), mails.c.id)
        with reading(self._engine) as connection:
            if ids is None:
                return [_decided(row) for row in connection.execute(query)]
            return [
                _decided(row)
                for chunk in chunked(ids)
                for row in connection.execute(query.where(decisions.c.mail_id.in_(chunk)))
            ]

    def decided_since(self, account: str | None, since: datetime) -> list[Decided]:
        """The latest decision about each mail decided since then, newest mail first."""
        latest = (
            select(decisions.c.mail_id, func.max(decisions.c.decided_at).label("at"))
            .where(decisions.c.decided_at >= since.isoformat())
            .group_by(decisions.c.mail_id)
            .subquery()
        )
        query = (
            select(mails, decisions)
            .join(mails, mails.c.id == decisions.c.mail_id)
            .join(latest, and_(latest.c.mail_id == decisions.c.mail_id, latest.c.at == decisions.c.decided_at))
            .order_by(mails.c.received_at.desc(), mails.c.id)
        )
        if account is not None:
            query = query.where(mails.c.account == account)
        with reading(self._engine) as connection:
            return [_decided(row) for row in connection.execute(query)]

    def latest_decision(self, mail_id: str, before: datetime | None = None) -> Decided | None:
        """The last decision about this mail (made before then), or None."""
        query = select(mails, decisions).join(mails, mails.c.id == decisions.c.mail_id)
        query = query.where(decisions.c.mail_id == mail_id).order_by(decisions.c.decided_at.desc()).limit(1)
        if before is not None:
            query = query.where(decisions.c.decided_at <= before.isoformat())
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _decided(row) if row else None


def _mail_row(record: MailRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "account": record.account,
        "folder": record.place.folder,
        "validity": record.place.validity,
        "uid": record.place.uid,
        "message_id": record.message_id,
        "sha256": record.sha256,
        "thread": record.thread,
        "from_addr": record.from_addr,
        # A password of this very home that somebody wrote into a subject would otherwise lie here readable.
        "from_name": redact(record.from_name),
        "subject": redact(record.subject),
        "received_at": record.received_at.isoformat(),
        "size": record.size,
        "flags": json.dumps(sorted(record.flags)),
        "problem": record.problem,
        "settled": False,
    }


def _record(row: Row[Any]) -> MailRecord:
    return MailRecord(
        id=row.id,
        account=row.account,
        place=Place(row.folder, row.validity, row.uid),
        message_id=row.message_id,
        sha256=row.sha256,
        thread=row.thread,
        from_addr=row.from_addr,
        from_name=row.from_name,
        subject=row.subject,
        received_at=datetime.fromisoformat(row.received_at),
        size=row.size,
        flags=frozenset(json.loads(row.flags)),
        problem=row.problem,
    )


def _decision_row(run_id: str, item: Decided) -> dict[str, object]:
    decision = item.decision
    tokens = decision.tokens
    return {
        "run_id": run_id,
        "mail_id": item.record.id,
        "labels": json.dumps(decision.labels),
        "probability": decision.probability,
        "needs_reply": decision.needs_reply,
        "priority": decision.priority,
        "action": decision.action,
        "decided_by": decision.decided_by,
        "reason": decision.reason,
        "tokens": json.dumps([tokens.fresh, tokens.cache_read, tokens.cache_write, tokens.output]),
        "cost_usd": f"{decision.cost:f}",
        "scores": json.dumps({label: round(score, 6) for label, score in item.scores.items()}),
        "features": item.features,
        "decided_at": item.decided_at.isoformat(),
    }


def _decided(row: Row[Any]) -> Decided:
    decision = Decision(
        labels=tuple(json.loads(row.labels)),
        probability=row.probability,
        needs_reply=row.needs_reply,
        priority=Priority(row.priority),
        action=Action(row.action),
        decided_by=Means(row.decided_by),
        reason=row.reason,
        tokens=Tokens(*json.loads(row.tokens)),
        cost=Decimal(row.cost_usd),
    )
    decided_at = datetime.fromisoformat(row.decided_at)
    return Decided(_record(row), decision, row.run_id, decided_at, json.loads(row.scores), row.features)
