"""Sends what runs did to a collector, from their record and behind their backs: no run waits for it, or knows of it.

    tracing = Tracing(store, settings, broker, known, clock)
    tracing.send_due()              # how many runs the collector has taken

Sent is what has ended, in the order in which it did, so the record is the queue: it outlives this process, and a
collector that is away costs nothing. What it has missed is sent when it is back, up to a bound; beyond it the oldest
runs are left out, and counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import gainful
from gainful.app.tracing.spans import spans_of
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.span import Span, trace_id
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection, Handle
from gainful.storage.runs.trace_store import Progress, TracedRun, TraceStore
from gainful.storage.settings.web import Traces

if TYPE_CHECKING:
    from gainful.connectors.otlp import Exporter

EVERY = 5.0
"""Seconds between two looks for runs that have ended."""

SETTLED = timedelta(seconds=2)
"""How long a run must have ended: another process may be writing down that one has ended before it."""

AT_ONCE = 50
"""Runs of one look."""

LARGEST = 2_000
"""Spans from which on a request is full."""

MOST = 10_000
"""Runs that may wait for a collector; the oldest beyond that are left out."""


class Tracing:
    """Sends traces, where the settings say so.

    Args:
        known: Names of the tools that somebody declared.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        store: TraceStore,
        settings: Traces,
        broker: Broker,
        known: Callable[[], Collection[str]],
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        most: int = MOST,
    ) -> None:
        self.store = store
        self.settings = settings
        self._broker = broker
        self._known = known
        self._clock = clock
        self._sleep = sleep
        self._most = most
        self._exporter: Exporter | None = None

    def look(self) -> None:
        """Wait a moment, then send what is due; for a `Watcher`."""
        self._sleep(EVERY)
        while self.send_due() == AT_ONCE:
            pass

    def send_due(self) -> int:
        """How many runs are settled now, sent or left out by chance.

        Raises:
            GainfulError: A collector did not take some. It is noted; those that may be taken later stay.
        """
        now = self._clock()
        progress = self.store.progress()
        if progress is None:
            # What ended before anybody wanted traces is nobody's business now.
            self.store.keep(Progress(now.astimezone(UTC).isoformat()))
            return 0
        progress = self._bounded(progress)
        runs = self.store.ended(progress, now - SETTLED, AT_ONCE)
        for batch in self._batches(runs):
            progress = self._send(progress, *batch)
        return len(runs)

    def _bounded(self, progress: Progress) -> Progress:
        over = self.store.waiting(progress) - self._most
        last = self.store.passed_over(progress, over) if over > 0 else None
        if last is None:
            return progress
        progress = replace(progress, at=last.stored_end, run_id=last.id, dropped=progress.dropped + over)
        self.store.keep(progress)
        return progress

    def _batches(self, runs: Sequence[TracedRun]) -> list[tuple[list[TracedRun], list[Span]]]:
        """The runs in portions of one request each, with the spans of those that chance takes."""
        batches: list[tuple[list[TracedRun], list[Span]]] = []
        known = self._known() if runs else ()
        for run in runs:
            if not batches or len(batches[-1][1]) >= LARGEST:
                batches.append(([], []))
            batches[-1][0].append(run)
            if is_sampled(run.id, self.settings.sample):
                store = self.store
                spans = spans_of(run, store.calls(run.id), store.verdicts(run.id), store.approvals(run.id), known)
                batches[-1][1].extend(spans)
        return batches

    def _send(self, progress: Progress, runs: Sequence[TracedRun], spans: Sequence[Span]) -> Progress:
        from gainful.connectors.otlp import TracesRefused

        last = runs[-1]
        sampled = sum(is_sampled(run.id, self.settings.sample) for run in runs)
        past = replace(progress, at=last.stored_end, run_id=last.id, failing="")
        try:
            rejected = self._made().export(spans).rejected if spans else 0
        except TracesRefused as error:
            self.store.keep(replace(past, dropped=progress.dropped + sampled, failing=str(error)))
            raise
        except GainfulError as error:
            if progress.failing != str(error):
                self.store.keep(replace(progress, failing=str(error)))
            raise
        past = replace(past, sent=progress.sent + sampled, rejected=progress.rejected + rejected)
        self.store.keep(past)
        return past

    def _made(self) -> Exporter:
        if self._exporter is None:
            from gainful.connectors.otlp import Exporter

            host = urlsplit(self.settings.endpoint).netloc
            headers = {name: self._header(name, host) for name in self.settings.headers}
            self._exporter = Exporter(self.settings.endpoint, headers, gainful.__version__)
        return self._exporter

    def _header(self, name: str, host: str) -> Handle:
        return self._broker.handle(f"traces:{name}", Connection("otlp", host))


def is_sampled(run_id: str, share: float) -> bool:
    """Whether a run is one of this share of all; the same for whoever asks."""
    return int(trace_id(run_id)[:8], 16) < share * 2**32
