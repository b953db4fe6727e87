"""`kill -9` while the audit log is being written: what was acknowledged is there, and the chain is sound."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gainful.core.clock import system_clock
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.database import open_database

home = Path(sys.argv[1])
log = AuditStore(open_database(home / "g.db"), home / "audit.key", home / "checkpoints.jsonl", system_clock, every=4)
while True:
    log.append([AuditEvent(datetime.now(UTC), AuditKind.EFFECT, step=str(n), detail={"n": n}) for n in range(3)])
    print("written", flush=True)
"""


def test_a_blow_while_writing_leaves_a_sound_log(tmp_path: Path) -> None:
    chance = random.Random("audit crash")
    acknowledged = 0
    for _ in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        time.sleep(chance.uniform(0, 0.05))
        writer.kill()
        rest, _ = writer.communicate(timeout=120)
        acknowledged += 1 + rest.count("written\n")

    engine = open_database(tmp_path / "g.db")
    log = AuditStore(engine, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", lambda: NOON, every=4)
    report = log.verify()
    assert report.findings == ()
    # Each batch is there whole; at most the one in flight at each blow was written without a word about it.
    assert report.entries % 3 == 0
    assert 3 * acknowledged <= report.entries <= 3 * (acknowledged + 8)
    assert report.entries - report.signed < 4 + 2 * 3
    log.append([AuditEvent(NOON, AuditKind.RESULT)])
    assert log.verify().findings == ()
    engine.dispose()
