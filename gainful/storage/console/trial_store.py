"""Trials of agents that people started from a page: which recording each is of, and one at a time for each person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import Engine

from gainful.storage.database import reading, transaction
from gainful.storage.runs.mark_store import MarkStore


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial.

    Args:
        run_id: Of the run that holds its effects back.
        recorded: Of the run that the recorded input had been.
        version: Digest of the version that is tried.
        most: What it may cost at most, in USD, as a decimal text; empty where the model is free.
    """

    run_id: str
    agent: str
    person: str
    recorded: str
    version: str
    most: str
    at: str


class TrialStore:
    """Keeps trials, and that nobody has two under way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._marks = MarkStore(engine)

    def begin(self, trial: Trial, is_over: Callable[[Trial], bool]) -> Trial | None:
        """Note this trial; or the one of the same person that is not over, and nothing was noted.

        Args:
            is_over: Asked about the person's last trial.
        """
        last = self.last(trial.person)
        if last is not None and not is_over(last):
            return last
        with transaction(self._engine) as connection:
            # Somebody who presses twice at the same moment has begun another one meanwhile.
            now = self._marks.get_in(connection, f"trying:{trial.person}")
            if now != (last.run_id if last is not None else ""):
                return _trial(self._marks.get_in(connection, f"trial:{now}"))
            self._marks.set_in(connection, f"trial:{trial.run_id}", json.dumps(asdict(trial)))
            self._marks.set_in(connection, f"trying:{trial.person}", trial.run_id)
        return None

    def last(self, person: str) -> Trial | None:
        """The last trial of a person."""
        with reading(self._engine) as connection:
            run_id = self._marks.get_in(connection, f"trying:{person}")
            return _trial(self._marks.get_in(connection, f"trial:{run_id}")) if run_id else None

    def find(self, run_id: str) -> Trial | None:
        """The trial that this run is."""
        return _trial(self._marks.get(f"trial:{run_id}"))


def _trial(kept: str) -> Trial | None:
    return Trial(**json.loads(kept)) if kept else None
