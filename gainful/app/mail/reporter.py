"""What is told of a triage run: what it decided, what became of it, what it cost, and what went otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gainful.app.accounts import identity_of
from gainful.app.guarding.guards import Guards
from gainful.app.mail.reports import TriageReport, TriageRow
from gainful.core.mail import Action, Decided
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.config import Account


class Reporter:
    """Puts reports together from what the run has left behind.

    Args:
        label_name: A label's key as people see it.
    """

    def __init__(
        self,
        mails: MailStore,
        effects: EffectStore,
        runs: RunStore,
        ledger: LedgerStore,
        guards: Guards,
        label_name: Callable[[str], str],
    ) -> None:
        self._mails = mails
        self._effects = effects
        self._runs = runs
        self._ledger = ledger
        self._guards = guards
        self._label_name = label_name

    def triage(
        self, run_id: str, account: Account, applied: bool, summary: Mapping[str, Any], finished: tuple[str, ...]
    ) -> TriageReport:
        """The report of a triage run that has ended, or was stopped.

        Args:
            summary: What the run itself returned.
            finished: Ids of interrupted runs that were finished first.
        """
        decided = self._mails.decided_in(run_id)
        outcomes = self._outcomes(run_id) if applied else {}
        stopped = str(summary.get("stopped", ""))
        rows = tuple(
            TriageRow(item.record, item.decision, outcomes.get(item.record.id) or _untouched(item, applied, stopped))
            for item in decided
        )
        run = self._runs.find(run_id)
        seconds = ((run.ended_at or run.started_at) - run.started_at).total_seconds() if run else 0.0
        decisions = [item.decision for item in decided]
        # From the books rather than from the decisions: drafts and failed calls cost too.
        spent = self._ledger.spending(run=run_id)
        return TriageReport(
            run_id=run_id,
            account=identity_of(account),
            applied=applied,
            rows=rows,
            by_means=Counter(str(decision.decided_by) for decision in decisions),
            by_label=Counter(self._label_name(decision.label) for decision in decisions),
            by_action=Counter(str(decision.action) for decision in decisions),
            tokens=spent.tokens,
            cost=spent.cost,
            seconds=round(seconds, 3),
            notes=(*summary.get("notes", ()), *self._standing_notes(run_id, applied, stopped)),
            finished=finished,
            stopped=stopped,
        )

    def _standing_notes(self, run_id: str, applied: bool, stopped: str) -> Iterator[str]:
        """What is to be said of the agent besides what the run noted itself."""
        if stopped:
            done = len({item.effect.mail_id for item in self._effects.done_in(run_id)})
            what = f"{done:,} {'mail was' if done == 1 else 'mails were'} put in order before." if applied else ""
            yield " ".join(filter(None, (stopped, what, self._guards.way_on("triage"))))
        if applied and (waiting := self._guards.waiting("triage")):
            yield waiting

    def _outcomes(self, run_id: str) -> dict[str, str]:
        """What happened to each mail of a run, in a few words."""
        words: dict[str, list[str]] = {}
        for item in self._effects.of_run(run_id):
            words.setdefault(item.effect.mail_id, []).append(item.state if item.note else str(item.effect.kind))
        return {mail_id: ", ".join(parts) for mail_id, parts in words.items()}


def _untouched(item: Decided, applied: bool, stopped: str) -> str:
    """What is said of a mail to which nothing was done."""
    if not applied:
        return "preview"
    return "stopped" if stopped and item.decision.action is not Action.LEAVE else ""
