"""The triage run, step by step. Each step is idempotent, so a run that dies is simply gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from gainful.core.mail import Decided
from gainful.jobs.triage import learn
from gainful.jobs.triage.act import Writer, act_portion, failures
from gainful.jobs.triage.decide import decide_portion
from gainful.jobs.triage.deciding.cascade import Cascade
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.mend import mend
from gainful.jobs.triage.observe import observe
from gainful.jobs.triage.scan import Scan, scan
from gainful.jobs.triage.settings import Settings
from gainful.jobs.triage.undo import undo
from gainful.runs.steps import Json, Steps

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many mails are through, and of how many."""

QUESTION = 8
"""Mails in one question to the language model."""


class Consultant(Protocol):
    """Asks a language model about mails that stayed undecided, within its budget."""

    def consult(self, desk: Desk, cascade: Cascade, run_id: str, decided: Sequence[Decided]) -> list[Decided]:
        """The decisions that its answers changed; fewer, or none, when the budget is used up."""

    def writer(self, run_id: str) -> Writer | None:
        """Writes replies, or None when the person wants skeletons."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked to do; the arguments of the job as they are recorded.

    Args:
        source: An account's name, or a mailbox as `maildir:PATH`, `mbox:PATH`, `imaps://…`.
        trigger: `hand`, `nightly` or `new mail`.
        limit: The newest so many mails only; None for all.
    """

    source: str
    apply: bool
    trigger: str = "hand"
    limit: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return {"source": self.source, "apply": self.apply, "trigger": self.trigger, "limit": self.limit}


OpenDesk = Callable[[Order, str], AbstractContextManager[Desk]]
"""Opens an account's desk for the run of this id and holds the account's lock meanwhile."""


class TriageJob:
    """The job `triage`: decide about the inbox and, where asked to, act.

    Args:
        open_desk: How an account's mailbox, books and lock are had.
        consultant: Makes the language model's part for an account's settings; None where none is configured.
        progress: Whom to tell, by run id.
    """

    def __init__(
        self,
        open_desk: OpenDesk,
        consultant: Callable[[Settings], Consultant | None],
        progress: Callable[[str], Progress],
    ) -> None:
        self._open_desk = open_desk
        self._consultant = consultant
        self._progress = progress

    def __call__(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """The run's summary: counts and notes, as JSON."""
        order = Order(**arguments)
        with self._open_desk(order, run_id) as desk:
            consultant = self._consultant(desk.settings)
            return _Run(desk, steps, run_id, order, consultant, self._progress(run_id)).go()


class _Run:
    def __init__(
        self,
        desk: Desk,
        steps: Steps,
        run_id: str,
        order: Order,
        consultant: Consultant | None,
        progress: Progress,
    ) -> None:
        self._desk = desk
        self._steps = steps
        self._run_id = run_id
        self._order = order
        self._consultant = consultant
        self._progress = progress
        self._notes: list[str] = []
        self._stopped = ""

    def go(self) -> dict[str, Any]:
        """Recover, observe, scan, decide, ask, act; in this order."""
        desk, order = self._desk, self._order
        if self._is_stopped():
            return self._close(Scan("", "", [], "", 0))
        self._step("recover", lambda: len(desk.door.recover()))
        if order.trigger != "new mail":
            self._progress("Looking at what you did since", 0, 0)
            self._step("observe", lambda: len(observe(desk, self._run_id)))
        self._progress("Looking for mail", 0, 0)
        found = Scan(**self._step("scan", self._scan))
        if found.resynced:
            self._notes.append(f"The server renumbered the inbox; {found.resynced} mails were recognised by content.")
        if found.total:
            self._work(found)
        return self._close(found)

    def _work(self, found: Scan) -> None:
        """Decide, ask and act; nothing of it happens when no mail has come."""
        # Learned outside a step: the same books teach the same thing, and a model is too large to record.
        cascade = learn.cascade(self._desk)
        undecided: list[str] = []
        through = 0
        for number, portion in enumerate(found.portions):
            if self._is_stopped():
                return
            undecided += self._step(f"decide {number}", partial(self._decide, cascade, found.folder, portion))
            through += len(portion)
            self._progress("Deciding", through, found.total)
        if self._consultant is not None and undecided:
            self._ask(cascade, self._consultant, undecided)
        if self._order.apply:
            self._act(found.total)

    def _scan(self) -> Json:
        found = scan(self._desk, only_new=self._order.trigger == "new mail", limit=self._order.limit)
        return {name: getattr(found, name) for name in Scan.__dataclass_fields__}

    def _decide(self, cascade: Cascade, folder: str, portion: list[str]) -> Json:
        return decide_portion(self._desk, cascade, self._run_id, folder, portion)

    def _ask(self, cascade: Cascade, consultant: Consultant, undecided: list[str]) -> None:
        for number, ids in enumerate(_chunks(undecided, QUESTION)):
            if self._is_stopped():
                return
            self._step(f"ask {number}", partial(self._consult, cascade, consultant, ids))
            self._progress("Asking the language model", min((number + 1) * QUESTION, len(undecided)), len(undecided))

    def _consult(self, cascade: Cascade, consultant: Consultant, ids: list[str]) -> Json:
        decided = self._desk.mails.decided_in(self._run_id, ids)
        changed = consultant.consult(self._desk, cascade, self._run_id, decided)
        self._desk.mails.save_decisions(self._run_id, changed)
        return len(changed)

    def _act(self, total: int) -> None:
        ids = [item.record.id for item in self._desk.mails.decided_in(self._run_id)]
        writer = self._consultant.writer(self._run_id) if self._consultant else None
        through = 0
        for number, portion in enumerate(_chunks(ids, 200)):
            if self._is_stopped():
                return
            odd = self._step(f"act {number}", partial(self._act_on, portion, writer))
            self._notes += [f"{mail_id}: {note}" for mail_id, state, note in odd if state != "denied"]
            through += len(portion)
            self._progress("Putting in order", through, total)

    def _act_on(self, portion: list[str], writer: Writer | None) -> Json:
        self._desk.prepare(self._run_id, portion)
        return [list(item) for item in failures(act_portion(self._desk, self._run_id, portion, writer))]

    def _close(self, found: Scan) -> dict[str, Any]:
        if self._is_stopped():
            # The folder counts as unread behind the last run's mark, so that the next run finds what this one left.
            return {"mails": found.total, "notes": self._notes, "stopped": self._stopped}
        if self._order.apply and found.last_uid:
            # Only now: a scan for new mail starts behind this, so nothing before it may be left undone.
            self._desk.mails.save_folder_state(self._desk.account, found.folder, found.validity, found.last_uid)
        return {"mails": found.total, "notes": self._notes}

    def _is_stopped(self) -> bool:
        """Whether a person has stopped triage: this run then ends, and what is left is for another one."""
        self._stopped = self._stopped or self._desk.door.stopped()
        return bool(self._stopped)

    def _step(self, name: str, work: Callable[[], Json]) -> Any:
        return self._steps(name, lambda: self._desk.patiently(work))


class UndoJob:
    """The job `undo`: take back what a run, or all runs together, did to mails."""

    def __init__(self, open_desk: OpenDesk) -> None:
        self._open_desk = open_desk

    def __call__(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """What was restored and what was left, as JSON."""
        order = Order(source=arguments["source"], apply=True, trigger="undo")
        with self._open_desk(order, run_id) as desk:
            steps("recover", lambda: desk.patiently(lambda: len(desk.door.recover())))

            def take_back() -> Json:
                standing = [item for key in arguments["targets"] for item in _standing(desk, key)]
                undone = undo(desk, run_id, standing)
                left = [[item.mail_id, item.subject, item.reason] for item in undone.left]
                return {"restored": list(undone.restored), "left": left}

            return steps("undo", lambda: desk.patiently(take_back))


class MendJob:
    """The job `mend`: put a mail right that the person has corrected."""

    def __init__(self, open_desk: OpenDesk) -> None:
        self._open_desk = open_desk

    def __call__(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """Whether the mailbox was changed, as JSON."""
        order = Order(source=arguments["source"], apply=True, trigger="correction")
        with self._open_desk(order, run_id) as desk:
            label = desk.labels[arguments["label"]]
            steps("recover", lambda: desk.patiently(lambda: len(desk.door.recover())))
            return steps("mend", lambda: desk.patiently(lambda: mend(desk, run_id, arguments["mail"], label)))


def _standing(desk: Desk, target: Mapping[str, str]) -> list[Any]:
    if "run" in target:
        return desk.effects.done_in(target["run"])
    return desk.effects.done_to(target["mail"])


def _chunks(ids: Iterable[str], size: int) -> list[list[str]]:
    everything = list(ids)
    return [everything[start : start + size] for start in range(0, len(everything), size)]
