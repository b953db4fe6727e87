"""The door to tools: decide, hold the budget, ask a person, write down, call, settle. Nothing else calls a tool.

    door = ToolDoor(running, guard, tools, journal, approvals, spending, clock)
    match door.call("step 3", "mail.send", {"to": ["ada@example.org"], "text": "Hello"}):
        case Done(value): ...          # the answer, with its labels
        case Denied(reason): ...       # tell the model; it cannot be argued with
        case Asked(approval_id): ...   # park the run; call again with the same step when it was answered
        case Declined(text): ...       # what the person said instead
        case Failed(reason): ...       # nothing has happened
        case Uncertain(reason): ...    # nobody knows; a person must look

The same step with the same call is one call, however often it is asked for: after a crash it is finished, known not to
have happened, or marked uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused, Unavailable
from gainful.core.ids import IdFactory, random_id, stable_id
from gainful.core.label import TYPED, Label, join_all
from gainful.core.money import NO_TOKENS, Money
from gainful.core.tool import Effect, Role, ToolSpec
from gainful.core.value import Json, Value, uniform
from gainful.gate.approval import Approvers, Terms, ask
from gainful.gate.approval import State as Answer
from gainful.gate.approval_book import Answered, ApprovalBook, Taken, Waiting
from gainful.gate.asking import Asking, exposed_by, objects_in
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import CallJournal, Hold, Recorded, State
from gainful.gate.course import PLAN, TOLD, Course, Running, call_digest, gone
from gainful.gate.guard import Guard
from gainful.gate.outcome import Asked, Declined, Denied, Done, Failed, HeldBack, Outcome, Uncertain
from gainful.gate.proposal import Proposal, ProposalInvalid, canonical
from gainful.ledger.budget import Budget, BudgetExceeded, needs_hold
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, settle
from gainful.policy.attribution import object_name, returned
from gainful.policy.decision import Decision, Verdict
from gainful.policy.plan import Match, Unplanned, plan_from
from gainful.policy.request import Facts, Request
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found, Tool, ToolUnreachable

DAY = timedelta(days=1)
SPENT = "Its process died before it happened, and the approval is spent. Ask again in a new step."
LOST = "Its process died while it was under way, and nothing tells what became of it."
ANYBODY = Approvers()
USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Spending:
    """Where calls are held before they are made.

    Args:
        budgets: Every budget that covers a run, asked at each call: a cap may change while it runs.
        price: The most that one call of a tool costs, by name; free when it is not there.
    """

    budgets: Callable[[str], Sequence[Budget]] = lambda _run_id: ()
    price: Mapping[str, Money] = field(default_factory=dict)


class ToolDoor:
    """The only caller of tools, for one run. Not to be shared between threads.

    Args:
        tools: What the agent's manifest may grant, by name.
        approvers, terms: Who may answer, and for how long.
        rehearsal: Reads are made; every other call is decided, written down, and not made.
    """

    def __init__(
        self,
        running: Running,
        guard: Guard,
        tools: Mapping[str, Tool],
        journal: CallJournal,
        approvals: ApprovalBook,
        spending: Spending,
        clock: Clock,
        *,
        approvers: Approvers = ANYBODY,
        terms: Terms = USUAL,
        new_id: IdFactory = random_id,
        rehearsal: bool = False,
    ) -> None:
        self._rehearsal = rehearsal
        self._running = running
        self._guard = guard
        self._tools = tools
        self._journal = journal
        self._approvals = approvals
        self._spending = spending
        self._clock = clock
        self._approvers = approvers
        self._terms = terms
        self._new_id = new_id
        past = journal.of_run(running.run_id)
        self._known = {call.key: call for call in past}
        self.course = Course(running, {name: tool.spec for name, tool in tools.items()}, past, clock())

    def freeze(self, plan: Mapping[str, Json]) -> None:
        """Hold the run to this plan from now on. It is written down: the run has it after a restart too.

        Args:
            plan: As `gainful.policy.plan.plan_from` reads it.

        Raises:
            PlanInvalid: It is none.
            PlanTooLate: The run has another one, or has read what a stranger may have written.
        """
        digest = call_digest(PLAN, plan)
        call = Recorded(
            stable_id(self._running.run_id, PLAN), self._running.run_id, PLAN, self._guard.agent, PLAN,
            {"plan": uniform(plan, TYPED)}, digest, self._clock(), State.DONE,
        )  # fmt: skip
        if call.key in self._known and self._known[call.key].digest == digest:
            return
        self.course.freeze(plan_from(plan))
        event = AuditEvent(
            call.intended_at, AuditKind.PLAN, call.run_id, PLAN, call.agent, call.agent, verdict="frozen",
            effect=digest, detail={"plan": plan},
        )  # fmt: skip
        self._journal.write(call, [event])
        self._known[call.key] = call

    def tell(self, step: str, value: Value) -> None:
        """Note what the run is told without having asked, with its labels, such as the mail that woke it."""
        key = stable_id(self._running.run_id, step, TOLD.name)
        if key in self._known:
            return
        call = Recorded(
            key, self._running.run_id, step, self._guard.agent, TOLD.name, {}, call_digest(TOLD.name, {"step": step}),
            self._clock(), State.DONE, result=value,
        )  # fmt: skip
        detail = {"labels": {"": value.whole.as_json()}}
        event = AuditEvent(
            call.intended_at, AuditKind.RESULT, call.run_id, step, call.agent, call.agent, TOLD.name, "told",
            effect=call.digest, detail=detail,
        )  # fmt: skip
        self._journal.write(call, [event])
        self._known[key] = call
        self.course.note(call, Unplanned(TOLD.name))

    def foresee(self, tool: str, arguments: Mapping[str, Json]) -> Verdict:
        """What would be decided about this call now. Nothing is written down, held or done."""
        if tool not in self._tools:
            return Verdict.DENY
        spec, match = self._tools[tool].spec, self.course.match(tool, arguments)
        values = self.course.labelled(spec, arguments, match)
        digest = call_digest(tool, arguments)
        call = Recorded("", self._running.run_id, "", self._guard.agent, tool, values, digest, self._clock())
        return self._decided(call, spec, match).verdict

    def call(self, step: str, tool: str, arguments: Mapping[str, Json]) -> Outcome:
        """How this call ended, or what it waits for."""
        try:
            digest = call_digest(tool, arguments)
        except ProposalInvalid as error:
            return self._refused_form(step, tool, str(error))
        key = stable_id(self._running.run_id, step, digest)
        known = self._known.get(key)
        if known is not None and known.state is not State.INTENDED:
            return self._outcome(known)
        if known is not None:
            return self._finish(known)
        if tool not in self._tools:
            return self._refused_form(step, tool, f"There is no tool '{tool[:80]}'.")
        return self._begin(key, digest, step, self._tools[tool].spec, arguments)

    # --- deciding -------------------------------------------------------------------------------------------------

    def _begin(self, key: str, digest: str, step: str, spec: ToolSpec, arguments: Mapping[str, Json]) -> Outcome:
        match = self.course.match(spec.name, arguments)
        values = self.course.labelled(spec, arguments, match)
        call = Recorded(key, self._running.run_id, step, self._guard.agent, spec.name, values, digest, self._clock())
        asking = Asking(call, spec, match, self._decided(call, spec, match), self._guard.version)
        if asking.decision.verdict is Verdict.DENY:
            return self._deny(asking, asking.decision.reason)
        if self._rehearsal and not Request(call.agent, spec, values).is_plain_read:
            return self._hold_back(asking)
        if asking.decision.verdict is Verdict.ASK:
            return self._with_approval(asking)
        return self._execute(asking)

    def _hold_back(self, asking: Asking) -> Outcome:
        """Write down what would have happened."""
        decision = asking.decision
        call = replace(asking.call, state=State.HELD_BACK, note=f"{decision.verdict}: {decision.reason}")
        event = asking.event(self._clock(), AuditKind.DECISION, f"would {decision.verdict}")
        return self._recorded(call, asking.match, [event], self._outcome(call))

    def _decided(self, call: Recorded, spec: ToolSpec, match: Match | None) -> Decision:
        """The decision about a call as things stand now."""
        exposed = self._journal.object_labels(exposed_by(spec, call.arguments))
        at = self._clock()
        facts = Facts(
            tainted=self.course.tainted,
            match=match,
            exposed=exposed,
            course=self.course.counts(call.digest, spec.name, self._in_day(spec.name), at),
        )
        return self._guard.decide(Request(self._guard.agent, spec, call.arguments), facts)

    def _in_day(self, tool: str) -> int:
        grants = self._guard.manifest.grants(tool) if self._guard.manifest is not None else ()
        # Counting takes a query, so it is only done where somebody set a rate.
        if all(grant.per_day is None for grant in grants):
            return 0
        return self._journal.calls_since(self._guard.agent, tool, self._clock() - DAY)

    # --- asking a person --------------------------------------------------------------------------------------------

    def _with_approval(self, asking: Asking) -> Outcome:
        """Act on a person's answer, or ask for one."""
        proposal = asking.proposal()
        at = self._clock()
        standing = self._approvals.take(proposal.digest, self._running.run_id, at)
        if isinstance(standing, Answered) and standing.edit is not None:
            return self._edited(asking, standing, standing.edit)
        if isinstance(standing, Taken):
            return self._execute(replace(asking, call=replace(asking.call, approval=standing.approval_id)))
        if isinstance(standing, Waiting):
            return Asked(standing.approval_id)
        if standing is not None and standing.state is Answer.SPENT:
            return self._spent(asking, standing)
        if standing is not None and standing.state is not Answer.EXPIRED:
            return self._decline(asking, standing)
        # Nobody was asked yet, or not in time.
        four_eyes = self._approvers.four_eyes or self._guard.wants_four_eyes(asking.decision)
        approvers = replace(self._approvers, four_eyes=four_eyes)
        question = ask(self._new_id(), [proposal], self._running.person, at, approvers, self._terms)
        return Asked(self._approvals.ask(question).id)

    def _spent(self, asking: Asking, answered: Answered) -> Outcome:
        """A process took the approval and died before it wrote the intent down: nothing has happened.

        No effect is ever taken twice, so the same step cannot happen any more; another step asks anew.
        """
        call = replace(asking.call, state=State.FAILED, approval=answered.approval_id, note=SPENT)
        event = asking.event(self._clock(), AuditKind.RESULT, str(State.FAILED), note=SPENT)
        return self._recorded(call, asking.match, [event], Failed(SPENT))

    def _edited(self, asking: Asking, answered: Answered, edit: Proposal) -> Outcome:
        """Do what the person wrote instead. Their words count as typed; the manifest and every denial hold for them."""
        before = asking.call.arguments
        values = {
            name: before[name] if canonical(given) == canonical(asking.call.plain.get(name)) else uniform(given, TYPED)
            for name, given in edit.arguments.items()
        }
        theirs = replace(asking.call, arguments=values)
        decision = self._decided(theirs, asking.spec, asking.match)
        edited = replace(asking, call=theirs, decision=decision)
        if decision.verdict is Verdict.DENY:
            return self._deny(edited, decision.reason)
        standing = self._approvals.take(edit.digest, self._running.run_id, self._clock())
        if isinstance(standing, Taken):
            return self._execute(replace(edited, call=replace(theirs, approval=standing.approval_id)))
        return self._decline(edited, answered)

    def _decline(self, asking: Asking, answered: Answered) -> Outcome:
        call = replace(asking.call, state=State.DECLINED, approval=answered.approval_id, note=answered.text)
        asking = replace(asking, call=call)
        events = [asking.event(self._clock(), AuditKind.RESULT, str(answered.state), by=answered.by)]
        return self._recorded(call, asking.match, events, Declined(answered.text, str(answered.state)))

    # --- acting -----------------------------------------------------------------------------------------------------

    def _execute(self, asking: Asking) -> Outcome:
        """Hold the budget, write the intent down, and call."""
        call = asking.call
        event = asking.event(self._clock(), AuditKind.DECISION, str(asking.decision.verdict))
        try:
            # The intent, its audit entry and the hold are durable before the first byte goes out, together or not at
            # all. Unwritten, nothing happens.
            held = self._journal.write(call, [event], self._hold(call))
        except BudgetExceeded as error:
            return self._deny(replace(asking, decision=Decision(Verdict.DENY, ("budget",), str(error))), str(error))
        self._known[call.key] = call
        return self._act(asking, held)

    def _hold(self, call: Recorded) -> Hold | None:
        """What the call needs to be held for it; None when no budget would notice."""
        budgets, price = self._spending.budgets(call.run_id), self._spending.price.get(call.tool, Money(0))
        return Hold(budgets, price) if needs_hold(budgets, price) else None

    def _act(self, asking: Asking, held: Reservation | None) -> Outcome:
        call, tool = asking.call, self._tools[asking.call.tool]
        # Asked once more at the last moment: a stop takes effect before the next effect.
        stopped = self._guard.stopped()
        if stopped:
            return self._settle(asking, replace(call, state=State.DENIED, note=stopped), held, free=True)
        grant = Grant(call.key, call.tool, asking.decision.rules)
        try:
            answer = tool.call(grant, call.plain)
        except (Invalid, Refused) as error:
            return self._settle(asking, replace(call, state=State.FAILED, note=str(error)), held)
        except ToolUnreachable as error:
            state = self._unknown(asking.spec) if error.sent else State.FAILED
            return self._settle(asking, replace(call, state=state, note=str(error)), held)
        return self._settle(asking, self._answered(call, asking.spec, answer), held)

    def _answered(self, call: Recorded, spec: ToolSpec, answer: Json) -> Recorded:
        try:
            canonical(answer)
            objects = self._journal.object_labels(objects_in(spec, uniform(answer, TYPED)))
            return replace(call, state=State.DONE, result=returned(spec, call.arguments, answer, objects))
        except Invalid as error:
            # It has happened, whatever the tool says about it.
            return replace(call, state=State.DONE, note=f"It happened, and its answer could not be kept: {error}")

    def _unknown(self, spec: ToolSpec) -> State:
        # Reading again does no harm.
        return State.FAILED if spec.effect is Effect.READ else State.UNCERTAIN

    def _finish(self, call: Recorded) -> Outcome:
        """Find out about a call whose end nobody saw, and act only where nothing has happened and nobody was asked."""
        tool = self._tools.get(call.tool)
        spec = tool.spec if tool is not None else gone(call)
        match = self.course.match(call.tool, call.plain)
        asking = Asking(call, spec, match, Decision(Verdict.ALLOW, (), ""), self._guard.version)
        held = self._journal.held(call)
        found, why = self._found(tool, call)
        if found is None and spec.effect is Effect.READ:
            found = Found(done=False)
        if found is None:
            return self._settle(asking, replace(call, state=State.UNCERTAIN, note=f"{LOST}{why}"), held)
        if found.done:
            return self._settle(asking, self._answered(call, spec, found.answer), held)
        if call.approval:
            return self._settle(asking, replace(call, state=State.FAILED, note=SPENT), held, free=True)
        decision = self._decided(call, spec, match)
        if not decision.allowed:
            return self._settle(asking, replace(call, state=State.DENIED, note=decision.reason), held, free=True)
        return self._act(replace(asking, decision=decision), held)

    def _found(self, tool: Tool | None, call: Recorded) -> tuple[Found | None, str]:
        """What became of the call; where nobody can be asked, why."""
        if tool is None:
            return None, f" There is no tool '{call.tool}' any more."
        try:
            return tool.find(call.key, call.plain), ""
        except (Invalid, Refused, Unavailable) as error:
            return None, f" {error}"

    # --- writing down ------------------------------------------------------------------------------------------------

    def _settle(self, asking: Asking, call: Recorded, held: Reservation | None, *, free: bool = False) -> Outcome:
        at = self._clock()
        event = replace(asking, call=call).event(self._clock(), AuditKind.RESULT, str(call.state), note=call.note)
        written = self._written(asking.spec, call) if call.state in (State.DONE, State.UNCERTAIN) else {}
        self._journal.settle(call, at, [event], written, self._cost(held, free=free))
        self._known[call.key] = call
        self.course.note(call, asking.match)
        return self._outcome(call)

    def _cost(self, held: Reservation | None, *, free: bool) -> Entry | None:
        if held is None:
            return None
        cost = Money(0, held.held.currency) if free else held.held
        return settle(held, cost, NO_TOKENS, self._clock(), {})

    def _written(self, spec: ToolSpec, call: Recorded) -> dict[str, Label]:
        """The objects that the call changed, with what was written on them."""
        label = join_all(
            value.whole for name, value in call.arguments.items() if spec.arguments.get(name) is not Role.OPTION
        )
        around = {**call.plain, "result": call.result.plain}
        if isinstance(call.result.plain, Mapping):
            around = {**call.result.plain, **around}
        return {object_name(pattern, uniform(around, TYPED)): label for pattern in spec.writes}

    def _deny(self, asking: Asking, reason: str) -> Outcome:
        call = replace(asking.call, state=State.DENIED, note=reason)
        return self._recorded(
            call,
            asking.match,
            [asking.event(self._clock(), AuditKind.DECISION, str(Verdict.DENY))],
            Denied(reason, asking.decision.rules),
        )

    def _refused_form(self, step: str, tool: str, reason: str) -> Outcome:
        """Deny what cannot even be written down as a call: an unknown tool, arguments that are no JSON."""
        run_id = self._running.run_id
        digest = call_digest("refused", {"step": step, "tool": tool[:80], "reason": reason})
        call = Recorded(
            stable_id(run_id, step, digest), run_id, step, self._guard.agent, tool[:80], {}, digest, self._clock(),
            State.DENIED, note=reason,
        )  # fmt: skip
        event = AuditEvent(
            call.intended_at, AuditKind.DECISION, run_id, step, call.agent, call.agent, call.tool, "deny",
            ("well-formed",), detail={"note": reason},
        )  # fmt: skip
        return self._recorded(call, None, [event], Denied(reason, ("well-formed",)))

    def _recorded(self, call: Recorded, match: Match | None, events: list[AuditEvent], outcome: Outcome) -> Outcome:
        """Write down a call that was not made."""
        self._journal.write(call, events)
        self._known[call.key] = call
        self.course.note(call, match)
        return outcome

    def _outcome(self, call: Recorded) -> Outcome:
        match call.state:
            case State.DONE:
                return Done(call.result, call.plain)
            case State.HELD_BACK:
                verdict, _, reason = call.note.partition(": ")
                return HeldBack(verdict, reason)
            case State.DENIED:
                return Denied(call.note)
            case State.DECLINED:
                return Declined(call.note, str(call.state))
            case State.UNCERTAIN:
                return Uncertain(call.note)
        return Failed(call.note)
