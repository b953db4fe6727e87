"""What a target has done so far, in one file that is either the old one or the new one: never half of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gainful.core.deployment import Release
from gainful.sdk.deploy_target import TargetRefused, TargetUnreachable

MOST = 10
"""Releases that were live and are remembered."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot and what was started in it.

    Args:
        folder: Name of the release's folder.
    """

    release: Release
    folder: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What is where.

    Args:
        slots: Those in which something was started.
        live: Name of the slot that has the traffic; empty where nothing was deployed yet.
        candidate: Name of the slot beside it that is being tried; empty where none is.
        before: Releases that were live before, newest first.
    """

    slots: Mapping[str, Filled] = field(default_factory=dict)
    live: str = ""
    candidate: str = ""
    before: tuple[Release, ...] = ()

    def with_slot(self, slot: str, filled: Filled | None) -> Record:
        """The same with this in the slot, or nothing."""
        slots = {name: held for name, held in self.slots.items() if name != slot}
        return replace(self, slots=slots if filled is None else {**slots, slot: filled})

    def went_live(self, slot: str, *, back: bool = False) -> Record:
        """The same with this slot live; what was live until now is remembered, unless one goes back from it."""
        now = self.slots[slot].release
        was = self.slots.get(self.live)
        before = ((was.release,) if was is not None and not back else ()) + self.before
        others = tuple(one for one in dict.fromkeys(before) if one.id != now.id)
        return replace(self, live=slot, candidate="", before=others[:MOST])


def read_record(path: Path) -> Record:
    """The record in this file; an empty one where there is none yet.

    Raises:
        TargetUnreachable: It cannot be read.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        slots = {
            name: Filled(Release(**held["release"]), held["folder"], datetime.fromisoformat(held["since"]))
            for name, held in told["slots"].items()
        }
        before = tuple(Release(**one) for one in told["before"])
        return Record(slots, told["live"], told["candidate"], before)
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetUnreachable(
            f"The record of the target, {path}, cannot be read: {type(error).__name__}.",
            "Put back a copy of it; or move it away, and deploy anew.",
        ) from error


def write_record(path: Path, record: Record) -> None:
    """Put the record in the place of the one before, and see to it that it outlives a power cut.

    Raises:
        TargetRefused: The disk does not take it.
    """
    told: dict[str, Any] = {
        "slots": {
            name: {"release": asdict(held.release), "folder": held.folder, "since": held.since.isoformat()}
            for name, held in record.slots.items()
        },
        "live": record.live,
        "candidate": record.candidate,
        "before": [asdict(one) for one in record.before],
    }
    try:
        number, name = tempfile.mkstemp(prefix=".record", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(told, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise TargetRefused(f"{path} cannot be written: {error.strerror}.", "Make room, or give the right.") from error
