"""Books waste, and what shows it, in one transaction: never one without the other, and each once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from gainful.gate.audit import AuditEvent
from gainful.ledger.entry import Entry
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import transaction
from gainful.storage.gate.audit_store import AuditStore


class WasteStore:
    """The waste of one installation."""

    def __init__(self, engine: Engine, audit: AuditStore, books: LedgerStore) -> None:
        self._engine = engine
        self._audit = audit
        self._books = books

    def book(self, entry: Entry, proof: Sequence[AuditEvent]) -> bool:
        """Whether it is new: the entry is booked, and its proof is in the audit log, both or neither."""
        with transaction(self._engine) as connection:
            if not self._books.append_in(connection, [entry]):
                return False
            self._audit.append_in(connection, proof)
        return True
