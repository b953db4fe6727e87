"""How words become a Slack message: markdown that calls nobody, a mark that an agent wrote it, buttons.

    content = content_of(words, key="r1:reply")
    await api.api_call("chat.postMessage", json={"channel": "C1", **content})

Slack reads `<!channel>`, `<@U1>` and `<#C1>` as calls, in markdown too. So a `<` before such a sign is parted from it
by a character of no width, which also holds where escapes are shown as they stand. Whom to call is said in a block of
its own. Links are never unfurled: Slack would fetch an address that an agent wrote.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from gainful.core.errors import Broken
from gainful.sdk.chat import Button, NoSuchRoom, Words, WordsTooLong, hushed

LONGEST = 11_500
"""Characters of one message. Slack takes 12,000 of markdown, less what the other blocks and escapes need."""
LONGEST_FALLBACK = 3_900
"""Characters of the text for notifications and screen readers, which an edit limits to 4,000."""
LONGEST_STREAM = 38_000
"""Characters of a message that grows; Slack cuts off beyond 40,000."""
KEY_EVENT = "gainful_key"
"""The type of the metadata that our messages carry."""
MARK = "gainful."
"""How the id of the block that marks a message begins."""

_JOINER = "\u2060"
_CALL = re.compile(r"<(?=[@!#])")
_MEMBER = re.compile(r"[UW][A-Z0-9]{1,40}")
_LONGEST_BUTTON = 75
_MOST_BUTTONS = 25


def quiet(text: str) -> str:
    """The markdown with every call in it put so that it reads the same and calls nobody."""
    return _CALL.sub(f"<{_JOINER}", hushed(text))


def escaped(text: str) -> str:
    """The text for where Slack reads its own markup: it calls nobody and links nowhere."""
    return hushed(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def checked(text: str, longest: int = LONGEST) -> str:
    """The text, if it is one that Slack takes as one message.

    Raises:
        WordsTooLong: It is too long, or nothing.
    """
    if not text.strip():
        raise WordsTooLong("A message to Slack holds no words.", "Say something.")
    if len(text) > longest:
        raise WordsTooLong(
            f"A message of {len(text):,} characters is longer than the {longest:,} that Slack takes as one.",
            "Say it in fewer words, or in several messages.",
        )
    return text


def content_of(words: Words, key: str) -> dict[str, Any]:
    """The arguments of a post or an edit, apart from where it goes.

    Args:
        key: The grant's.

    Raises:
        WordsTooLong: It is more than Slack takes as one message.
        NoSuchRoom: Somebody is mentioned who can be no member.
    """
    text = quiet(checked(words.text))
    called = mentions(words.mention)
    blocks: list[dict[str, Any]] = []
    if called:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": called}})
    blocks.append({"type": "markdown", "text": text})
    blocks.append(mark(words.agent, words.hops, key))
    if words.buttons:
        blocks.append(actions(words.buttons))
    return {
        "text": fallback(called, words.text),
        "blocks": blocks,
        "metadata": metadata(words.agent, words.hops, key),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def fallback(called: str, text: str) -> str:
    """The text for notifications and screen readers."""
    whole = f"{called} {escaped(text)}".strip()
    if len(whole) <= LONGEST_FALLBACK:
        return whole
    # An escape that is cut in two would be shown.
    return re.sub(r"&[a-z]{0,3}$", "", whole[: LONGEST_FALLBACK - 1]) + "…"


def mentions(members: Sequence[str]) -> str:
    """What calls these members.

    Raises:
        NoSuchRoom: One of them can be no member: its id would be read as something else.
    """
    for member in members:
        if not _MEMBER.fullmatch(member):
            raise NoSuchRoom(f"'{member[:40]}' is no id of a member of Slack.", "Look the member up first.")
    return " ".join(f"<@{member}>" for member in members)


def mark(agent: str, hops: int, key: str) -> dict[str, Any]:
    """The block that tells everybody, and every program, that an agent wrote this."""
    who = f"Written by {agent}, an agent" if agent else "Written by an agent"
    element = {"type": "plain_text", "text": f"🤖 {hushed(who)[:200]}", "emoji": True}
    return {"type": "context", "block_id": mark_id(hops, key), "elements": [element]}


def mark_id(hops: int, key: str) -> str:
    """The id of the mark: how many agents spoke before, and a digest of the key. It is there when metadata is not."""
    return f"{MARK}{max(hops, 0)}.{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def metadata(agent: str, hops: int, key: str) -> dict[str, Any]:
    """What programs read of the message."""
    return {"event_type": KEY_EVENT, "event_payload": {"key": key, "agent": agent, "hops": max(hops, 0)}}


def actions(buttons: Sequence[Button]) -> dict[str, Any]:
    """The block of buttons. Each carries its id and nothing else.

    Raises:
        Broken: There are more buttons, or longer ids, than the protocol allows.
    """
    if len(buttons) > _MOST_BUTTONS or any(not 0 < len(one.id) <= 200 for one in buttons):
        raise Broken("A message has too many buttons, or one whose id is too long.", "Please report this.")
    return {"type": "actions", "elements": [_button(place, one) for place, one in enumerate(buttons)]}


def _button(place: int, button: Button) -> dict[str, Any]:
    label = {"type": "plain_text", "text": hushed(button.label)[:_LONGEST_BUTTON] or "…", "emoji": True}
    shown = {"type": "button", "action_id": f"gainful_{place}", "text": label, "value": button.id}
    return {**shown, "style": "danger"} if button.danger else shown
