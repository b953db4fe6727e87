"""A company's deploy script in small: two slots that are lines of a file. Called as the target `command` calls scripts.

    python paper_slots.py FILE state
    python paper_slots.py FILE stage COMMIT DIGEST CONFIG TREE
    python paper_slots.py FILE shift COMMIT SHARE
    python paper_slots.py FILE promote COMMIT
    python paper_slots.py FILE rollback COMMIT DIGEST CONFIG TREE

This file is the program too: it imports nothing of Gainful, so that each verb takes some hundredths of a second.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DONE, REFUSED = 0, 2
OTHER = {"blue": "green", "green": "blue"}
_PARTS = ("commit", "digest", "config", "tree")
_NOTHING: dict[str, Any] = {"live": None, "candidate": None, "share": 0, "kept": []}


def read(file: Path) -> dict[str, Any]:
    """What the file says runs; nothing where there is none yet."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return dict(_NOTHING)
    return found


def main(arguments: Sequence[str], now: datetime) -> int:
    """Do one verb; its exit status."""
    file, verb, *rest = Path(arguments[0]), *arguments[1:]
    held = read(file)
    if verb == "state":
        sys.stdout.write(json.dumps(held))
        return DONE
    after = _after(held, verb, rest, now)
    if after is None:
        sys.stderr.write(f"{verb}: this release is not there\n")
        return REFUSED
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(after), encoding="utf-8")
    # Whoever reads meanwhile sees the old state or the new one.
    fresh.replace(file)
    return DONE


def _after(held: dict[str, Any], verb: str, rest: Sequence[str], now: datetime) -> dict[str, Any] | None:
    """The state after a verb; None where it names what is not there. Done twice it is done once."""
    live, candidate = held["live"], held["candidate"]
    if verb == "stage":
        release = dict(zip(_PARTS, rest, strict=True))
        slot = OTHER[live["slot"]] if live else "blue"
        return held | {"candidate": release | {"slot": slot, "since": now.isoformat()}, "share": 0}
    if verb == "shift":
        return held | {"share": int(rest[1])} if _is(candidate, rest[0]) else None
    if verb == "promote":
        if _is(candidate, rest[0]):
            kept = [live, *held["kept"]][:5] if live else held["kept"]
            return {"live": candidate, "candidate": None, "share": 0, "kept": kept}
        return held if _is(live, rest[0]) else None
    if _is(live, rest[0]):
        return held | {"candidate": None, "share": 0}
    before = next((one for one in held["kept"] if _is(one, rest[0])), None)
    if before is None:
        return None
    kept = [one for one in held["kept"] if not _is(one, rest[0])]
    return {"live": before, "candidate": None, "share": 0, "kept": [live, *kept] if live else kept}


def _is(held: dict[str, Any] | None, commit: str) -> bool:
    return held is not None and held["commit"] == commit


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], datetime.now(UTC)))
