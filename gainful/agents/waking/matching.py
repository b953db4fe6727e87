"""Which of an agent's triggers a happening fits. Pure: the same question has the same answer.

    fitting(agent.triggers, Arrived("work", record, "…", ("invoice",)))      # the MailTrigger, or None

Where several fit, the first one counts: one happening wakes an agent once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase

from gainful.agents.waking.happening import Arrived, Asked, Changed, Delivered, Heard, MeetingEnded, RunEnded
from gainful.agents.waking.trigger import (
    CommandTrigger,
    DirectTrigger,
    FileTrigger,
    HandTrigger,
    MailTrigger,
    MeetingTrigger,
    MentionTrigger,
    MessageTrigger,
    ReactionTrigger,
    RunTrigger,
    Trigger,
    WebhookTrigger,
)
from gainful.sdk.chat import EventKind

Happening = Heard | Arrived | Delivered | Changed | RunEnded | MeetingEnded | Asked


def fitting(triggers: Sequence[Trigger], happening: Happening) -> Trigger | None:
    """The first of the triggers that the happening fits; None when it fits none."""
    return next((trigger for trigger in triggers if fits(trigger, happening)), None)


def fits(trigger: Trigger, happening: Happening) -> bool:
    """Whether this trigger is meant by what has happened."""
    match happening:
        case Heard():
            return _fits_chat(trigger, happening)
        case Arrived():
            return isinstance(trigger, MailTrigger) and _fits_mail(trigger, happening)
        case Delivered():
            return isinstance(trigger, WebhookTrigger) and (not trigger.event or happening.event in trigger.event)
        case Changed():
            return isinstance(trigger, FileTrigger) and _fits_file(trigger, happening)
        case RunEnded():
            return isinstance(trigger, RunTrigger) and _fits_run(trigger, happening)
        case MeetingEnded():
            return isinstance(trigger, MeetingTrigger) and _fits_meeting(trigger, happening)
        case Asked():
            return isinstance(trigger, HandTrigger)


def holds(text: str, pattern: str) -> bool:
    """Whether the parts of the pattern between its stars stand in the text, in this order, in any case."""
    folded, at = text.casefold(), 0
    for part in pattern.casefold().split("*"):
        found = folded.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file's name fits one of these, with `*` and `?`. A hidden file does only where the dot is written."""
    return any(
        fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith(".")) for pattern in patterns
    )


def _fits_chat(trigger: Trigger, heard: Heard) -> bool:
    event = heard.event
    text = event.message.text if event.message is not None else ""
    match trigger:
        case MentionTrigger():
            meant = event.kind is EventKind.MENTION and _in_room(trigger.rooms, heard)
            return meant and _here(trigger.chat, heard) and _holds_any(text, trigger.pattern)
        case DirectTrigger():
            return event.kind is EventKind.DIRECT and _here(trigger.chat, heard) and _holds_any(text, trigger.pattern)
        case MessageTrigger():
            # The account is every agent's: naming it does not keep an agent from being meant by the words.
            meant = event.kind in (EventKind.MESSAGE, EventKind.MENTION) and _in_room(trigger.rooms, heard)
            return meant and _here(trigger.chat, heard) and _holds_any(text, trigger.pattern)
        case ReactionTrigger():
            meant = event.kind is EventKind.REACTION and event.detail.get("name", "") in _bare(trigger.reaction, ":")
            return meant and _here(trigger.chat, heard) and _in_room(trigger.rooms, heard)
        case CommandTrigger():
            command = event.detail.get("command", "").removeprefix("/")
            meant = event.kind is EventKind.COMMAND and command in _bare(trigger.command, "/")
            return meant and _here(trigger.chat, heard) and _in_room(trigger.rooms, heard)
    return False


def _bare(words: Iterable[str], mark: str) -> set[str]:
    return {word.strip(mark) for word in words}


def _here(chats: Sequence[str], heard: Heard) -> bool:
    return not chats or heard.chat in chats


def _in_room(rooms: Sequence[str], heard: Heard) -> bool:
    """Whether the room is one of these: by its id, its name, or `CHAT:` with either."""
    if not rooms:
        return True
    names = {heard.event.room, heard.room_name.removeprefix("#")} - {""}
    wanted = {room.removeprefix(f"{heard.chat}:").removeprefix("#") for room in rooms}
    return bool(names & wanted)


def _holds_any(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(holds(text, pattern) for pattern in patterns)


def _fits_mail(trigger: MailTrigger, mail: Arrived) -> bool:
    subject = mail.record.subject.casefold()
    return (
        (not trigger.account or mail.account in trigger.account)
        and (not trigger.sender or any(_is_from(pattern, mail.record.from_addr) for pattern in trigger.sender))
        and (not trigger.subject or any(words.casefold() in subject for words in trigger.subject))
        and (not trigger.label or bool(set(trigger.label) & set(mail.labels)))
    )


def _is_from(pattern: str, address: str) -> bool:
    """Whether an address is the pattern, or lies in its domain or below where the pattern begins with `@`."""
    wanted, found = pattern.casefold(), address.casefold()
    if not wanted.startswith("@"):
        return wanted == found
    return found.endswith(wanted) or found.rpartition("@")[2].endswith("." + wanted[1:])


def _fits_file(trigger: FileTrigger, changed: Changed) -> bool:
    folder, _, name = changed.path.rpartition("/")
    return folder == trigger.path and is_named(name, trigger.pattern) and (trigger.new or not changed.is_new)


def _fits_run(trigger: RunTrigger, ended: RunEnded) -> bool:
    return ended.agent in trigger.agent and ended.state in trigger.state


def _fits_meeting(trigger: MeetingTrigger, ended: MeetingEnded) -> bool:
    return ended.calendar in trigger.calendar and ended.at - ended.began >= timedelta(minutes=trigger.minutes)
