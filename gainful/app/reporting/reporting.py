"""Reports this installation's own books to a team's server, at least once; the server books each once.

    reporting.pending()        # the spans that would be sent next; nothing is sent
    reporting.outcomes()       # the facts that would, where the settings say that outcomes are told
    reporting.send()           # sends both, and notes how far each has come

What was acknowledged is noted in a mark. Killed between the two, it is sent again: its ids are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import reduce
from itertools import islice
from typing import Any

from gainful.app.remote.remote import Remote, Remotes, origin_of
from gainful.app.reporting.exporter import Exporter
from gainful.app.reporting.mark import BACK, Mark, mark_from
from gainful.app.reporting.outcomes import Veil, told_of
from gainful.app.reporting.spans import Told, calls_of, items_of, request_of, runs_of
from gainful.core.errors import Invalid
from gainful.core.fact import Fact
from gainful.core.ids import random_id
from gainful.core.run import Run
from gainful.gate.broker import Broker
from gainful.ledger.chain import Recorded
from gainful.sdk.secret import Connection
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.report import Report

SCOPE = "report"
"""Under this name the broker counts the hand-outs; the secret has it too."""

BATCH = 200
"""Spans or facts of a request: some 200 KiB at most."""

ENTRIES = 200
"""Entries whose outcomes are told before that is noted."""

INSTALLATION = "report:installation"
"""The mark that holds this installation's id."""

SALT = "report:salt"
"""The mark that holds what ids of work items are hidden under; it is never told."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class ReportOff(Invalid):
    """No server is named to report to, or its token is not stored."""

    code = "report-off"


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report came to.

    Args:
        sent: Spans that were taken; those that were known over there among them.
        rejected: Of them, those that the server could not use; sending them again does not help.
        why: What it said of those.
        facts: Facts about outcomes that were taken; those that were known over there among them.
        refused: Of them, those that the server could not use.
        why_refused: What it said of the first of those.
    """

    sent: int = 0
    rejected: int = 0
    why: str = ""
    facts: int = 0
    refused: int = 0
    why_refused: str = ""


class Reporting:
    """Reports of one installation.

    Args:
        owner: Who its agents work for, where the settings do not say who that is over there.
        facts_of: What entries come to, as `OwnFacts.facts_of` tells it.
        exporter: Makes what sends to a server; tests hand in another.
    """

    def __init__(
        self,
        ledger: LedgerStore,
        runs: RunStore,
        marks: MarkStore,
        settings: Report,
        owner: str,
        remotes: Remotes,
        broker: Broker,
        facts_of: Callable[[Sequence[Recorded]], Sequence[Fact]],
        exporter: Callable[[Remote], Exporter] = Exporter,
    ) -> None:
        self._ledger = ledger
        self._runs = runs
        self._marks = marks
        self._settings = settings
        self._person = settings.person or owner
        self._names = frozenset(name.lower() for name in (settings.person, owner) if name)
        self._facts_of = facts_of
        self._remotes = remotes
        self._broker = broker
        self._exporter = exporter

    # --- looking ------------------------------------------------------------------------------------------------------

    @property
    def server(self) -> str:
        """The address that is reported to.

        Raises:
            ReportOff: None is named.
            NoSuchRemote, RemoteInvalid: What is named cannot be.
        """
        return self._named()[0]

    def installation(self) -> str:
        """The id of this installation; made, by chance, when it is first asked for."""
        # Both at once: an older backup has both or neither, and what it tells again has the same ids.
        self._marks.first(SALT, random_id(32))
        return self._marks.first(INSTALLATION, random_id(32))

    def pending(self) -> Iterator[Told]:
        """What the server has not acknowledged: calls in the order of the books, then runs that have ended."""
        mark, installation = self._mark(self._mark_name()), self.installation()
        runs: dict[str, Run | None] = {}
        for entry in self._entries(mark):
            if entry.run_id not in runs:
                runs[entry.run_id] = self._run(entry)
            yield from calls_of(entry, runs[entry.run_id], installation, parts=entry.seq > mark.whole)
        begin = max(self._begin(), mark.ended - BACK)
        for run in self._runs.ended_since(begin):
            if run.id not in mark.known:
                entries = self._ledger.rows(run=run.id)
                items = (item for entry in entries if entry.seq > mark.whole for item in items_of(entry))
                yield from runs_of(run, items, installation)

    def request(self, told: Sequence[Told]) -> dict[str, Any]:
        """Exactly what is sent of these."""
        return request_of(told, self.installation(), self._person)

    def outcomes(self) -> Iterator[Fact]:
        """The facts about outcomes that the server has not acknowledged; none where the settings do not say so."""
        if self._settings.outcomes:
            for facts, _ in self._outcomes(self._mark(self._outcomes_name())):
                yield from facts

    def item(self, item: str) -> str:
        """What the server calls a work item of this installation; empty where it has acknowledged none yet."""
        prefix = self._marks.get(f"report:items:{self.server}")
        return prefix + self._veil().item(item) if prefix else ""

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self) -> Reported:
        """Send what the server has not acknowledged, some hundred at a time, and note how far it has come.

        Spans go first: a server that takes no outcomes from here still has the figures.

        Raises:
            ReportOff: No server is named, or its token is not stored.
            ReportUnreachable: It is away or busy; what it has acknowledged is noted, and not sent again.
            ReportRefused, RemoteUntrusted: As they say.
        """
        with self._exporter(self._remote()) as exporter:
            done = self._send_spans(exporter)
            return self._send_outcomes(exporter, done) if self._settings.outcomes else done

    def _send_spans(self, exporter: Exporter) -> Reported:
        done, mark = Reported(), self._mark(self._mark_name())
        told = iter(self.pending())
        while batch := list(islice(told, BATCH)):
            body = json.dumps(self.request(batch), separators=(",", ":")).encode()
            rejected, why = exporter.send(body)
            mark = reduce(Mark.after, batch, mark)
            self._marks.set(self._mark_name(), mark.as_text())
            done = replace(done, sent=done.sent + len(batch), rejected=done.rejected + rejected, why=why or done.why)
        return done

    def _send_outcomes(self, exporter: Exporter, done: Reported) -> Reported:
        for facts, last in self._outcomes(self._mark(self._outcomes_name())):
            for start in range(0, len(facts), BATCH):
                batch = facts[start : start + BATCH]
                said = exporter.tell(batch)
                if said.prefix:
                    self._marks.set(f"report:items:{self.server}", said.prefix)
                why = done.why_refused or said.why
                done = replace(
                    done, facts=done.facts + len(batch), refused=done.refused + said.refused, why_refused=why
                )
            # Once all of these entries is acknowledged: killed before, all of them is told again, and known there.
            mark = Mark(last.seq, last.digest, datetime.fromisoformat(last.at))
            self._marks.set(self._outcomes_name(), mark.as_text())
        return done

    # --- inside -------------------------------------------------------------------------------------------------------

    def _outcomes(self, mark: Mark) -> Iterator[tuple[list[Fact], Recorded]]:
        """Facts of the entries behind the mark, some entries at a time, and the last of these."""
        veil, entries = self._veil(), self._entries(mark)
        while some := list(islice(entries, ENTRIES)):
            yield told_of(self._facts_of(some), veil), some[-1]

    def _veil(self) -> Veil:
        installation = self.installation()
        return Veil(installation, self._marks.get(SALT), self._names)

    def _run(self, entry: Recorded) -> Run | None:
        found = self._runs.find(entry.run_id) if entry.run_id else None
        return found if found is not None and found.id == entry.run_id else None

    def _entries(self, mark: Mark) -> Iterator[Recorded]:
        """The entries behind the mark; all of them where the books are not those that it was set in."""
        if mark.seq:
            kept = self._ledger.rows(since=max(self._begin(), mark.booked - BACK))
            later = (entry for entry in kept if entry.seq >= mark.seq)
            first = next(later, None)
            if first is not None and (first.seq, first.digest) == (mark.seq, mark.digest):
                yield from later
                return
        yield from self._ledger.rows(since=self._begin())

    def _begin(self) -> datetime:
        first = self._settings.since
        return datetime.combine(first, time(), UTC) if first is not None else BEGINNING

    def _mark(self, name: str) -> Mark:
        kept = self._marks.get(name)
        return mark_from(kept) if kept else Mark()

    def _mark_name(self) -> str:
        return f"report:{self.server}"

    def _outcomes_name(self) -> str:
        return f"report:outcomes:{self.server}"

    def _named(self) -> tuple[str, str]:
        """The server's address, and the file of its authority."""
        name = self._settings.server
        if not name:
            raise ReportOff(
                "No server is named to report to.", 'Name it under [report] in gainful.toml: server = "https://HOST".'
            )
        if "://" in name:
            return origin_of(name), ""
        remote = self._remotes.find(name)
        return remote.url, remote.cafile

    def _remote(self) -> Remote:
        url, cafile = self._named()
        token = self._broker.handle(SCOPE, Connection(SCOPE, url)).secret()
        if token is None:
            raise ReportOff(
                f"No token is stored for {url}.",
                "Its owner makes one (`gainful console token NAME --person YOU --scope report`). Store it here: "
                "gainful secrets set report",
            )
        return Remote(SCOPE, url, token, cafile)
