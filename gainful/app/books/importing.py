"""Takes in what other systems report: facts in, what became of them out.

    done = Importing(facts).events(lines, rejected.append)
    done.new, done.doubled, done.rejected

Facts are booked some thousands at a time, each batch whole or not at all. An import that was killed is simply done
again: what was booked is known, and not booked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gainful.core.fact import Fact
from gainful.intake.events.reader import Rejected, read_lines
from gainful.storage.facts.fact_store import Appended, FactStore

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of what was read.

    Args:
        doubled: Facts that were known.
        rejected: Lines that are none.
    """

    new: int
    doubled: int
    rejected: int


class Importing:
    """Imports into one installation's facts."""

    def __init__(self, facts: FactStore) -> None:
        self._facts = facts

    def events(
        self,
        lines: Iterable[str],
        reject: Callable[[Rejected], None],
        report: Callable[[int], None] = lambda _done: None,
    ) -> Imported:
        """Book what each line says.

        Args:
            reject: Told of each line that is no fact.
            report: Told how many lines were read so far.
        """
        done, rejected, batch = Appended(), 0, list[Fact]()
        for read, found in enumerate(read_lines(lines), 1):
            if found.rejected is not None:
                reject(found.rejected)
                rejected += 1
            elif found.fact is not None:
                batch.append(found.fact)
            if len(batch) >= BATCH:
                done += self._facts.append(batch, "events")
                batch.clear()
                report(read)
        done += self._facts.append(batch, "events")
        return Imported(done.new, done.doubled, rejected)
