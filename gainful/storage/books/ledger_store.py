"""The books in SQL: appended in one transaction with their chain and their daily balances.

books = LedgerStore(engine, system_clock)
held = books.reserve([Budget("triage", Money("0.50"))], Money("0.01"), key, "openai:gpt-5-mini", run_id)
books.append([settle(held, actual, tokens, now, {"mail1": 120, "mail2": 80})])

with transaction(engine) as connection:      # a result and its settlement, together or not at all
    connection.execute(...)
    books.append_in(connection, [entry])
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine, and_, bindparam, func, insert, select, update

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.ledger.budget import Budget, Standing, standing
from gainful.ledger.chain import ChainCheck, Recorded, record
from gainful.ledger.checks import run_checks
from gainful.ledger.checks.balanced import Balanced
from gainful.ledger.checks.budgets import Budgets
from gainful.ledger.checks.holds import Holds
from gainful.ledger.checks.open_reservations import OpenReservations
from gainful.ledger.checks.outcomes import Outcomes
from gainful.ledger.checks.rollup import Rollup
from gainful.ledger.entry import OUTCOME, Entry, plain
from gainful.ledger.export import csv_lines, jsonl_lines
from gainful.ledger.finding import Finding
from gainful.ledger.outcome import Outcome
from gainful.ledger.report import Spending, total
from gainful.ledger.reservation import Reservation, accounts_of, reserve_key, reserved, settle_unknown
from gainful.ledger.store import ExportFormat
from gainful.storage.books.ledger_rows import (
    CHUNK,
    all_entries,
    anything_held,
    balances_of,
    filtered,
    last_link,
    read_entries,
    reservations,
    states_of,
    stored_amount,
)
from gainful.storage.database import reading, side_by_side, take_turn
from gainful.storage.schema import balances, entries, postings, runs, work_items
from gainful.storage.server import Turn

SPENDING_KINDS = ("settle", "attention")
"""The kinds of entries by which something is spent; the others only hold, release or judge."""


class LedgerStore:
    """The books of one database. Safe to share between threads; several processes may each have one.

    Args:
        clock: Dates reservations and recoveries.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    # --- writing ----------------------------------------------------------------------------------------------------

    def append(self, new: Iterable[Entry]) -> int:
        """Book these entries, all or none; those whose key is booked already are skipped. Returns how many were new."""
        batch = list(new)
        if not batch:
            return 0
        with side_by_side(self._engine) as connection:
            return self.append_in(connection, batch)

    def append_in(self, connection: Connection, new: Iterable[Entry]) -> int:
        """Book these entries inside the caller's `transaction`."""
        take_turn(connection, Turn.LEDGER)
        return _book(connection, new, last_link(connection))

    def reserve(self, budgets: Sequence[Budget], amount: Money, key: str, what: str, run_id: str = "") -> Reservation:
        """Hold this amount, and one call, in all of these budgets or in none, in one transaction with the check.

        A key that is held already gives the same reservation again and holds nothing more.

        Args:
            budgets: Every budget that covers the call; at least one, each once.
            amount: The most the call can cost; zero for a free one, which still counts as a call.
            key: Idempotency key of the call.
            what: What is called: `PROVIDER:MODEL`, or `tool:NAME`.

        Raises:
            BudgetExceeded: One of them has less left; nothing was booked.
            Invalid: The amount is negative; no budget, or the same one twice; one for each run, and no run.
        """
        with side_by_side(self._engine) as connection:
            return self.reserve_in(connection, budgets, amount, key, what, run_id)

    def reserve_in(
        self,
        connection: Connection,
        budgets: Sequence[Budget],
        amount: Money,
        key: str,
        what: str,
        run_id: str = "",
    ) -> Reservation:
        """`reserve`, inside the caller's `transaction`."""
        take_turn(connection, Turn.LEDGER)
        booked = reservations(connection, entries.c.key == reserve_key(key))
        if booked:
            return booked[0]
        at = self._clock()
        standing_now = balances_of(connection, accounts_of(budgets, at, run_id))
        link = last_link(connection)
        reservation, new = reserved(budgets, standing_now, amount, key, what, at, run_id, link[0])
        _book(connection, new, link)
        return reservation

    def recover(self, dead: Callable[[Reservation], bool]) -> list[Reservation]:
        """Settle the open reservations that are `dead` at their full amount, and name them.

        A crash between the hold and the settlement leaves a call whose cost nobody knows: it is booked at the upper
        bound with the memo "outcome unknown after a crash", never silently freed.
        """
        lost = [reservation for reservation in self.open_reservations() if dead(reservation)]
        at = self._clock()
        self.append(settle_unknown(reservation, at) for reservation in lost)
        return lost

    # --- reading ----------------------------------------------------------------------------------------------------

    def standings(self, budgets: Sequence[Budget], run_id: str = "") -> list[Standing]:
        """How these budgets stand now, in their order; those for each run as they stand in this run.

        Without a run, those stand as at the beginning of one.
        """
        at = self._clock()
        stems = ["" if each.period == "run" and not run_id else each.account(at, run_id) for each in budgets]
        with reading(self._engine) as connection:
            standing_now = balances_of(connection, stems)
        return [standing(budget, stem, standing_now) for budget, stem in zip(budgets, stems, strict=True)]

    def open_reservations(self) -> list[Reservation]:
        """The reservations that nothing has settled or released, oldest first."""
        with reading(self._engine) as connection:
            if not anything_held(connection):
                return []
            settled = entries.alias("settled")
            stem = func.substr(entries.c.key, 1, func.length(entries.c.key) - len("reserve"))
            still_open = ~select(settled.c.seq).where(settled.c.key == stem + "settle").exists()
            return reservations(connection, and_(entries.c.kind == "reserve", still_open))

    def rows(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        run: str = "",
        limit: int | None = None,
        work_item: str = "",
    ) -> Iterator[Recorded]:
        """The entries from `since` (inclusive) to `until` (exclusive), oldest first; `limit` keeps the latest so many.

        Read in chunks, each its own short look: entries never change, so a writer in between does no harm.
        """
        query = filtered(since, until, run, work_item)
        last = 0
        if limit is not None:
            latest = query.with_only_columns(entries.c.seq).order_by(entries.c.seq.desc()).limit(limit)
            with reading(self._engine) as connection:
                seqs = connection.scalars(latest).all()
            if not seqs:
                return
            last = seqs[-1] - 1
        while True:
            with reading(self._engine) as connection:
                chunk = read_entries(connection, query.where(entries.c.seq > last).order_by(entries.c.seq).limit(CHUNK))
            yield from chunk
            if len(chunk) < CHUNK:
                return
            last = chunk[-1].seq

    def spending(self, since: datetime | None = None, until: datetime | None = None, run: str = "") -> Spending:
        """What was spent from `since` to `until`, or by one run: money, tokens, calls and a person's time."""
        query = filtered(since, until, run, "").where(entries.c.kind.in_(SPENDING_KINDS)).order_by(entries.c.seq)
        with reading(self._engine) as connection:
            return total(read_entries(connection, query))

    def costs(self, runs: Sequence[str]) -> dict[str, Money]:
        """What each of these runs cost; without those that cost nothing."""
        cost = (entries.c.kind.in_(SPENDING_KINDS), postings.c.account.startswith("cost"), entries.c.run_id.in_(runs))
        query = select(entries.c.run_id, postings.c.amount, postings.c.unit).join(postings).where(*cost)
        found: dict[str, Money] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                amount = Money(stored_amount(row.amount), row.unit)
                found[row.run_id] = found[row.run_id] + amount if row.run_id in found else amount
        return {run: cost for run, cost in found.items() if cost.amount}

    def balance(self, account: str, unit: str, day: str = "") -> Decimal:
        """An account's balance in one unit: over all time, or the change of one UTC day."""
        query = select(balances.c.amount).where(balances.c.account == account, balances.c.unit == unit)
        if day:
            query = query.where(balances.c.day == day)
        with reading(self._engine) as connection:
            return sum((stored_amount(amount) for amount in connection.scalars(query)), Decimal(0))

    def outcome(self, work_item: str) -> Outcome:
        """How far this work item's outcome has come; EXPECTED when the books do not know it."""
        return self.outcomes([work_item]).get(work_item, Outcome.EXPECTED)

    def outcomes(self, items: Sequence[str]) -> dict[str, Outcome]:
        """The outcomes of those work items that the books know; one query for many."""
        with reading(self._engine) as connection:
            return states_of(connection, items)

    def head(self) -> str:
        """The digest of the last entry: keep it elsewhere to notice a cut-off end."""
        with reading(self._engine) as connection:
            return last_link(connection)[1]

    def verify(self, head: str = "") -> list[Finding]:
        """Everything that is wrong in the books; an empty list when they are sound.

        Args:
            head: A digest known to have been the last one once.
        """
        with reading(self._engine) as connection:
            stored = {
                (row.day, row.account, row.unit): stored_amount(row.amount)
                for row in connection.execute(select(balances))
            }
            ended = set(connection.scalars(select(runs.c.id).where(runs.c.ended_at != "")))
            last = last_link(connection)[0]
            checks = (
                ChainCheck(head),
                Balanced(),
                Holds(),
                Budgets(),
                Outcomes(),
                OpenReservations(ended),
                Rollup(stored),
            )
            return run_checks(all_entries(connection, last), checks)

    def export(
        self, form: ExportFormat, since: datetime | None = None, until: datetime | None = None, run: str = ""
    ) -> Iterator[str]:
        """The entries as lines of text, each with its line end, without holding them all in memory.

        Raises:
            Invalid: The format is neither `csv` nor `jsonl`.
        """
        writers = {"csv": csv_lines, "jsonl": jsonl_lines}
        if form not in writers:
            raise Invalid(f"'{form}' is not an export format.", "Use csv or jsonl.")
        return writers[form](self.rows(since, until, run))


# Each is asked for every entry that is booked, so they are put together once.
_KEYS = select(entries.c.key).where(entries.c.key.in_(bindparam("keys", expanding=True)))
_OF_DAYS = select(balances).where(
    balances.c.day.in_(bindparam("days", expanding=True)), balances.c.account.in_(bindparam("accounts", expanding=True))
)
_CHANGE = (
    update(balances)
    .where(and_(*(balances.c[name] == bindparam(f"at_{name}") for name in ("day", "account", "unit"))))
    .values(amount=bindparam("at_amount"))
)


def _book(connection: Connection, new: Iterable[Entry], link: tuple[int, str]) -> int:
    """Write those of these entries that are not booked yet behind the last one; how many they were."""
    seq, previous = link
    chained: list[Recorded] = []
    for number, entry in enumerate(_unbooked(connection, new), seq + 1):
        chained.append(record(number, entry, previous))
        previous = chained[-1].digest
    if chained:
        _write(connection, chained)
        _roll_up(connection, chained)
        _follow_outcomes(connection, chained)
    return len(chained)


def _unbooked(connection: Connection, new: Iterable[Entry]) -> list[Entry]:
    """The entries whose key is not booked, each key once, in order."""
    by_key: dict[str, Entry] = {}
    for entry in new:
        by_key.setdefault(entry.key, entry)
    keys = list(by_key)
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        for key in connection.scalars(_KEYS, {"keys": some}):
            del by_key[key]
    return list(by_key.values())


def _write(connection: Connection, chained: Sequence[Recorded]) -> None:
    columns = ("seq", "key", "kind", "at", "run_id", "work_item", "memo", "previous", "digest")
    connection.execute(insert(entries), [{name: getattr(entry, name) for name in columns} for entry in chained])
    lines = [
        {
            "entry_seq": entry.seq,
            "line": number,
            "account": posting.account,
            "amount": plain(posting.amount),
            "unit": posting.unit,
            "work_item": posting.work_item,
        }
        for entry in chained
        for number, posting in enumerate(entry.postings)
    ]
    if lines:
        connection.execute(insert(postings), lines)


def _roll_up(connection: Connection, chained: Sequence[Recorded]) -> None:
    """Adds the new postings to the daily balances."""
    changes: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in chained:
        for posting in entry.postings:
            changes[entry.day, posting.account, posting.unit] += posting.amount
    days = {day for day, _, _ in changes}
    accounts = sorted({account for _, account, _ in changes})
    stored: dict[tuple[str, str, str], Decimal] = {}
    for start in range(0, len(accounts), CHUNK):
        some = {"days": sorted(days), "accounts": accounts[start : start + CHUNK]}
        rows = connection.execute(_OF_DAYS, some)
        stored |= {(row.day, row.account, row.unit): stored_amount(row.amount) for row in rows}
    known = [_balance_row(place, stored[place] + change) for place, change in changes.items() if place in stored]
    fresh = [_balance_row(place, change) for place, change in changes.items() if place not in stored]
    if known:
        connection.execute(_CHANGE, known)
    if fresh:
        names = {"day", "account", "unit", "amount"}
        connection.execute(insert(balances), [{name: row[f"at_{name}"] for name in names} for row in fresh])


def _follow_outcomes(connection: Connection, chained: Sequence[Recorded]) -> None:
    """Brings the work items to the outcome that their entries say; items not known yet are opened."""
    changes = {
        posting.work_item: {"item": posting.work_item, "to": posting.account.partition(":")[2], "when": entry.at}
        for entry in chained
        for posting in entry.postings
        if posting.unit == OUTCOME and posting.amount > 0
    }
    known = states_of(connection, list(changes))
    fresh = [change for item, change in changes.items() if item not in known]
    if fresh:
        connection.execute(insert(work_items), [_opened(change) for change in fresh])
    moved = [change for item, change in changes.items() if item in known]
    if moved:
        statement = update(work_items).where(work_items.c.id == bindparam("item"))
        connection.execute(statement.values(outcome=bindparam("to"), settled_at=bindparam("when")), moved)


def _opened(change: dict[str, str]) -> dict[str, str]:
    item = change["item"]
    # An item's id starts with its kind, as in `mail:7h2k9`; who it came from, its opener may add.
    kind = item.partition(":")[0]
    return {"id": item, "kind": kind, "source": "", "outcome": change["to"], "opened_at": change["when"]}


def _balance_row(place: tuple[str, str, str], amount: Decimal) -> dict[str, str]:
    day, account, unit = place
    return {"at_day": day, "at_account": account, "at_unit": unit, "at_amount": plain(amount)}
