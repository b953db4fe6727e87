"""The chain: each entry's digest covers its content and the digest before it, so that no change goes unseen.

An edit, a deletion or a reordering breaks the chain at that entry. Entries cut off at the end leave a sound shorter
chain: to see that, keep a head digest elsewhere (`gainful ledger export` prints it) and verify against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gainful.core.chain import Walk, digest_of
from gainful.ledger.entry import Entry, Posting, instant, plain
from gainful.ledger.finding import Finding


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it stands in the books: numbered, chained, and not believed to be sound.

    `at` is the stored text (`entry.instant`). The postings are in the order of the entry.
    """

    seq: int
    key: str
    kind: str
    at: str
    postings: tuple[Posting, ...]
    run_id: str
    work_item: str
    memo: str
    previous: str
    digest: str

    @property
    def day(self) -> str:
        """The UTC day of the entry, `2026-11-22`."""
        return self.at[:10]


def record(seq: int, entry: Entry, previous: str) -> Recorded:
    """The entry with its number, its predecessor's digest and its own."""
    fields = (seq, entry.key, entry.kind, instant(entry.at), entry.postings, entry.run_id, entry.work_item, entry.memo)
    return Recorded(*fields, previous=previous, digest=_digest(*fields, previous))


def digest(recorded: Recorded) -> str:
    """The SHA-256 (hex) that this content should have."""
    return _digest(
        recorded.seq,
        recorded.key,
        recorded.kind,
        recorded.at,
        recorded.postings,
        recorded.run_id,
        recorded.work_item,
        recorded.memo,
        recorded.previous,
    )


def _digest(
    seq: int,
    key: str,
    kind: str,
    at: str,
    postings: tuple[Posting, ...],
    run_id: str,
    work_item: str,
    memo: str,
    previous: str,
) -> str:
    lines = [[posting.account, plain(posting.amount), posting.unit, posting.work_item] for posting in postings]
    return digest_of([seq, key, kind, at, run_id, work_item, memo, lines, previous])


class ChainCheck:
    """Looks at the entries in order and reports the first that breaks the chain.

    Args:
        head: A digest known to have been in the chain; its absence means that the end was cut off or rewritten.
    """

    name = "chain"

    def __init__(self, head: str = "") -> None:
        self._head = head
        self._head_seen = not head
        self._walk = Walk("booked")

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """The finding that this entry is the first bad one, if it is."""
        problem = self._walk.step(entry.seq, entry.previous, entry.digest, lambda: digest(entry), entry.key)
        if problem:
            yield Finding(self.name, problem, entry.seq)
        self._head_seen = self._head_seen or entry.digest == self._head

    def finish(self) -> Iterator[Finding]:
        """The finding that the known head is gone, if it is."""
        if not self._head_seen and not self._walk.broken:
            yield Finding(self.name, f"The chain ends at entry {self._walk.seq} without the head {self._head[:12]}….")


def verify(entries: Iterable[Recorded], head: str = "") -> list[Finding]:
    """The first break of the chain, or an empty list. With `head`: a cut-off end is found as well."""
    check = ChainCheck(head)
    findings = [finding for entry in entries for finding in check.look(entry)]
    return findings + list(check.finish())
