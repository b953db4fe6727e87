"""What the declaration of the chat tools says of whose words come back, and where they may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gainful.connectors.chat.errors import ChatArgumentInvalid
from gainful.connectors.chat.tools import instant
from gainful.core.label import TYPED, Integrity
from gainful.core.tool import Effect, Role
from gainful.core.value import uniform
from gainful.policy.attribution import object_name, returned
from gainful.sdk.declaration import declared

TOOLS = declared("chat")
ROOM = {"room": uniform("team:help", TYPED)}
LINE = {
    "id": "team:C1/7",
    "sender": "U1",
    "name": "Bo <3",
    "at": "2026-11-24 09:00 UTC",
    "text": "Pay me",
    "by_agent": True,
    "link": "https://x/7",
    "room": "help",
}
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize("tool", ["chat.history", "chat.thread", "chat.mentions"])
def test_what_people_write_and_how_they_call_themselves_is_whoevers(tool: str) -> None:
    value = returned(TOOLS[tool], ROOM, [LINE], {})
    tainted = {name for name, part in (value[0].fields or {}).items() if part.label.tainted}
    assert tainted == {"name", "text", "room"}
    assert value[0]["text"].label.sources == {f"chat:{tool}"}


def test_what_was_written_on_a_message_is_read_with_it_ever_after() -> None:
    spec = TOOLS["chat.post"]
    written = {object_name(pattern, uniform({"id": "team:C1/7"}, TYPED)) for pattern in spec.writes}
    read = object_name(TOOLS["chat.history"].returns.objects["[]"], uniform(LINE, TYPED))
    assert written == {read} == {"chat:team:C1/7"}


def test_whom_a_message_reaches_is_a_target_and_a_reply_has_none() -> None:
    assert TOOLS["chat.post"].arguments["room"] is Role.TARGET
    assert Role.TARGET not in TOOLS["chat.reply"].arguments.values()
    assert {name for name, spec in TOOLS.items() if spec.effect is Effect.EGRESS} == {
        "chat.post",
        "chat.reply",
        "chat.react",
    }
    found = returned(TOOLS["chat.find"], {"name": uniform("bo", TYPED)}, {"member": "U1", "room": "team:@U1"}, {})
    assert found["room"].label.integrity is Integrity.TRUSTED


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("12h", "2026-11-22T21:30"),
        ("2 d", "2026-11-21T09:30"),
        ("1w", "2026-11-16T09:30"),
        ("1wd", "2026-11-20T09:30"),
        ("2wd", "2026-11-19T09:30"),
        ("2026-11-22", "2026-11-22T00:00"),
        ("2026-11-22T08:00+01:00", "2026-11-22T07:00"),
    ],
)
def test_moments_are_written_as_people_do(given: str, found: str) -> None:
    assert instant(given, NOW) == datetime.fromisoformat(found).replace(tzinfo=UTC)


def test_no_moment_is_none() -> None:
    assert instant(None, NOW) is None
    assert instant("", NOW) is None
    for wrong in ("yesterday", "12", "h", "99999d", "2026-13-01"):
        with pytest.raises(ChatArgumentInvalid):
            instant(wrong, NOW)
