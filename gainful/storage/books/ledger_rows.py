"""Reads entries, balances and reservations from the tables, inside a connection of the caller's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.sql import Select

from gainful.core.chain import GENESIS
from gainful.core.money import Money
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import CALL, Posting, instant
from gainful.ledger.outcome import Outcome
from gainful.ledger.reservation import Reservation
from gainful.storage.schema import balances, entries, postings, work_items

CHUNK = 500
"""Entries read, and keys asked for, at a time."""


# Each is asked for every entry that is booked, so they are put together once.
_LAST_LINK = select(entries.c.seq, entries.c.digest).order_by(entries.c.seq.desc()).limit(1)
_BALANCES = select(balances).where(balances.c.account.in_(bindparam("accounts", expanding=True)))
_LINES = (
    select(postings)
    .where(postings.c.entry_seq.in_(bindparam("seqs", expanding=True)))
    .order_by(postings.c.entry_seq, postings.c.line)
)


def last_link(connection: Connection) -> tuple[int, str]:
    """Number and digest of the last entry."""
    row = connection.execute(_LAST_LINK).first()
    return (row.seq, row.digest) if row else (0, GENESIS)


def balances_of(connection: Connection, stems: Sequence[str]) -> dict[str, dict[str, Decimal]]:
    """The balances over all time of the accounts of these budgets, by account and unit."""
    accounts = [f"{stem}:{account}" for stem in stems for account in ("granted", "held", "spent")]
    totals: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for start in range(0, len(accounts), CHUNK):
        for row in connection.execute(_BALANCES, {"accounts": accounts[start : start + CHUNK]}):
            totals[row.account][row.unit] += stored_amount(row.amount)
    return {account: dict(units) for account, units in totals.items()}


def anything_held(connection: Connection) -> bool:
    """Whether any account of held money is not empty: saves looking through the entries in the usual case."""
    totals: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    # What was held and settled on one day leaves a zero: the usual row, and not worth reading.
    held = balances.c.account.like("budget:%:held") & (balances.c.amount != "0")
    for row in connection.execute(select(balances).where(held)):
        totals[row.account, row.unit] += stored_amount(row.amount)
    return any(totals.values())


def reservations(connection: Connection, condition: Any) -> list[Reservation]:
    """The reservations whose `reserve` entries meet the condition, oldest first."""
    return [
        _reservation(entry)
        for entry in read_entries(connection, select(entries).where(condition).order_by(entries.c.seq))
    ]


def _reservation(entry: Recorded) -> Reservation:
    held = [posting for posting in entry.postings if posting.account.endswith(":held")]
    money = next((posting for posting in held if posting.unit != CALL), None)
    return Reservation(
        key=entry.key.removesuffix(":reserve"),
        accounts=tuple(dict.fromkeys(posting.account.removesuffix(":held") for posting in held)),
        held=Money(money.amount, money.unit) if money else Money(0),
        what=entry.memo,
        run_id=entry.run_id,
        at=datetime.fromisoformat(entry.at),
    )


def filtered(since: datetime | None, until: datetime | None, run: str, work_item: str) -> Select[Any]:
    """A query for the entries of this time, run and work item; what is empty does not filter."""
    query = select(entries)
    if since is not None:
        query = query.where(entries.c.at >= instant(since))
    if until is not None:
        query = query.where(entries.c.at < instant(until))
    if run:
        query = query.where(entries.c.run_id == run)
    if work_item:
        touched = select(postings.c.entry_seq).where(postings.c.work_item == work_item)
        query = query.where((entries.c.work_item == work_item) | entries.c.seq.in_(touched))
    return query


def all_entries(connection: Connection, last: int) -> Iterator[Recorded]:
    """Every entry in order, read in chunks within one view of the database."""
    seq = 0
    while seq < last:
        chunk = read_entries(
            connection, select(entries).where(entries.c.seq > seq).order_by(entries.c.seq).limit(CHUNK)
        )
        if not chunk:
            return
        yield from chunk
        seq = chunk[-1].seq


def read_entries(connection: Connection, query: Select[Any]) -> list[Recorded]:
    """The entries of this query with their postings."""
    heads = connection.execute(query).all()
    lines: defaultdict[int, list[Posting]] = defaultdict(list)
    for start in range(0, len(heads), CHUNK):
        seqs = [head.seq for head in heads[start : start + CHUNK]]
        for row in connection.execute(_LINES, {"seqs": seqs}):
            lines[row.entry_seq].append(Posting(row.account, stored_amount(row.amount), row.unit, row.work_item))
    return [
        Recorded(
            seq=head.seq,
            key=head.key,
            kind=head.kind,
            at=head.at,
            postings=tuple(lines[head.seq]),
            run_id=head.run_id,
            work_item=head.work_item,
            memo=head.memo,
            previous=head.previous,
            digest=head.digest,
        )
        for head in heads
    ]


def stored_amount(stored: str) -> Decimal:
    """The amount of stored text. What is no number counts as zero: its entry then fails the chain and the balance."""
    try:
        amount = Decimal(stored)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def states_of(connection: Connection, items: Sequence[str]) -> dict[str, Outcome]:
    """The outcomes of those work items that the books know."""
    states: dict[str, Outcome] = {}
    for start in range(0, len(items), CHUNK):
        query = select(work_items.c.id, work_items.c.outcome).where(work_items.c.id.in_(items[start : start + CHUNK]))
        states |= {row.id: Outcome(row.outcome) for row in connection.execute(query)}
    return states
