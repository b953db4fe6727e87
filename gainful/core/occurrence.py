"""What has woken an agent: a message, a mail, a slot of a schedule. It happens once, however often it is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from gainful.core.label import Label, label_from
from gainful.core.value import Json


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Where in a chat the answer goes.

    Args:
        chat: Name of the chat in the settings, such as `slack`.
        room: As the chat calls it.
        thread: Id of the message that begins the thread.
        message: The message that asked.
        member: Who asked, as the chat calls them.
    """

    chat: str
    room: str
    thread: str = ""
    message: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One happening that an agent is woken for.

    Args:
        id: The same happening has the same id, whoever notices it.
        trigger: The trigger's name in the agent's file.
        at: When it happened, or was due; an aware UTC instant.
        about: What the run is told, such as the text of a message.
        label: Of what it is told.
        person: On whose behalf; empty for the agent's owner.
        words: What the agent's owner typed, empty when somebody else did: it counts as their own wish.
        hops: How many agents' messages lie between it and a person.
        work_item: What the work is for; empty for the occurrence itself.
    """

    id: str
    agent: str
    trigger: str
    at: datetime
    about: Mapping[str, Json]
    label: Label
    person: str = ""
    words: str = ""
    answer_to: AnswerPlace | None = None
    hops: int = 0
    work_item: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and handed to a run."""
        return {
            "id": self.id,
            "agent": self.agent,
            "trigger": self.trigger,
            "at": self.at.astimezone(UTC).isoformat(),
            "about": dict(self.about),
            "label": self.label.as_json(),
            "person": self.person,
            "words": self.words,
            "answer_to": asdict(self.answer_to) if self.answer_to is not None else None,
            "hops": self.hops,
            "work_item": self.work_item,
        }


def occurrence_from(stored: Mapping[str, Any]) -> Occurrence:
    """The occurrence that `Occurrence.as_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: It is none.
    """
    place = stored["answer_to"]
    return Occurrence(
        **{
            **stored,
            "at": datetime.fromisoformat(stored["at"]),
            "label": label_from(stored["label"]),
            "answer_to": AnswerPlace(**place) if place is not None else None,
        }
    )
