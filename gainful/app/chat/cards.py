"""Approvals in chats: whoever may answer is shown the exact effect and presses a button; the rest is as everywhere.

A button's id is the approval's id and a nonce, nothing else. The nonce stands for the digest of the card that was
shown: what has changed since then is not approved, however late or often somebody presses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import gainful.app.chat.card_text as card_text
from gainful.app.chat.connections import Connections
from gainful.app.chat.people import People
from gainful.app.guarding.approvals import Approvals
from gainful.core.clock import Clock
from gainful.core.errors import Broken, Invalid, Refused
from gainful.core.ids import IdFactory, random_id, stable_id
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import Approval, ApprovalClosed, CardChanged, NoSuchApproval, State, Verdict
from gainful.gate.approval_book import ApprovalBook
from gainful.gate.audit import AuditEvent, AuditKind, AuditLog
from gainful.gate.delivery import NOTICE, notice
from gainful.sdk.chat import Button, ChatEvent, Words
from gainful.storage.chat.card_store import Card, CardStore
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostKind

SPEAKER = "gainful"
"""Whose messages the cards are marked as."""

NONCE = 20
"""Digits of a nonce, five bits each."""

VERDICTS = {"approve": Verdict.ACCEPT, "decline": Verdict.REFUSE}
AFTER = {Verdict.ACCEPT: (State.ACCEPTED, State.SPENT), Verdict.REFUSE: (State.REFUSED,)}

NOBODY = "I do not know who you are, so you cannot answer. `gainful chat link` says who is who."
UNKNOWN_CARD = "I do not know this card any more. `gainful approvals` shows what waits."
NOT_YOURS = "{0} is not among those who may answer here."
CHANGED = "What this card shows is not what would happen now, so nothing was approved. Look for the new question."
UNSEEN = "It was not shown whole here, so it cannot be approved here."
DONE = {Verdict.ACCEPT: "Approved, exactly this and once.", Verdict.REFUSE: "Declined. Nothing happens."}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one card goes.

    Args:
        members: Ids of those whom it is for: several where it is shown in a thread, else one.
        place: The thread where it is shown to everybody there; None for a direct message.
    """

    chat: str
    members: tuple[str, ...]
    place: AnswerPlace | None = None


class Cards:
    """Shows waiting approvals, takes the answers, and shows what became of them.

    Args:
        answering: Gives the approvals as one person may answer them.
        asked_from: Where in a chat a run was asked; None where it was not.
    """

    def __init__(
        self,
        store: CardStore,
        outbox: OutboxStore,
        book: ApprovalBook,
        answering: Callable[[str], Approvals],
        asked_from: Callable[[str], AnswerPlace | None],
        people: People,
        connections: Connections,
        audit: AuditLog,
        clock: Clock,
        new_id: IdFactory = lambda: random_id(NONCE),
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._book = book
        self._answering = answering
        self._asked_from = asked_from
        self._people = people
        self._connections = connections
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def look(self) -> None:
        """Show what waits and was not shown, and put an end to the cards of what waits no more."""
        waiting = {approval.id: approval for approval in self._book.waiting(self._clock())}
        opened = sorted(self._store.open(), key=lambda card: card.approval_id)
        shown = {}
        for approval_id, group in groupby(opened, key=lambda card: card.approval_id):
            cards = list(group)
            standing = waiting.get(approval_id)
            stale = [card for card in cards if standing is None or card.card != standing.card]
            if stale:
                self._close(approval_id, stale)
            shown[approval_id] = len(cards) > len(stale)
        for approval in waiting.values():
            if not shown.get(approval.id):
                self._show(approval)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show(self, approval: Approval) -> None:
        cards = [self._card(approval, recipient) for recipient in self._recipients(approval)]
        if cards:
            self._store.show(cards)

    def _card(self, approval: Approval, recipient: Recipient) -> tuple[Card, Post]:
        now, nonce, place = self._clock(), self._new_id(), recipient.place
        text = card_text.question(approval, now)
        words = Words(
            text or card_text.too_long(approval),
            agent=SPEAKER,
            hops=1,
            buttons=tuple(_buttons(approval.id, nonce, whole=bool(text))),
            mention=recipient.members if place is not None else (),
        )
        post = Post(
            key=stable_id("card", approval.id, approval.card, recipient.chat, *recipient.members, length=20),
            chat=recipient.chat,
            room=place.room if place is not None else "",
            words=words,
            at=now,
            due_at=self._due(approval, recipient, now),
            thread=(place.thread or place.message) if place is not None else "",
            kind=PostKind.CARD,
            run_id=approval.run_id,
            member=recipient.members[0] if place is None else "",
            tool=NOTICE,
        )
        return Card(nonce, approval.id, approval.card, recipient.chat, post.key, now), post

    def _due(self, approval: Approval, recipient: Recipient, now: datetime) -> datetime:
        """When it is shown: at once where somebody asked, or it would expire in the night; else after quiet hours."""
        quiet = self._connections.setting(recipient.chat).quiet_hours()
        end = quiet.end(now) if quiet is not None else None
        if end is None or end >= approval.expires_at or self._asked_from(approval.run_id) is not None:
            return now
        return end

    def _recipients(self, approval: Approval) -> Iterator[Recipient]:
        origin = self._asked_from(approval.run_id)
        found = [self._reach(person, origin) for person in self._approvers(approval)]
        together = [one for one in found if one is not None and one.place is not None]
        if together:
            yield replace(together[0], members=tuple(member for one in together for member in one.members))
        yield from (one for one in found if one is not None and one.place is None)

    def _approvers(self, approval: Approval) -> Sequence[str]:
        """Who is asked: those who are named; else whoever asked, if they may answer, or the owner in their place."""
        approvers = approval.approvers
        if approvers.people:
            wanted = sorted(approvers.people)
        elif approvers.four_eyes:
            wanted = list(self._people.trusted)
        else:
            trusted = approval.requester in self._people.trusted
            wanted = [approval.requester if trusted else self._people.owner]
        return [person for person in wanted if not approvers.objection(person, approval.requester)]

    def _reach(self, person: str, origin: AnswerPlace | None) -> Recipient | None:
        """The chat in which this person is asked: the one where the run was, else the first that knows them."""
        names = [name for name in self._connections.names() if self._connections.setting(name).approvals != "off"]
        if origin is not None and origin.chat in names:
            names.insert(0, origin.chat)
        for name in names:
            member = self._people.member(name, person)
            if member:
                here = origin is not None and origin.chat == name and bool(origin.message)
                open_ = self._connections.setting(name).approvals == "thread"
                return Recipient(name, (member,), origin if here and open_ else None)
        return None

    # --- answering ----------------------------------------------------------------------------------------------------

    def press(self, chat: str, event: ChatEvent) -> str:
        """Take somebody's press for what it is worth, tell them, and show what became of it; the same as a note.

        Raises:
            GainfulError: The database cannot be used; the press is to be handled again.
        """
        said = self._pressed(chat, event)
        self._whisper(chat, event, said)
        return said

    def _pressed(self, chat: str, event: ChatEvent) -> str:
        word, _, rest = event.detail.get("button", "").partition(":")
        approval_id, _, nonce = rest.partition(":")
        card = self._store.find(nonce) if nonce and word in VERDICTS else None
        if card is None or card.chat != chat or card.approval_id != approval_id or not self._is_there(card, event):
            return UNKNOWN_CARD
        person = self._people.person(chat, event.sender)
        if not person:
            self._note(card, event, "", NOBODY)
            return NOBODY
        said = self._answered(card, event, person, VERDICTS[word])
        self._settle(card.approval_id)
        return said

    def _answered(self, card: Card, event: ChatEvent, person: str, verdict: Verdict) -> str:
        try:
            approval = self._book.find(card.approval_id, self._clock())
            if not approval.approvers.people and person not in self._people.trusted:
                # On this machine whoever may open the installation may answer; in a chat anybody may press.
                said = NOT_YOURS.format(person)
                self._note(card, event, person, said)
                return said
            if approval.answered_by == person and approval.state in AFTER[verdict]:
                return DONE[verdict]
            if verdict is Verdict.ACCEPT and not card_text.question(approval, self._clock()):
                return UNSEEN
            self._answering(person).answer(card.approval_id, verdict, card=card.card)
        except CardChanged:
            return CHANGED
        except ApprovalClosed as error:
            return str(error)
        except (Refused, Invalid, Broken) as error:
            self._note(card, event, person, str(error))
            return str(error)
        return DONE[verdict]

    def _is_there(self, card: Card, event: ChatEvent) -> bool:
        """Whether the button that was pressed is on the message that shows the card, as far as both are known."""
        post = self._outbox.get(card.post)
        if post is None or post.place is None or event.message is None:
            return post is not None
        place = event.message.place
        return (place.room, place.message) == (post.place.room, post.place.message)

    def _whisper(self, chat: str, event: ChatEvent, text: str) -> None:
        key = stable_id("pressed", chat, event.id, length=20)
        self._connections.whisper(chat, notice(key), event, text)

    def _note(self, card: Card, event: ChatEvent, person: str, said: str) -> None:
        """Let the audit log know that somebody tried to answer who may not."""
        detail = {"chat": card.chat, "member": event.sender, "note": said}
        event_ = AuditEvent(
            self._clock(), AuditKind.FINDING, actor=person or event.sender, verdict="refused",
            approval=card.approval_id, detail=detail,
        )  # fmt: skip
        self._audit.append([event_])

    # --- what became of it --------------------------------------------------------------------------------------------

    def _settle(self, approval_id: str) -> None:
        """Put an end to the cards of an approval that waits no more."""
        opened = [card for card in self._store.of(approval_id) if not card.closed]
        if opened:
            approval = self._book.find(approval_id, self._clock())
            stale = [card for card in opened if approval.state is not State.WAITING or card.card != approval.card]
            if stale:
                self._close(approval_id, stale)

    def _close(self, approval_id: str, cards: Sequence[Card]) -> None:
        try:
            approval = self._book.find(approval_id, self._clock())
        except NoSuchApproval:
            text = UNKNOWN_CARD
        else:
            waits = approval.state is State.WAITING
            text = card_text.changed(approval) if waits else card_text.answered(approval)
        self._store.close(cards, Words(text, agent=SPEAKER, hops=1), self._clock())


def _buttons(approval_id: str, nonce: str, *, whole: bool) -> Iterator[Button]:
    """What can be pressed. What is not shown whole cannot be approved."""
    if whole:
        yield Button(f"approve:{approval_id}:{nonce}", "Approve")
    yield Button(f"decline:{approval_id}:{nonce}", "Decline", danger=True)
