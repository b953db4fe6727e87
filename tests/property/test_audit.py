"""Whatever is done to the audit log is found: flips, deletions, reorders, truncations, and rewriting with new digests.

Seeded, so that a failure can be repeated. In memory for the ten thousand, on a real file by SQL for some more.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gainful.core.chain import GENESIS
from gainful.gate.audit import AuditEvent, AuditKind, Recorded, digest, record
from gainful.gate.audit_check import check
from gainful.gate.checkpoint import Checkpoint, sign
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TEXTS = tuple(name for name in Recorded.__slots__ if name != "seq")
Rows = Sequence[Recorded]
Damage = Callable[[Rows, random.Random], tuple[list[Recorded], int]]
"""Makes a damaged copy, and says which entry is the first that a check can find bad."""


def an_event(chance: random.Random, number: int) -> AuditEvent:
    return AuditEvent(
        START + timedelta(seconds=number),
        chance.choice(list(AuditKind)),
        run_id=f"run{chance.randrange(5)}",
        step=str(number),
        agent=chance.choice(["triage", "ada"]),
        actor="ada",
        tool=chance.choice(["mail.move", "mail.send", "naïve ✓"]),
        verdict=chance.choice(["allow", "ask", "deny"]),
        rules=tuple(chance.sample(["contained", "egress", "manifest"], 2)),
        approval=chance.choice(["", "ap1"]),
        effect="e" * 64,
        detail={"to": f"{chance.random()}@example.org", "labels": {"to": "user"}},
    )


def a_log(length: int, chance: random.Random) -> list[Recorded]:
    rows: list[Recorded] = []
    for seq in range(1, length + 1):
        rows.append(record(seq, an_event(chance, seq), rows[-1].digest if rows else GENESIS))
    return rows


# --- what may be done to it ---


def flip(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """One bit of one character somewhere, or one in the number."""
    index, name = chance.randrange(len(rows)), chance.choice(Recorded.__slots__)
    row, damaged = rows[index], list(rows)
    if name == "seq":
        damaged[index] = replace(row, seq=row.seq ^ (1 << chance.randrange(16)))
        damaged.sort(key=lambda one: one.seq)
        return damaged, next(one.seq for place, one in enumerate(damaged, 1) if one.seq != place)
    text = getattr(row, name) or " "
    place = chance.randrange(len(text))
    changed = chr(ord(text[place]) ^ (1 << chance.randrange(7)))
    other: dict[str, Any] = {name: text[:place] + changed + text[place + 1 :]}
    damaged[index] = replace(row, **other)
    return damaged, row.seq


def delete(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """Some entries in a row, not the last one."""
    first = chance.randrange(len(rows) - 1)
    last = min(len(rows) - 1, first + chance.choice([1, 1, 2, 5]))
    return [*rows[:first], *rows[last:]], rows[last].seq


def delete_and_renumber(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """As `delete`, with the numbers closed up."""
    damaged, bad = delete(rows, chance)
    gap = len(rows) - len(damaged)
    return [row if row.seq < bad else replace(row, seq=row.seq - gap) for row in damaged], bad - gap


def reorder(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """Two entries with each other's numbers: a table always comes in the order of the numbers."""
    one, two = sorted(chance.sample(range(len(rows)), 2))
    damaged = list(rows)
    damaged[one], damaged[two] = replace(rows[two], seq=rows[one].seq), replace(rows[one], seq=rows[two].seq)
    return damaged, rows[one].seq


def truncate(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """The end cut off, one entry at least."""
    kept = chance.randrange(len(rows))
    return list(rows[:kept]), kept + 1


def rewrite(rows: Rows, chance: random.Random) -> tuple[list[Recorded], int]:
    """One entry changed, and every digest from there on computed anew."""
    index = chance.randrange(len(rows))
    damaged = list(rows[:index])
    for row in [replace(rows[index], verdict=rows[index].verdict + "!"), *rows[index + 1 :]]:
        bare = replace(row, previous=damaged[-1].digest if damaged else GENESIS)
        damaged.append(replace(bare, digest=digest(bare)))
    return damaged, rows[-1].seq


DAMAGES: dict[str, tuple[Damage, int]] = {
    "flips": (flip, 4000),
    "deletions": (delete, 1500),
    "deletions renumbered": (delete_and_renumber, 1000),
    "reorders": (reorder, 1500),
    "truncations": (truncate, 1500),
    "rewritten": (rewrite, 500),
}


def test_there_are_ten_thousand() -> None:
    assert sum(times for _, times in DAMAGES.values()) == 10_000


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found_where_it_begins(name: str) -> None:
    damage, times = DAMAGES[name]
    chance = random.Random(f"audit {name}")
    missed = []
    for number in range(times):
        if number % 100 == 0:
            rows = a_log(chance.randrange(2, 60), chance)
            checkpoint = sign(rows[-1].seq, rows[-1].digest, START, KEY)
            assert check(rows, [checkpoint], checkpoint.key).findings == ()
        damaged, bad = damage(rows, chance)
        found = check(damaged, [checkpoint], checkpoint.key).findings
        if not found or found[0].seq != bad:
            missed.append((number, bad, found))
    assert missed == []


def test_every_forged_checkpoint_is_found() -> None:
    chance = random.Random("audit checkpoints")
    rows = a_log(5, chance)
    genuine = sign(5, rows[-1].digest, START, KEY)
    missed = []
    for _ in range(1000):
        name = chance.choice(["seq", "digest", "at", "public_key", "signature"])
        changed: Any = chance.randrange(6, 99)
        if name != "seq":
            text = getattr(genuine, name)
            place = chance.randrange(len(text))
            changed = text[:place] + chr(ord(text[place]) ^ (1 << chance.randrange(7))) + text[place + 1 :]
        forged = replace(genuine, **{name: changed})
        if not check(rows, [forged], genuine.key).findings and not _same_bytes(forged, genuine):
            missed.append(forged)
    assert missed == []


def _same_bytes(one: Checkpoint, other: Checkpoint) -> bool:
    """Base 64 leaves bits of its last digit unused: a flip there changes the text and nothing else."""
    return one.genuine and (one.seq, one.digest, one.at, one.key) == (other.seq, other.digest, other.at, other.key)


# --- on a real file ---


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose log has entries and checkpoints, closed."""
    home = tmp_path_factory.mktemp("sound")
    engine = open_database(home / "g.db")
    log = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", lambda: START, every=25)
    chance = random.Random("audit file")
    for number in range(120):
        log.append([an_event(chance, number)])
    log.checkpoint()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return home


def _flip(database: sqlite3.Connection, chance: random.Random) -> None:
    name, seq = chance.choice(TEXTS), chance.randrange(1, 121)
    (text,) = database.execute(f"SELECT CAST({name} AS BLOB) FROM audit_entries WHERE seq = ?", (seq,)).fetchone()
    changed = bytearray(text or b" ")
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    kind = chance.choice(["TEXT", "BLOB"])
    database.execute(f"UPDATE audit_entries SET {name} = CAST(? AS {kind}) WHERE seq = ?", (bytes(changed), seq))


def _delete(database: sqlite3.Connection, chance: random.Random) -> None:
    database.execute("DELETE FROM audit_entries WHERE seq = ?", (chance.randrange(1, 121),))


def _reorder(database: sqlite3.Connection, chance: random.Random) -> None:
    one, two = chance.sample(range(1, 121), 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        database.execute("UPDATE audit_entries SET seq = ? WHERE seq = ?", (new, old))


def _truncate(database: sqlite3.Connection, chance: random.Random) -> None:
    database.execute("DELETE FROM audit_entries WHERE seq > ?", (chance.randrange(120),))
    # The thief takes the stored checkpoints along; those in the file beside it remain.
    database.execute("DELETE FROM audit_checkpoints")


@pytest.mark.parametrize("damage", [_flip, _delete, _reorder, _truncate])
def test_damage_to_the_file_is_found(
    damage: Callable[[sqlite3.Connection, random.Random], None], sound: Path, tmp_path: Path
) -> None:
    chance = random.Random(f"audit file {damage.__name__}")
    for name in ("g.db", "audit.key", "checkpoints.jsonl"):
        shutil.copyfile(sound / name, tmp_path / name)
    (tmp_path / "audit.key").chmod(0o600)
    engine = open_database(tmp_path / "g.db")
    log = AuditStore(engine, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", lambda: START)
    assert log.verify().findings == ()
    database = sqlite3.connect(tmp_path / "g.db", isolation_level=None)
    unseen = 0
    for _ in range(100):
        with sqlite3.connect(sound / "g.db") as source:
            database.execute("DELETE FROM audit_entries")
            database.execute("DELETE FROM audit_checkpoints")
            for table in ("audit_entries", "audit_checkpoints"):
                found = source.execute(f"SELECT * FROM {table}").fetchall()
                marks = ", ".join("?" * len(found[0]))
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
        source.close()
        damage(database, chance)
        unseen += not log.verify().findings
    database.close()
    engine.dispose()
    assert unseen == 0
