"""What other systems tell of outcomes, event by event: from a webhook, or from a file of the same.

booked = ToldOutcomes(app.facts, app.broker, clock).take("desk", content)
booked.id, booked.is_new
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gainful.app.books.importing import Imported
from gainful.core.clock import Clock
from gainful.core.fact import Fact
from gainful.gate.broker import Broker
from gainful.intake.events.reader import LONGEST_LINE, Rejected
from gainful.intake.judges.event import OutcomeInvalid, read
from gainful.sdk.secret import Connection, Secret
from gainful.storage.facts.fact_store import Appended, FactStore

SCOPE = "outcome"
"""Under this name the broker counts the hand-outs, and secrets are named."""

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Booked:
    """An event that is in the books.

    Args:
        is_new: It was not there before.
    """

    id: str
    is_new: bool


class ToldOutcomes:
    """Takes what systems tell of outcomes. Safe to share between threads."""

    def __init__(self, facts: FactStore, broker: Broker, clock: Clock) -> None:
        self._facts = facts
        self._broker = broker
        self._clock = clock

    def secret(self, system: str) -> Secret | None:
        """What a system signs with; None where it was given nothing."""
        name = f"{SCOPE}:{system}"
        return self._broker.handle(name, Connection(SCOPE, name)).secret()

    def take(self, system: str, content: object) -> Booked:
        """Book one event; durable when it returns.

        Raises:
            OutcomeInvalid: It is none.
            DatabaseLocked, DiskFull: It cannot be kept now.
        """
        id_, facts = read(content, system, self._clock())
        return Booked(id_, bool(self._facts.append(facts, f"outcome:{system}").new))

    def lines(self, lines: Iterable[str], system: str, reject: Callable[[Rejected], None]) -> Imported:
        """Book the event of each line.

        Args:
            reject: Told of each line that is none.
        """
        done, rejected, batch = Appended(), 0, list[Fact]()
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                batch += self._event(line, system)
            except OutcomeInvalid as error:
                reject(Rejected(number, str(error), line.rstrip("\n")[:LONGEST_LINE]))
                rejected += 1
            if len(batch) >= BATCH:
                done += self._facts.append(batch, f"outcome:{system}")
                batch.clear()
        done += self._facts.append(batch, f"outcome:{system}")
        return Imported(done.new, done.doubled, rejected)

    def _event(self, line: str, system: str) -> list[Fact]:
        try:
            content = json.loads(line) if len(line) <= LONGEST_LINE else None
        except (ValueError, RecursionError):
            raise OutcomeInvalid("The line is not JSON.", "Write one JSON object a line.") from None
        return read(content, system, self._clock())[1]
