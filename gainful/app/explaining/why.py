"""Why: what was asked of a run, what it read, what was decided by which rule, who approved, and what happened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gainful.app.explaining.wording import approval_said, effect_ended, ended, outlined, titled
from gainful.app.tooling.tools import installed_tools
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid
from gainful.core.label import Label
from gainful.core.mail import Decided
from gainful.core.run import Run
from gainful.core.value import Value
from gainful.gate.audit import AuditKind
from gainful.gate.audit import Recorded as Entry
from gainful.gate.call import Recorded as Call
from gainful.gate.course import PLAN, TOLD
from gainful.gate.journal import Settled, State
from gainful.ledger.report import Spending
from gainful.policy.catalogue import sentence
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.effect_store import EffectStore
from gainful.storage.gate.manifest_store import ManifestStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

_TRIGGERS = {
    "hand": "Somebody started it by hand.",
    "nightly": "The nightly schedule started it.",
    "schedule": "A schedule started it.",
    "new mail": "New mail started it.",
    "undo": "Somebody took something back.",
    "correction": "Somebody corrected what was decided about a mail.",
}


class NothingToExplain(Invalid):
    """No run, and no step of the run, has this id."""

    code = "nothing-to-explain"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was read or given, and whose words it holds."""

    what: str
    label: Label


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision of the policy.

    Args:
        rules: Id and sentence of each rule that decided.
    """

    at: str
    tool: str
    verdict: str
    reason: str
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """What a person was asked and said.

    Args:
        card: Digest of what they were shown; empty when it is not there any more.
    """

    id: str
    card: str
    state: str
    by: str
    at: str

    @property
    def said(self) -> str:
        """What became of it: `accepted by ada at 2026-11-22 12:00 UTC`."""
        return approval_said(self.state, self.by, self.at)


@dataclass(frozen=True, slots=True)
class Step:
    """One mail or one call of a run.

    Args:
        title: What it was about.
        chosen: What the run itself made of it, by which means and why; empty for a call.
        happened: What was done and how it ended.
        undo: How to take it back.
        of_mail: It is a mail, and so for those alone who may see the mailbox.
        outline: The title of a call without the texts in it.
    """

    id: str
    title: str
    read: tuple[Reading, ...]
    chosen: str
    verdicts: tuple[Verdict, ...]
    approvals: tuple[Approved, ...]
    happened: tuple[str, ...]
    undo: str
    of_mail: bool = False
    outline: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a run did what it did.

    Args:
        asked: What was asked of it, by whom or what.
        manifest: The version of the manifest that holds now, for comparison.
        verdicts: How often each tool got each verdict by which rules.
        noticed: What was stopped or found on the way.
    """

    run: Run
    asked: str
    manifest: str
    steps: tuple[Step, ...]
    verdicts: Mapping[tuple[str, str, tuple[str, ...]], int]
    noticed: tuple[str, ...]
    spent: Spending
    undo: str
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Records:
    """Where the answers are written down."""

    runs: RunStore
    mails: MailStore
    effects: EffectStore
    calls: CallStore
    audit: AuditStore
    book: ApprovalStore
    ledger: LedgerStore
    manifests: ManifestStore


def explain(records: Records, target: str, step: str, clock: Clock) -> Explanation:
    """Why this run did what it did; of one step alone where one is named.

    Args:
        target: Id of a run or its beginning; or of a mail, for the last run that decided about it.
        step: Id of a mail, or name of a call's step; empty for all.

    Raises:
        NothingToExplain: There is no such run, or no such step in it.
    """
    run, step = _found(records, target, step)
    entries = list(records.audit.rows(run=run.id))
    steps = [*_mails(records, run, entries), *_calls(records, run, entries, clock)]
    if step:
        steps = [one for one in steps if one.id == step] or [one for one in steps if one.id.startswith(step)]
        if not steps:
            raise NothingToExplain(
                f"Run {run.id} has no step '{step[:80]}'.", f"`gainful why {run.id} --all` lists its steps."
            )
        shown = {one.id for one in steps}
        entries = [entry for entry in entries if entry.step in shown]
    counts = Counter(
        (entry.tool, entry.verdict, _rules(entry)) for entry in entries if entry.kind == AuditKind.DECISION
    )
    return Explanation(
        run=run,
        asked=_asked(run),
        manifest=_manifest(records, run, entries),
        steps=tuple(steps),
        verdicts=dict(counts),
        noticed=(*_noticed(run), *_findings(entries)),
        spent=records.ledger.spending(run=run.id),
        undo=_undo_run(records, run),
        rules={rule: sentence(rule) for key in counts for rule in key[2]},
    )


def without_mails(found: Explanation, whom: str = "not told to programs") -> Explanation:
    """The same for a program: mails are for people alone, so that steps which are mails are left out, and counted."""
    kept = tuple(step for step in found.steps if not step.of_mail)
    left = len(found.steps) - len(kept)
    note = f"{left} of its steps are mails, which are {whom}." if left else ""
    return replace(found, steps=kept, noticed=(*found.noticed, *filter(None, (note,))))


def without_texts(found: Explanation) -> Explanation:
    """The same for who may see that runs were, and not what they read and wrote."""
    told = without_mails(found, "for the owner alone")
    return replace(told, steps=tuple(replace(step, title=step.outline or step.title) for step in told.steps))


def _found(records: Records, target: str, step: str) -> tuple[Run, str]:
    run = records.runs.find(target)
    if run is not None:
        return run, step.strip()
    try:
        decided = records.mails.latest_decision(records.mails.find(target).id)
    except GainfulError:
        decided = None
    run = records.runs.find(decided.run_id) if decided is not None else None
    if run is None or decided is None or step:
        raise NothingToExplain(f"No run has the id '{target[:80]}'.", "`gainful runs` lists them.")
    return run, decided.record.id


def _asked(run: Run) -> str:
    trigger = _TRIGGERS.get(run.trigger, f"The trigger '{run.trigger}' woke it.")
    may = "It was asked to act" if run.applied else "It was asked for a preview, which changes nothing"
    return f"{trigger} {may}, on {run.account}." if run.account else f"{trigger} {may}."


def _manifest(records: Records, run: Run, entries: Sequence[Entry]) -> str:
    """The version under which the run acted, as its decisions name it."""
    # What is taken back or put right happens under the manifest of the job that did it.
    agent = "triage" if run.job in ("undo", "mend") else run.job
    named = next((name for entry in entries if (name := json.loads(entry.detail).get("manifest"))), "")
    if not named:
        return ""
    numbers = {version.digest: version.number for version in records.manifests.history(agent)}
    if named not in numbers:
        return f"of '{agent}', as it was shipped, digest {named[:12]}"
    return f"version {numbers[named]} of '{agent}', digest {named[:12]}"


def _noticed(run: Run) -> Iterator[str]:
    if run.state == "stopped":
        yield str(run.summary.get("stopped", "It was stopped."))
    if run.state == "failed":
        yield " ".join(str(run.summary.get(name, "")) for name in ("what", "next_move")).strip()


def _findings(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        detail = _detail(entry)
        if entry.kind in (AuditKind.FINDING, AuditKind.BUDGET):
            yield str(detail.get("note") or detail.get("reason") or entry.verdict)
        elif entry.kind == AuditKind.STOP:
            reason = str(detail.get("reason") or "")
            yield f"{entry.actor}: {entry.verdict}{f', {reason}' if reason else ''}."


def _undo_run(records: Records, run: Run) -> str:
    if run.job == "triage" and records.effects.done_in(run.id):
        return f"gainful undo {run.id}"
    return ""


# --- triage: a step is a mail ----------------------------------------------------------------------------------------


def _mails(records: Records, run: Run, entries: Sequence[Entry]) -> Iterator[Step]:
    decided = {item.record.id: item for item in records.mails.decided_in(run.id)}
    done: dict[str, list[Settled]] = {}
    for settled in records.effects.of_run(run.id):
        done.setdefault(settled.effect.mail_id, []).append(settled)
    by_step: dict[str, list[Entry]] = {}
    for entry in entries:
        by_step.setdefault(entry.step, []).append(entry)
    for mail_id in dict.fromkeys([*decided, *done]):
        item, effects = decided.get(mail_id), done.get(mail_id, [])
        yield Step(
            id=mail_id,
            title=f"{item.record.from_addr}: {item.record.subject}" if item else "a mail of an earlier run",
            read=_mail_labels(),
            chosen=_chosen(item) if item else "",
            verdicts=tuple(verdicts_of(by_step.get(mail_id, []))),
            approvals=(),
            happened=tuple(effect_ended(settled) for settled in effects) or ("Nothing was done to it.",),
            undo=f"gainful undo {mail_id}" if any(one.state is State.DONE for one in effects) else "",
            of_mail=True,
        )


def _mail_labels() -> tuple[Reading, ...]:
    """Whose words the parts of a mail are, as the connectors declare it."""
    returns = installed_tools()["mail.fetch"].returns
    named = [Reading(path.rpartition(".")[2], label) for path, label in sorted(returns.labels.items())]
    rest = Label(returns.default.integrity, returns.default.confidentiality, frozenset({"mail.fetch"}))
    return (*named, Reading("everything else in it" if named else "the mail", rest))


def _chosen(item: Decided) -> str:
    decision = item.decision
    if not decision.labels:
        return f"undecided; to {decision.action}. {decision.reason}"
    label, sure = ", ".join(decision.labels), f"{min(99, round(100 * decision.probability))} % sure"
    return f"{label}, by {decision.decided_by}, {sure}; to {decision.action}. {decision.reason}"


# --- agents: a step is a call ----------------------------------------------------------------------------------------


def _calls(records: Records, run: Run, entries: Sequence[Entry], clock: Clock) -> Iterator[Step]:
    for call in records.calls.of_run(run.id):
        own = [entry for entry in entries if entry.step == call.step and entry.tool in ("", call.tool)]
        tool = installed_tools().get(call.tool)
        undoable = "" if tool is None or tool.effect == "read" or call.state != "done" else "by hand, where it happened"
        yield Step(
            id=call.step,
            title=titled(call),
            read=tuple(_call_labels(call)),
            chosen="",
            verdicts=tuple(verdicts_of(own)),
            approvals=tuple(_approvals(records, call, clock)),
            happened=(ended(call, tool),),
            undo=undoable,
            outline=outlined(call),
        )


def _call_labels(call: Call) -> Iterator[Reading]:
    for name, value in call.arguments.items():
        yield Reading(_with_derivation(name, value), value.whole)
    if call.tool == TOLD.name:
        yield Reading("what it was told", call.result.whole)
    elif call.state == "done" and call.tool != PLAN:
        yield Reading("the answer", call.result.whole)


def _with_derivation(name: str, value: Value) -> str:
    return f"{name} ({value.derivation})" if value.derivation else name


def _approvals(records: Records, call: Call, clock: Clock) -> Iterator[Approved]:
    if not call.approval:
        return
    try:
        found = records.book.find(call.approval, clock())
    except GainfulError as error:
        yield Approved(call.approval, "", error.code, "", "")
        return
    at = found.answered_at.isoformat() if found.answered_at else ""
    yield Approved(found.id, found.card, str(found.state), found.answered_by, at)


# --- the audit log ---------------------------------------------------------------------------------------------------


def verdicts_of(entries: Sequence[Entry]) -> Iterator[Verdict]:
    """What was decided, of those of these entries that are decisions."""
    for entry in entries:
        if entry.kind == AuditKind.DECISION:
            rules = tuple((rule, sentence(rule)) for rule in _rules(entry))
            yield Verdict(entry.at, entry.tool, entry.verdict, str(_detail(entry).get("note", "")), rules)


def _rules(entry: Entry) -> tuple[str, ...]:
    stored = entry.as_json()["rules"]
    return tuple(map(str, stored)) if isinstance(stored, list) else (str(stored),)


def _detail(entry: Entry) -> Mapping[str, Any]:
    stored = entry.as_json()["detail"]
    return stored if isinstance(stored, dict) else {"note": str(stored)}
