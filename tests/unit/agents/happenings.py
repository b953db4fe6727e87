"""Happenings and agents for tests, each as short as it can be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gainful.agents.waking.happening import Arrived, Heard
from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.core.mail import MailRecord
from gainful.core.mail import Place as MailPlace
from gainful.sdk.chat import ChatEvent, EventKind, Message, Place

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def agent(*triggers: dict[str, Any], name: str = "handbook", owner: str = "ada", **more: Any) -> WakeableAgent:
    return WakeableAgent(name, owner, triggers_from(triggers), **more)


def heard(
    kind: EventKind,
    text: str = "What does it cost?",
    *,
    sender: str = "U1",
    thread: str = "",
    by_agent: bool = False,
    hops: int = 0,
    event_id: str = "e1",
    detail: dict[str, str] | None = None,
    **more: Any,
) -> Heard:
    """Something in the room C1, called help, of the chat slack."""
    message = Message(
        Place("C1", "100.1", thread), sender, text, NOON, by_agent=by_agent, hops=hops, link="https://c/1"
    )
    told = None if kind is EventKind.COMMAND else message
    event = ChatEvent(event_id, kind, sender, "C1", NOON, told, detail or {})
    return replace(Heard("slack", event, room_name="help"), **more)


def mail(
    sender: str = "bo@example.org",
    subject: str = "Invoice 7",
    *labels: str,
    account: str = "work",
    sha256: str = "ab" * 32,
    received_at: datetime = NOON,
) -> Arrived:
    record = MailRecord(
        id="mail1",
        account="imap://me@mail.example.org",
        place=MailPlace("INBOX", "1", "7"),
        message_id="<7@example.org>",
        sha256=sha256,
        thread="<7@example.org>",
        from_addr=sender,
        from_name="Bo",
        subject=subject,
        received_at=received_at,
        size=100,
        flags=frozenset(),
    )
    return Arrived(account, record, "work:1:7:INBOX", labels)
