"""The occurrence that a happening is for one agent: its id, what the run is told, whose words it is, where answers go.

occurrence = occurrence_of(agent, trigger, heard)
too_far(agent, occurrence)       # why it may not wake the agent; empty when it may
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gainful.agents.waking.happening import Arrived, Asked, Changed, Delivered, Heard, MeetingEnded, RunEnded, strange
from gainful.agents.waking.matching import Happening
from gainful.agents.waking.trigger import CommandTrigger, DirectTrigger, MentionTrigger, Trigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.core.ids import stable_id
from gainful.core.label import TYPED, Confidentiality, Integrity, Label, join
from gainful.core.occurrence import AnswerPlace, Occurrence
from gainful.core.value import Json
from gainful.sdk.chat import EventKind, Message

CLOCK = Label(Integrity.TRUSTED, Confidentiality.PUBLIC, frozenset({"clock"}))
LENGTH = 20
"""Digits of an occurrence's id, five bits each: strangers choose part of what it is made of."""

LONGEST_TEXT = 20_000
"""Characters of one text that a run is told."""


def occurrence_of(agent: WakeableAgent, trigger: Trigger, happening: Happening) -> Occurrence:
    """What the happening is for this agent, woken by this trigger."""
    match happening:
        case Heard():
            return _of_chat(agent, trigger, happening)
        case Arrived():
            return _of_mail(agent, trigger, happening)
        case Delivered():
            return _of_webhook(agent, trigger, happening)
        case Changed():
            return _of_file(agent, trigger, happening)
        case RunEnded():
            return _of_run(agent, trigger, happening)
        case MeetingEnded():
            return _of_meeting(agent, trigger, happening)
        case Asked():
            return _by_hand(agent, trigger, happening)


def slot_occurrence(agent: WakeableAgent, trigger: Trigger, due: datetime, zone: ZoneInfo) -> Occurrence:
    """One slot of a schedule. Its id follows from the instant: whoever finds it due finds the same occurrence."""
    shown = due.astimezone(zone)
    return Occurrence(
        id=_id("slot", agent.name, trigger.title, due.isoformat()),
        agent=agent.name,
        trigger=trigger.title,
        at=due,
        about={"time": f"{shown:%A} {shown.isoformat(timespec='minutes')}"},
        label=CLOCK,
    )


def is_own(agent: WakeableAgent, happening: Happening) -> bool:
    """Whether the agent itself has brought it about: what it says, and that it has ended, is no news to it."""
    if isinstance(happening, Heard):
        return bool(happening.me) and happening.event.sender == happening.me
    return isinstance(happening, RunEnded) and happening.agent == agent.name


def too_far(agent: WakeableAgent, occurrence: Occurrence) -> str:
    """Why it may not wake the agent; empty when it may. This is what ends circles of agents that wake each other."""
    if occurrence.hops <= agent.hops:
        return ""
    return f"{occurrence.hops} agents' messages lie between it and a person; {agent.hops} are allowed."


def compared(occurrence: Occurrence) -> dict[str, Json]:
    """What tells whether an occurrence has anything new to say: what the run is told, without what names this one."""
    return {name: value for name, value in occurrence.about.items() if name not in _NAMES}


_NAMES = frozenset({"id", "run", "message", "thread", "link"})


# --- chat -----------------------------------------------------------------------------------------------------------


def _of_chat(agent: WakeableAgent, trigger: Trigger, heard: Heard) -> Occurrence:
    event, message = heard.event, heard.event.message
    root = _root(heard)
    return Occurrence(
        id=_id("chat", agent.name, heard.chat, *_identity(heard)),
        agent=agent.name,
        trigger=trigger.title,
        at=event.at,
        about=_told_of_chat(heard, root),
        label=strange("chat:event"),
        person=heard.person,
        words=_own_words(agent, trigger, heard),
        answer_to=AnswerPlace(
            chat=heard.chat,
            room=event.room,
            thread=root,
            message=message.place.message if message is not None else "",
            member=event.sender,
        ),
        hops=_hops(event.kind, message),
        work_item=f"chat:{heard.chat}:{event.room}:{root or (message.place.message if message else event.id)}",
    )


def _identity(heard: Heard) -> tuple[str, ...]:
    """What makes it this happening: the event; of reactions, the message and which one, whoever adds it."""
    event = heard.event
    if event.kind is EventKind.REACTION and event.message is not None:
        return "reaction", event.room, event.message.place.message, event.detail.get("name", "")
    return "event", event.id


def _root(heard: Heard) -> str:
    """The message that begins the thread to answer in; empty where people talk without threads."""
    message = heard.event.message
    if message is None:
        return ""
    if heard.event.kind is EventKind.DIRECT:
        return message.place.thread
    return message.place.thread or message.place.message


def _told_of_chat(heard: Heard, root: str) -> dict[str, Json]:
    event, message = heard.event, heard.event.message
    told: dict[str, Json] = {
        "text": (message.text if message is not None else event.detail.get("text", ""))[:LONGEST_TEXT],
        "sender": heard.sender_name or event.sender,
        "room": f"{heard.chat}:{event.room}",
    }
    if heard.room_name:
        told["room_name"] = heard.room_name
    if message is not None:
        told |= {"message": message.place.message, "thread": root, "link": message.link}
    if event.kind is EventKind.REACTION:
        told["reaction"] = event.detail.get("name", "")
    if event.kind is EventKind.COMMAND:
        told["command"] = event.detail.get("command", "")
    return told


def _own_words(agent: WakeableAgent, trigger: Trigger, heard: Heard) -> str:
    """What the agent's owner has said to it. What they said to others, or reacted to, is no wish of theirs."""
    said_to_it = isinstance(trigger, MentionTrigger | DirectTrigger | CommandTrigger)
    if not said_to_it or not heard.person or heard.person != agent.owner:
        return ""
    message = heard.event.message
    if message is None:
        return heard.event.detail.get("text", "")
    # An agent that writes in its owner's name is not its owner.
    return "" if message.by_agent or message.sender != heard.event.sender else message.text


def _hops(kind: EventKind, message: Message | None) -> int:
    """How many agents' messages lie between the one that is woken and a person."""
    if message is None or kind is EventKind.REACTION:
        return 0
    # A mark that does not tell how many still tells of one.
    return max(message.hops, 1) if message.by_agent else message.hops


# --- the others -----------------------------------------------------------------------------------------------------


def _of_mail(agent: WakeableAgent, trigger: Trigger, mail: Arrived) -> Occurrence:
    record = mail.record
    return Occurrence(
        # By its bytes: they stay when a server gives it another number, and nobody else's mail can have them.
        id=_id("mail", agent.name, record.account, record.sha256),
        agent=agent.name,
        trigger=trigger.title,
        at=record.received_at,
        about={
            "id": mail.tool_id,
            "account": mail.account,
            "from": record.from_addr,
            "from_name": record.from_name,
            "subject": record.subject,
            "label": ", ".join(mail.labels),
        },
        label=strange("mail:event"),
        hops=mail.hops,
        work_item=f"mail:{record.id}",
    )


def _of_webhook(agent: WakeableAgent, trigger: Trigger, delivered: Delivered) -> Occurrence:
    body = delivered.body[:LONGEST_TEXT] if isinstance(delivered.body, str) else delivered.body
    return Occurrence(
        id=_id("webhook", agent.name, trigger.title, delivered.key),
        agent=agent.name,
        trigger=trigger.title,
        at=delivered.at,
        about={"event": delivered.event, "text" if isinstance(body, str) else "body": body},
        label=strange("webhook:event"),
    )


def _of_file(agent: WakeableAgent, trigger: Trigger, changed: Changed) -> Occurrence:
    return Occurrence(
        id=_id("file", agent.name, trigger.title, changed.path, changed.sha256, str(changed.number)),
        agent=agent.name,
        trigger=trigger.title,
        at=changed.at,
        about={"path": changed.path, "change": "new" if changed.is_new else "changed", "sha256": changed.sha256},
        label=strange("file:event"),
        hops=changed.hops,
    )


def _of_run(agent: WakeableAgent, trigger: Trigger, ended: RunEnded) -> Occurrence:
    return Occurrence(
        id=_id("run", agent.name, ended.run_id),
        agent=agent.name,
        trigger=trigger.title,
        at=ended.at,
        about={"agent": ended.agent, "run": ended.run_id, "state": ended.state, "text": ended.text[:LONGEST_TEXT]},
        label=join(ended.label, Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"run:event"}))),
        hops=ended.hops + 1,
    )


def _of_meeting(agent: WakeableAgent, trigger: Trigger, ended: MeetingEnded) -> Occurrence:
    return Occurrence(
        id=_id("meeting", agent.name, ended.calendar, ended.at.isoformat()),
        agent=agent.name,
        trigger=trigger.title,
        at=ended.at,
        about={"calendar": ended.calendar, "since": ended.began.isoformat(), "ended": ended.at.isoformat()},
        # Whoever invites chooses when a meeting is.
        label=strange("calendar:event"),
    )


def _by_hand(agent: WakeableAgent, trigger: Trigger, asked: Asked) -> Occurrence:
    is_owner = asked.person == agent.owner
    about: dict[str, Json] = {**asked.about, "text": asked.words} if asked.words else dict(asked.about)
    return Occurrence(
        id=_id("hand", agent.name, asked.key),
        agent=agent.name,
        trigger=trigger.title,
        at=asked.at,
        about=about,
        label=TYPED if is_owner and not asked.about else strange("hand:event"),
        person=asked.person,
        words=asked.words if is_owner else "",
    )


def _id(*parts: str) -> str:
    return stable_id("occurrence of", *parts, length=LENGTH)
