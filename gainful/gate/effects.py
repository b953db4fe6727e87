"""The door to mailboxes: decide, journal the intent, act in batches, settle. After a crash: look before acting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.core.mail import Place
from gainful.gate.journal import Effect, Journal, Kind, Settled, State
from gainful.gate.search import Finder
from gainful.policy import request as policy
from gainful.policy.decide import decide
from gainful.sdk.grant import Grant
from gainful.sdk.mail import Mailbox

FactsOf = Callable[[Effect], policy.Facts]
"""Finds out what is known about an effect's mail, independently of the job that asks."""

QUIET = timedelta(seconds=1)
"""How long a server may still be busy with a command whose connection broke: look again after this."""

Allowed = tuple[Effect, tuple[str, ...]]
"""An effect and the ids of the rules that allow it."""

_TOOLS = {
    Kind.KEYWORDS: ("mail.change_keywords", policy.Effect.CONTAINED),
    Kind.MOVE: ("mail.move", policy.Effect.REVERSIBLE),
    Kind.DRAFT: ("mail.append_draft", policy.Effect.CONTAINED),
}


class EffectDoor:
    """The only caller of a mailbox's changing methods.

    Args:
        account: Under which the journal knows this mailbox.
        facts_of: Asked once per effect, at the moment of execution.
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
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._journal = journal
        self._facts_of = facts_of
        self._clock = clock
        self._sleep = sleep

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
        """The effects that may happen, with the rules that allow them, and the outcomes of those that may not."""
        allowed: list[Allowed] = []
        denied = []
        for effect in effects:
            decision = decide(self._request(effect), self._facts_of(effect))
            if decision.allowed:
                allowed.append((effect, decision.rules))
            else:
                denied.append(Settled(effect, State.DENIED, note=decision.reason))
        return allowed, denied

    def _carry_out(self, allowed: Sequence[Allowed]) -> list[Settled]:
        """Act batch by batch, each settled before the next begins."""
        done: list[Settled] = []
        for batch in _batches(allowed):
            outcomes = self._try([effect for effect, _ in batch], batch[0][1])
            self._journal.settle(outcomes, self._clock())
            done.extend(outcomes)
        return done

    def _request(self, effect: Effect) -> policy.Request:
        tool, reach = _TOOLS[effect.kind]
        # Taking a move back brings the mail into sight again, so only a first move takes anything away.
        takes_away = effect.kind is Kind.MOVE and not effect.reverses
        return policy.Request(tool, reach, takes_away=takes_away)

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
        grant = Grant(key=first.key, tool=_TOOLS[first.kind][0], rules=rules)
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


def _batches(effects: Iterable[Allowed]) -> list[list[Allowed]]:
    """Neighbours that one command can serve, in the order given. A draft is a batch of its own."""
    return [[pair for _, pair in group] for _, group in groupby(enumerate(effects), key=_alike)]


def _alike(numbered: tuple[int, Allowed]) -> tuple[object, ...]:
    number, (effect, _) = numbered
    own = number if effect.kind is Kind.DRAFT else -1
    return (effect.kind, effect.place.folder, effect.place.validity, effect.add, effect.remove, effect.to, own)
