"""Replay: a run from what was recorded of it, step by step, and what today's rules would say to each step.

    replay = app.replays.of("7h2k9")
    for frame in replay.frames: ...     # what it had seen, what it decided, the verdict then and now, what happened
    replay.differences                  # the frames about which today's rules think otherwise

It is read-only: nothing is written, nothing is sent, no model is asked and nothing is held in a budget.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gainful.app.explaining.today import LookingBack, TodaysVerdicts
from gainful.app.explaining.why import Approved, Explanation, Reading, Step, Verdict, verdicts_of
from gainful.app.stores import Stores
from gainful.core.label import Label
from gainful.core.money import Money
from gainful.core.redaction import redact
from gainful.core.run import Run
from gainful.core.value import Json, Value
from gainful.gate.approval import Approval
from gainful.gate.audit import AuditKind
from gainful.gate.audit import Recorded as Entry
from gainful.gate.call import Recorded as Call
from gainful.gate.call import State as CallState
from gainful.gate.course import PLAN, TOLD
from gainful.gate.dialogue import RecordedTurn, TurnState, turn_from
from gainful.gate.effects import TOOLS
from gainful.gate.journal import Settled
from gainful.gate.model import TOOL as MODEL_TOOL
from gainful.ledger.report import NOTHING
from gainful.policy.catalogue import sentence
from gainful.policy.decision import Decision

LONGEST = 4_000
"""Characters of one text that a frame keeps."""

_PAST = {"allow": "allowed", "ask": "asked about", "deny": "denied"}
ANSWER, WANTED, TOLD_TITLE = "its answer", "it wanted", "What it was told"
DEPLOYS_ADD = "What the plan of a deployment adds to the rules is not asked again, and was part of what was decided."


@dataclass(frozen=True, slots=True)
class Part:
    """A text that was recorded: an argument, an answer, the model's words.

    Args:
        label: Whose words they are; None where nobody noted it.
    """

    what: str
    text: str
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided about one call, and what would be decided now.

    Args:
        then: None where nobody wrote a decision down.
        now: None where nothing can be said.
    """

    tool: str
    then: Verdict | None
    now: Verdict | None

    @property
    def changed(self) -> bool:
        """Whether today's rules would answer otherwise."""
        return bool(self.difference)

    @property
    def difference(self) -> str:
        """What today's rules would answer otherwise, in a sentence; empty where they would not."""
        then, now = self.then, self.now
        if then is None or now is None or then.verdict == now.verdict:
            return ""
        rules = ", ".join(rule for rule, _ in now.rules)
        return f"{_PAST.get(then.verdict, then.verdict)} then, {_PAST.get(now.verdict, now.verdict)} now by {rules}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a run.

    Args:
        kind: `told`, `plan`, `model`, `call`, `mail`, `waiting` or `end`.
        seen: What the run had read by then, and whose words that was; for a mail its parts.
        parts: The texts of the step itself.
        decided: What the run itself made of it, in a sentence; empty for what decides nothing.
        state: How a call ended, such as `done` or `held back`; empty for what is no call.
        cost: Of this step.
        so_far: Of all steps up to this one.
    """

    number: int
    kind: str
    step: str
    title: str
    at: datetime | None = None
    seen: tuple[Reading, ...] = ()
    parts: tuple[Part, ...] = ()
    decided: str = ""
    judged: tuple[Judged, ...] = ()
    approvals: tuple[Approved, ...] = ()
    happened: tuple[str, ...] = ()
    state: str = ""
    cost: Money = NOTHING
    so_far: Money = NOTHING

    @property
    def differs(self) -> bool:
        """Whether today's rules would answer otherwise about something in it."""
        return any(one.changed for one in self.judged)


@dataclass(frozen=True, slots=True)
class Replay:
    """A run, step by step.

    Args:
        told: Why it did what it did, as `gainful why` tells it.
        by: The manifest by which the steps were judged again, in words.
        remarks: What the reader has to know about the judging.
    """

    run: Run
    told: Explanation
    frames: tuple[Frame, ...]
    by: str
    remarks: tuple[str, ...]

    @property
    def differences(self) -> tuple[Frame, ...]:
        """The frames about which today's rules think otherwise."""
        return tuple(frame for frame in self.frames if frame.differs)


def without_mails(found: Replay) -> Replay:
    """The same for who may not see the mailbox: that there were mails, and not which."""
    frames = tuple(
        replace(one, title="A mail, shown to the owner alone", seen=(), decided="", happened=())
        if one.kind == "mail"
        else one
        for one in found.frames
    )
    return replace(found, frames=frames)


class Replays:
    """Replays runs of one installation.

    Args:
        why: Explains a run.
    """

    def __init__(self, stores: Stores, looking_back: LookingBack, why: Callable[[str], Explanation]) -> None:
        self._stores = stores
        self._looking_back = looking_back
        self._why = why

    def of(self, target: str) -> Replay:
        """The run of this id, or its beginning; or that decided about this mail last.

        Raises:
            NothingToExplain: There is none.
        """
        told = self._why(target)
        run, stores = told.run, self._stores
        mails, of_calls = ([one for one in told.steps if one.of_mail is of_mail] for of_mail in (True, False))
        # A run under way may have intended another call since it was explained.
        calls, effects = stores.calls.of_run(run.id)[: len(of_calls)], stores.effects.of_run(run.id)
        waiting = stores.book.waiting(stores.clock(), run_id=run.id)
        resumed = [at for step in told.steps for one in step.approvals if (at := _instant(one.at)) is not None]
        now = self._looking_back.verdicts(run, calls, [one.effect for one in effects], resumed)
        entries = list(stores.audit.rows(run=run.id))
        frames = [
            *_mails(mails, effects, now),
            *(_call(call, step, now) for call, step in zip(calls, of_calls, strict=True)),
            *_turns(stores.turns.of_run(run.id), entries, now),
        ]
        frames.sort(key=_order(entries))
        frames += [*map(_waits, waiting), *_end(run)]
        return Replay(run, told, tuple(_numbered(frames)), now.by, tuple(_remarks(run, now)))


# --- frames -----------------------------------------------------------------------------------------------------------


def _mails(steps: Sequence[Step], effects: Sequence[Settled], now: TodaysVerdicts) -> Iterator[Frame]:
    of_mail: dict[str, list[Settled]] = {}
    for settled in effects:
        of_mail.setdefault(settled.effect.mail_id, []).append(settled)
    for step in steps:
        then = {one.tool: one for one in step.verdicts}
        judged = [
            Judged(tool, then.get(tool), _now(tool, now.effects.get(settled.effect.key)))
            for settled in of_mail.get(step.id, [])
            for tool in [TOOLS[settled.effect.kind]]
        ]
        yield Frame(
            0, "mail", step.id, step.title, seen=step.read, decided=step.chosen, judged=tuple(judged),
            happened=step.happened,
        )  # fmt: skip


def _call(call: Call, step: Step, now: TodaysVerdicts) -> Frame:
    if call.tool in (TOLD.name, PLAN):
        kind, title = ("told", TOLD_TITLE) if call.tool == TOLD.name else ("plan", "The plan it is held to")
        value = call.result if kind == "told" else call.arguments["plan"]
        part = Part(title, _cut(_text(value.plain)), value.whole)
        return Frame(0, kind, call.step, title, call.intended_at, parts=(part,))
    parts = [_part(name, value) for name, value in call.arguments.items()]
    if call.state is CallState.DONE:
        parts.append(Part(ANSWER, _cut(_text(call.result.plain)), call.result.whole))
    decided = [one for one in step.verdicts if one.tool == call.tool]
    then = decided[-1] if decided else None
    if then is None and call.state is CallState.DECLINED:
        # Only what must be asked about can be declined; that it was asked is in the approval.
        then = Verdict("", call.tool, "ask", "", ())
    judged = Judged(call.tool, then and _plainly(then), _now(call.tool, now.calls.get(call.key)))
    return Frame(
        0, "call", call.step, call.tool, call.intended_at, parts=tuple(parts), judged=(judged,),
        approvals=step.approvals, happened=step.happened, state=str(call.state),
    )  # fmt: skip


def _plainly(verdict: Verdict) -> Verdict:
    """What was decided; in a rehearsal `would allow` stands for `allow`."""
    return replace(verdict, verdict=verdict.verdict.removeprefix("would "))


def _turns(turns: Sequence[RecordedTurn], entries: Sequence[Entry], now: TodaysVerdicts) -> Iterator[Frame]:
    """The questions to the model: those that were put, and those that were refused."""
    put = {turn.step: turn for turn in turns}
    asked = [entry for entry in entries if entry.kind == AuditKind.DECISION and entry.tool == MODEL_TOOL]
    then = {entry.step: verdict for entry, verdict in zip(asked, verdicts_of(asked), strict=True)}
    for step, turn in put.items():
        yield _turn(turn, Judged(MODEL_TOOL, then.get(step), _now(MODEL_TOOL, now.question)))
    for step, verdict in then.items():
        if step not in put and verdict.verdict != "allow":
            judged = Judged(MODEL_TOOL, verdict, _now(MODEL_TOOL, now.question))
            yield Frame(
                0, "model", step, "The language model", _instant(verdict.at), judged=(judged,),
                happened=(f"It was not asked. {verdict.reason}",),
            )  # fmt: skip


def _turn(turn: RecordedTurn, judged: Judged) -> Frame:
    parts: list[Part] = []
    decided = "It has not answered yet." if turn.state is TurnState.OPEN else f"It gave no answer. {turn.note}"
    if turn.state is TurnState.DONE:
        said = turn_from(turn.answer)
        wanted = [f"{one.tool} {_text(one.arguments)}" for one in said.calls]
        shown = (("it said", said.text), (WANTED, "\n".join(wanted)))
        parts = [Part(what, _cut(text)) for what, text in shown if text]
        decided = f"To call {_count(len(wanted), 'tool')}." if wanted else "To answer, and to call nothing more."
    tokens = f"{turn.tokens.prompt:,} tokens read, {turn.tokens.output:,} written"
    return Frame(
        0, "model", turn.step, turn.model, turn.begun_at, parts=tuple(parts), decided=decided, judged=(judged,),
        happened=(tokens,), cost=turn.cost,
    )  # fmt: skip


def _waits(approval: Approval) -> Frame:
    """What a person is being asked, which nobody has done yet."""
    proposal = approval.proposals[0]
    labels = proposal.explanation.labels
    parts = [Part(name, _cut(_text(value)), labels.get(name)) for name, value in sorted(proposal.arguments.items())]
    reasons = [(one.rule, one.sentence) for one in proposal.explanation.reasons]
    why = reasons[0][1] if reasons else ""
    asked = Verdict(approval.asked_at.isoformat(), proposal.tool, "ask", why, tuple(reasons))
    card = Approved(approval.id, approval.card, str(approval.state), "", "")
    return Frame(
        0, "waiting", proposal.step, proposal.tool, approval.asked_at, parts=tuple(parts),
        judged=(Judged(proposal.tool, asked, None),), approvals=(card,), happened=("It waits for a person's word.",),
    )  # fmt: skip


def _end(run: Run) -> Iterator[Frame]:
    if run.ended_at is not None:
        text = str(run.summary.get("text") or run.summary.get("stopped") or run.summary.get("what") or "")
        parts = (Part("how it ended", _cut(text)),) if text else ()
        yield Frame(0, "end", "end", f"It ended: {run.state}", run.ended_at, parts=parts)


def _numbered(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The frames with their number, what the run had read before each, and what it had cost by then."""
    so_far, read = NOTHING, list[Reading]()
    for number, frame in enumerate(frames, 1):
        so_far += frame.cost
        seen = tuple(read) if frame.kind == "model" else frame.seen
        yield replace(frame, number=number, seen=seen, so_far=so_far)
        answer = frame.parts[-1] if frame.kind in ("told", "call") and frame.parts else None
        if answer is not None and answer.label is not None and answer.what in (ANSWER, TOLD_TITLE):
            read.append(Reading(frame.title, answer.label))


def _order(entries: Sequence[Entry]) -> Callable[[Frame], float]:
    """Where a frame stands: by the first entry of the audit log about it, which counts what happened in turn."""
    first: dict[tuple[str, str], int] = {}
    for entry in entries:
        first.setdefault((entry.step, entry.tool), entry.seq)

    def place(frame: Frame) -> float:
        tool = {"told": TOLD.name, "plan": "", "model": MODEL_TOOL}.get(frame.kind, frame.title)
        return first.get((frame.step, tool), float("inf"))

    # Mails keep the order in which they were decided: about many of them nothing is in the log.
    return lambda frame: -1 if frame.kind == "mail" else place(frame)


def _remarks(run: Run, now: TodaysVerdicts) -> Iterator[str]:
    if now.problem:
        yield f"Today's rules cannot be asked: {now.problem}"
    if run.job == "deploy":
        yield DEPLOYS_ADD


# --- texts ------------------------------------------------------------------------------------------------------------


def _now(tool: str, decision: Decision | None) -> Verdict | None:
    if decision is None:
        return None
    rules = tuple((rule, sentence(rule)) for rule in decision.rules)
    return Verdict("", tool, str(decision.verdict), decision.reason, rules)


def _part(what: str, value: Value) -> Part:
    shown = f"{what} ({value.derivation})" if value.derivation else what
    return Part(shown, _cut(_text(value.plain)), value.whole)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if value is None or value in ({}, []):
        return "nothing"
    flat = isinstance(value, list) and not any(isinstance(one, dict | list) for one in value)
    return json.dumps(value, ensure_ascii=False, indent=None if flat else 1, default=str)


def _cut(text: str) -> str:
    text = redact(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… and {len(text) - LONGEST:,} characters more"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
