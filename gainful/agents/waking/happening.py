"""What can happen outside that wakes agents, as it is noticed: before anybody has asked whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gainful.core.label import Confidentiality, Integrity, Label
from gainful.core.mail import MailRecord
from gainful.core.value import Json
from gainful.sdk.chat import ChatEvent


def strange(source: str) -> Label:
    """The label of what strangers may have written, and what is nobody's outside the company."""
    return Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({source}))


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that has happened in a chat.

    Args:
        chat: Name of the chat in the settings.
        person: Who caused it, as Gainful knows them; empty when nobody has said who that member is.
        room_name: As people call the room, where the chat tells it.
        sender_name: As people call the sender, where the chat tells it.
        me: Id of the account that the agents write with.
    """

    chat: str
    event: ChatEvent
    person: str = ""
    room_name: str = ""
    sender_name: str = ""
    me: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail about which triage has decided.

    Args:
        account: Name of the account in the settings.
        tool_id: By which `mail.read` finds it.
        labels: What was decided, the main label first.
        hops: How many agents' messages lie between it and a person: 1 where an agent of ours has sent it.
    """

    account: str
    record: MailRecord
    tool_id: str
    labels: tuple[str, ...] = ()
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """A signed request of another system, the signature found to be right.

    Args:
        key: What makes it this delivery and no other, out of what was signed.
        body: Parsed JSON, or a text.
        event: What kind it is, as the sender says.
    """

    key: str
    body: Json
    at: datetime
    event: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """A file has another content than it had.

    Args:
        path: With the name of the folder in the settings in front, as `files.read` takes it.
        sha256: Of what it holds now.
        number: How many changes of this file have been seen, this one included.
        is_new: It was not there before.
        hops: How many agents' writings lie between it and a person: 1 where an agent of ours has written it.
    """

    path: str
    sha256: str
    number: int
    at: datetime
    is_new: bool = False
    hops: int = 0


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run of an agent or a job is over.

    Args:
        agent: Of the agent, or of the job.
        state: `done`, `failed` or `stopped`.
        text: What it says at its end.
        label: Of that text.
        hops: Of the run.
    """

    run_id: str
    agent: str
    state: str
    at: datetime
    text: str = ""
    label: Label = field(default_factory=lambda: strange("run:event"))
    hops: int = 0


@dataclass(frozen=True, slots=True)
class MeetingEnded:
    """A meeting of somebody's is over, and no other one follows it at once. What it was about is not told.

    Args:
        calendar: Name of the calendar in the settings.
    """

    calendar: str
    began: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A person starts an agent by hand.

    Args:
        key: Drawn by whoever asks: the same key is the same request.
        words: What they typed.
        about: What the run is told besides, such as a recorded event to try it on.
    """

    key: str
    person: str
    words: str
    at: datetime
    about: Mapping[str, Json] = field(default_factory=dict)
