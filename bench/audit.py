"""What the audit log costs: `python -m bench.audit [--quick] --json FILE`.

*Verify*: processor time of looking through 100,000 entries with their checkpoints, read from the file. *Append*: wall
time of one entry in a durable transaction of its own, as the gate writes it before an effect.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.report import options, percentile, publish
from gainful.core.clock import system_clock
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore

START = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES = 100_000
BATCH = 500
LABEL = {"integrity": "untrusted", "confidentiality": "internal", "sources": ["mail:7h2k9#body", "mail:7h2k9#from"]}


def event(number: int) -> AuditEvent:
    """A decision as the gate writes one: an argument list with labels, two rules."""
    return AuditEvent(
        START + timedelta(seconds=number),
        AuditKind.DECISION,
        run_id=f"run{number // 20}",
        step=str(number % 20),
        agent="triage",
        actor="triage",
        tool="mail.send",
        verdict="ask",
        rules=("egress-from-tainted", "recipient-not-picked"),
        effect=f"{number:064x}",
        detail={"arguments": {"to": [f"person{number}@example.org"], "subject": "Re: lunch"}, "labels": {"to": LABEL}},
    )


def batches() -> Iterator[list[AuditEvent]]:
    """All events, so many at a time."""
    for first in range(0, ENTRIES, BATCH):
        yield [event(number) for number in range(first, first + BATCH)]


def main() -> None:
    """Measure and publish."""
    arguments = options("audit", "What the audit log costs: looking through it, and one entry.").parse_args()
    times = 1 if arguments.quick else 5
    appends = 200 if arguments.quick else 2000
    with tempfile.TemporaryDirectory(prefix="gainful-audit-") as directory:
        home = Path(directory)
        engine = open_database(home / "gainful.sqlite")
        log = AuditStore(engine, home / "audit.key", home / "audit" / "checkpoints.jsonl", system_clock)
        for batch in batches():
            log.append(batch)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = [], []
        for _ in range(times):
            start, busy = time.perf_counter(), time.process_time()
            report = log.verify()
            cpu.append(time.process_time() - busy)
            wall.append(time.perf_counter() - start)
            if report.findings or report.entries != ENTRIES:
                raise SystemExit(f"the log is not sound: {report}")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        single = []
        for number in range(appends):
            start = time.perf_counter()
            log.append([event(ENTRIES + number)])
            single.append((time.perf_counter() - start) * 1000)
        engine.dispose()
    figures = {
        f"audit_verify_{ENTRIES // 1000}k_s": round(statistics.median(cpu), 2),
        f"audit_verify_{ENTRIES // 1000}k_wall_s": round(statistics.median(wall), 2),
        "verify_grows_by_mb": round(grown / 1024, 1),
        "append_ms": round(statistics.median(single), 2),
        "append_p99_ms": round(percentile(single, 0.99), 2),
    }
    conditions = {"entries": ENTRIES, "checkpoints": report.checkpoints, "verified": times, "appended": appends}
    publish("audit", conditions, figures, arguments.json)


if __name__ == "__main__":
    main()
