"""What language models answered, kept so that the same text is never paid for twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, insert, select

from gainful.ledger.entry import Entry
from gainful.storage.books.ledger_rows import CHUNK
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import reading, transaction
from gainful.storage.schema import answers


class AnswerStore:
    """Answers beside the books: an answer and its settlement are written together or not at all."""

    def __init__(self, engine: Engine, books: LedgerStore) -> None:
        self._engine = engine
        self._books = books

    def recall(self, digests: Sequence[str]) -> dict[str, str]:
        """The kept answers, by digest; what is not kept is left out."""
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(digests), CHUNK):
                some = answers.c.digest.in_(digests[start : start + CHUNK])
                found |= {row.digest: row.answer for row in connection.execute(select(answers).where(some))}
        return found

    def settle(self, entry: Entry, model: str, kept: Mapping[str, str], at: datetime) -> None:
        """Book the settlement and keep the answers, in one transaction. An answer that is kept already stays."""
        with transaction(self._engine) as connection:
            self._books.append_in(connection, [entry])
            known = set(connection.scalars(select(answers.c.digest).where(answers.c.digest.in_(list(kept)))))
            fresh = [
                {"digest": digest, "model": model, "answer": answer, "at": at.isoformat()}
                for digest, answer in kept.items()
                if digest not in known
            ]
            if fresh:
                connection.execute(insert(answers), fresh)
