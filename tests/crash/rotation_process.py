"""Kills a rotation of the key at each line of it, and prints what could still be read: `rotation_process.py HOME`.

Each kill happens to a process of its own, by signal 9, on a fresh copy of the same home. A line counts once in each of
the rotation's three steps, however often a loop comes by.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from gainful.sdk.secret import Secret
from gainful.storage.database import open_database
from gainful.storage.secrets.secret_store import SecretStore

WATCHED = ("secret_store.py", "key_place.py", "key_file.py")
STEPS = ("_add_key", "_reseal", "_retire", "_clear_log")
SECRETS = {f"account:{number}": f"password number {number}" for number in range(3)}


def opened(home: Path) -> SecretStore:
    return SecretStore(open_database(home / "g.db"), home / "secret.key", lambda: datetime.now(UTC), {})


def dies_at(home: Path, wanted: int) -> bool:
    """Whether the rotation was killed at this line; else it came to its end."""
    child = os.fork()
    if child == 0:
        store, step = opened(home), ""
        seen: set[tuple[str, str, int]] = set()

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal step
            if not frame.f_code.co_filename.endswith(WATCHED):
                return None
            if event == "call" and frame.f_code.co_name in STEPS:
                step = frame.f_code.co_name
            if event == "line":
                seen.add((step, frame.f_code.co_filename, frame.f_lineno))
                if len(seen) == wanted:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        store.rotate()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and status != 0:
        raise SystemExit(f"the rotation failed at line {wanted}")
    return os.WIFSIGNALED(status)


def readable(home: Path) -> bool:
    store = opened(home)
    return {name: secret.reveal() for name in store.names() if (secret := store.get(name))} == SECRETS


def keys(home: Path) -> int:
    return len((home / "secret.key").read_text(encoding="ascii").split())


def main(home: Path) -> None:
    first = home / "first"
    store = opened(first)
    for name, value in SECRETS.items():
        store.put(name, Secret(name, value))
    store._engine.dispose()
    found: dict[str, Any] = {"kills": 0, "unreadable": [], "unfinished": [], "keys_between": 0}
    while True:
        line, copy = found["kills"] + 1, home / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(first, copy)
        if not dies_at(copy, line):
            break
        found["kills"] = line
        found["keys_between"] = max(found["keys_between"], keys(copy))
        if not readable(copy):
            found["unreadable"].append(line)
        opened(copy).rotate()
        drafts = [file.name for file in copy.iterdir() if file.name.endswith(".new")]
        if not readable(copy) or keys(copy) != 1 or drafts:
            found["unfinished"].append(line)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
