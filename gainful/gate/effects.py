"""The door to mailboxes: decide, journal the intent, act in batches, settle. After a crash: look before acting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.core.label import CONSTANT, TYPED, Confidentiality, Integrity, Label
from gainful.core.mail import Place
from gainful.core.tool import ToolSpec
from gainful.core.value import leaf, uniform
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.guard import Guard
from gainful.gate.journal import Effect, Journal, Kind, Settled, State
from gainful.gate.search import Finder
from gainful.policy.decision import Decision
from gainful.policy.request import Facts, Request
from gainful.policy.rules import stopped as stopped_rule
from gainful.sdk.grant import Grant
from gainful.sdk.mail import Mailbox

FactsOf = Callable[[Effect], Facts]
"""Finds out what is known about an effect's mail, independently of the job that asks."""

QUIET = timedelta(seconds=1)
"""How long a server may still be busy with a command whose connection broke: look again after this."""

Allowed = tuple[Effect, tuple[str, ...]]
"""An effect and the ids of the rules that allow it."""

TOOLS = {
    Kind.KEYWORDS: "mail.change_keywords",
    Kind.MOVE: "mail.move",
    Kind.DRAFT: "mail.append_draft",
}
"""The tool that each kind of effect is a call of."""

_SERVER = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"the mail server"}))
_OF_MAIL = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"the mail's text"}))
"""What was decided or written after reading a stranger's mail."""


class EffectDoor:
    """The only caller of a mailbox's changing methods.

    Args:
        account: Under which the journal knows this mailbox.
        facts_of: Asked once per effect, at the moment of execution.
        guard: Of the job on whose behalf it acts.
        tools: As the mailbox's connector declares them.
        sleep: Seconds to wait between two looks after a broken connection.
    """

    def __init__(
        self,
        account: str,
        mailbox: Mailbox,
        journal: Journal,
        facts_of: FactsOf,
        clock: Clock,
        sleep: Callable[[float], None],
        guard: Guard,
        tools: Mapping[str, ToolSpec],
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._journal = journal
        self._facts_of = facts_of
        self._clock = clock
        self._sleep = sleep
        self._guard = guard
        self._tools = tools

    def perform(self, effects: Sequence[Effect]) -> list[Settled]:
        """How each effect ended, in the order given. Effects whose key is known are not done twice.

        Raises:
            MailboxUnreachable: The connection broke. Intended effects stay in the journal; `recover` finishes them.
        """
        known = self._journal.states([effect.key for effect in effects])
        # By key: the same effect asked for twice in one call is one effect.
        fresh = list({effect.key: effect for effect in effects if effect.key not in known}.values())
        # In the order given: a mail that were moved first would be out of reach of its label.
        wanted = list(dict.fromkeys(effect.key for effect in effects if effect.key in known))
        unfinished = [known[key].effect for key in wanted if known[key].state is State.INTENDED]
        outcomes = {key: outcome for key, outcome in known.items() if outcome.state is not State.INTENDED}
        for outcome in [*self._finish(unfinished), *self._begin(fresh)]:
            outcomes[outcome.effect.key] = outcome
        return [outcomes[effect.key] for effect in effects]

    def known(self, keys: Sequence[str]) -> dict[str, Settled]:
        """Those of these effects that the journal has, with their present state."""
        return self._journal.states(keys)

    def stopped(self) -> str:
        """Why nothing may happen now; empty when it may."""
        return self._guard.stopped()

    def recover(self) -> list[Settled]:
        """Finish, or find out about, every effect that a dead process or a broken connection left open."""
        return self._finish(self._journal.unsettled(self._account))

    def _begin(self, effects: Sequence[Effect]) -> list[Settled]:
        """Decide about new effects, write the intent, and act."""
        allowed, denied = self._decide(effects)
        # The intent is durable before the first byte goes out: a crash after this leaves a question, not a secret.
        intended = [*(outcome.effect for outcome in denied), *(effect for effect, _ in allowed)]
        self._journal.intend(intended, self._clock())
        self._journal.settle(denied, self._clock())
        return [*denied, *self._carry_out(allowed)]

    def _finish(self, effects: Sequence[Effect]) -> list[Settled]:
        """Settle effects of unknown fate by looking at the mailbox first, and act only where nothing had happened."""
        if not effects:
            return []
        # A server may still be working on the command whose sender died; a second command would then copy twice.
        self._sleep(QUIET.total_seconds())
        fates = Finder(self._mailbox, self._journal).fates(effects)
        # Decided anew, since facts may have changed meanwhile.
        allowed, denied = self._decide([effect for effect in effects if fates[effect.key] is None])
        found = [fate for fate in fates.values() if fate is not None]
        self._journal.settle([*found, *denied], self._clock())
        return [*found, *denied, *self._carry_out(allowed)]

    def _decide(self, effects: Sequence[Effect]) -> tuple[list[Allowed], list[Settled]]:
        """The effects that may happen, with the rules that allow them, and the outcomes of those that may not.

        What was decided is in the audit log when this returns.
        """
        allowed: list[Allowed] = []
        denied, events = [], []
        stopped = self._guard.stopped() if effects else ""
        for effect in effects:
            decision = self._guard.decide(
                request_of(self._guard.agent, effect, self._tools), self._facts_of(effect), stopped
            )
            events.append(
                self._event(AuditKind.DECISION, effect, str(decision.verdict), decision.rules, decision.reason)
            )
            if decision.allowed:
                allowed.append((effect, decision.rules))
            else:
                denied.append(Settled(effect, _state(decision), note=decision.reason))
        self._guard.record(events)
        return allowed, denied

    def _event(
        self, kind: AuditKind, effect: Effect, verdict: str, rules: tuple[str, ...] = (), note: str = ""
    ) -> AuditEvent:
        return AuditEvent(
            at=self._clock(),
            kind=kind,
            run_id=effect.run_id,
            step=effect.mail_id,
            agent=self._guard.agent,
            actor=self._guard.agent,
            tool=TOOLS[effect.kind],
            verdict=verdict,
            rules=rules,
            effect=effect.key,
            detail={
                "account": self._account,
                "folder": effect.place.folder,
                **_told(effect),
                "note": note,
                "manifest": self._guard.version,
            },
        )

    def _carry_out(self, allowed: Sequence[Allowed]) -> list[Settled]:
        """Act batch by batch, each settled before the next begins."""
        done: list[Settled] = []
        for batch in _batches(allowed):
            effects = [effect for effect, _ in batch]
            stopped = self._guard.stopped()
            if stopped:
                outcomes = [Settled(effect, State.STOPPED, note=stopped) for effect in effects]
            else:
                outcomes = self._try(effects, batch[0][1])
            self._journal.settle(outcomes, self._clock())
            self._guard.record([self._result(outcome) for outcome in outcomes])
            done.extend(outcomes)
        return done

    def _result(self, outcome: Settled) -> AuditEvent:
        return self._event(AuditKind.RESULT, outcome.effect, str(outcome.state), note=outcome.note)

    def _try(self, effects: list[Effect], rules: tuple[str, ...]) -> list[Settled]:
        """Act; where the mailbox says no, find out how far it came: a refusal is an answer, not a crash."""
        try:
            return self._act(effects, rules)
        except (Invalid, Refused) as error:
            finder = Finder(self._mailbox, self._journal)
            return [finder.after_refusal(effect, str(error)) for effect in effects]

    def _act(self, effects: list[Effect], rules: tuple[str, ...]) -> list[Settled]:
        """Call the mailbox once for a batch of like effects."""
        first = effects[0]
        grant = Grant(key=first.key, tool=TOOLS[first.kind], rules=rules)
        if first.kind is Kind.DRAFT:
            return [Settled(first, State.DONE, self._mailbox.append_draft(grant, first.draft))]
        folder = first.place.folder
        if self._mailbox.validity(folder) != first.place.validity:
            # Under a new UIDVALIDITY the same number may be another mail's. Source: RFC 3501, section 2.3.1.1.
            note = f"The server renumbered {folder} meanwhile. The next run finds the mail again by its content."
            return [Settled(effect, State.FAILED, note=note) for effect in effects]
        uids = [effect.place.uid for effect in effects]
        if first.kind is Kind.KEYWORDS:
            self._mailbox.change_keywords(grant, folder, uids, add=first.add, remove=first.remove)
            return [Settled(effect, State.DONE) for effect in effects]
        placed = self._mailbox.move(grant, folder, uids, first.to)
        silent = [effect for effect in effects if effect.place.uid not in placed]
        # A server without UIDPLUS does not say where a mail went: look for it.
        fates = Finder(self._mailbox, self._journal).fates(silent) if silent else {}
        return [self._moved(effect, placed.get(effect.place.uid), fates.get(effect.key)) for effect in effects]

    def _moved(self, effect: Effect, place: Place | None, fate: Settled | None) -> Settled:
        if place is not None:
            return Settled(effect, State.DONE, place)
        return fate or Settled(effect, State.FAILED, note="It could not be moved and lies where it was.")


def request_of(agent: str, effect: Effect, tools: Mapping[str, ToolSpec]) -> Request:
    """What an effect asks of the policy.

    Args:
        tools: As the mailbox's connector declares them.
    """
    # Taking a move back brings the mail into sight again, so only a first move takes anything away.
    takes_away = effect.kind is Kind.MOVE and not effect.reverses
    spec = tools[TOOLS[effect.kind]]
    if effect.kind is Kind.DRAFT:
        return Request(agent, spec, {"raw": leaf("", _OF_MAIL)})
    arguments = {"folder": leaf(effect.place.folder, _SERVER), "uids": leaf(effect.place.uid, _SERVER)}
    if effect.kind is Kind.MOVE:
        # Where to is the person's setting, or where the mail lay before.
        return Request(agent, spec, {**arguments, "to": leaf(effect.to, TYPED)}, takes_away)
    words = {"add": uniform(list(effect.add), _OF_MAIL), "remove": uniform(list(effect.remove), CONSTANT)}
    return Request(agent, spec, {**arguments, **words}, takes_away)


def _state(decision: Decision) -> State:
    """How an effect ends that was not allowed: what a stop held back is no verdict on the effect."""
    return State.STOPPED if stopped_rule.ID in decision.rules else State.DENIED


def _told(effect: Effect) -> dict[str, object]:
    """What an effect changes, for the audit log."""
    if effect.kind is Kind.MOVE:
        return {"to": effect.to, "reverses": effect.reverses}
    if effect.kind is Kind.KEYWORDS:
        return {"add": list(effect.add), "remove": list(effect.remove)}
    return {"draft": effect.message_id}


def _batches(effects: Iterable[Allowed]) -> list[list[Allowed]]:
    """Neighbours that one command can serve, in the order given. A draft is a batch of its own."""
    return [[pair for _, pair in group] for _, group in groupby(enumerate(effects), key=_alike)]


def _alike(numbered: tuple[int, Allowed]) -> tuple[object, ...]:
    number, (effect, _) = numbered
    own = number if effect.kind is Kind.DRAFT else -1
    return (effect.kind, effect.place.folder, effect.place.validity, effect.add, effect.remove, effect.to, own)
