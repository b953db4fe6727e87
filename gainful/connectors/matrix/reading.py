"""What events of a room say, as messages. An event is whatever its sender made of it: any field may be missing or odd.

Source: spec.matrix.org, client-server API v1.11: m.room.message, user mentions, event replacements, threading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from gainful.connectors.matrix.mark import Mark, mark_in
from gainful.sdk.chat import Message, Place

_MOST_MENTIONS = 100
_MEMBER = re.compile(r"@[^\s:]{1,255}:[A-Za-z0-9.:\[\]-]{1,255}")
_PILL = re.compile(r"""href=["']https://matrix\.to/#/(@[^"'?/]{1,300})["']""")
_QUOTED = re.compile(r"(?:> [^\n]*\n)+\n")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def table(value: object) -> dict[str, Any]:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """The value, if it is a text; else an empty one."""
    return value if isinstance(value, str) else ""


def relation(event: Mapping[str, Any]) -> tuple[str, str]:
    """How an event relates to another, and to which; two empty texts where it does not."""
    related = table(table(event.get("content")).get("m.relates_to"))
    kind, target = text(related.get("rel_type")), text(related.get("event_id"))
    return (kind, target) if kind and target else ("", "")


def answered(event: Mapping[str, Any]) -> str:
    """Id of the message that an event is a reply to by its sender's own choice; empty where it is none."""
    related = table(table(event.get("content")).get("m.relates_to"))
    # Within a thread, clients name the newest message for the sake of programs that know no threads.
    if related.get("is_falling_back") is True:
        return ""
    return text(table(related.get("m.in_reply_to")).get("event_id"))


def newest_content(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event holds after the changes that its own sender made."""
    content = table(event.get("content"))
    bundled = table(table(table(event.get("unsigned")).get("m.relations")).get("m.replace"))
    changed = table(table(bundled.get("content")).get("m.new_content"))
    if changed and bundled.get("sender") == event.get("sender") and isinstance(changed.get("body"), str):
        return changed
    return content


def mark_on(event: Mapping[str, Any]) -> Mark:
    """The mark of an event as it is now."""
    return mark_in(newest_content(event)) or mark_in(table(event.get("content"))) or Mark()


def key_on(event: Mapping[str, Any]) -> str:
    """The digest of the key under which an event was posted."""
    return (mark_in(table(event.get("content"))) or Mark()).key


def when(event: Mapping[str, Any]) -> datetime:
    """When its server says that it was written."""
    stamp = event.get("origin_server_ts")
    if isinstance(stamp, bool) or not isinstance(stamp, int):
        return _EPOCH
    try:
        return _EPOCH + timedelta(milliseconds=stamp)
    except OverflowError:
        return _EPOCH


def message_of(event: Mapping[str, Any], room: str, me: str) -> Message | None:
    """The message that an event is; None where it is none: something else, a change of another, removed.

    Args:
        me: Member id of the account.
    """
    event_id, sender = text(event.get("event_id")), text(event.get("sender"))
    kind, target = relation(event)
    content = newest_content(event)
    body = content.get("body")
    if event.get("type") != "m.room.message" or kind == "m.replace" or not event_id or not sender:
        return None
    if not isinstance(body, str) or not isinstance(content.get("msgtype"), str):
        return None
    mark = mark_in(content)
    unmarked = content.get("msgtype") == "m.notice" and mark is None
    return Message(
        place=Place(room, event_id, target if kind == "m.thread" else ""),
        sender=sender,
        text=_said(body, mark, own=sender == me),
        at=when(event),
        mentions=_mentions(content, me),
        by_agent=unmarked or bool(mark and mark.agent),
        # A notice is what programs send; which, and after how many others, is not known.
        hops=1 if unmarked else mark.hops if mark else 0,
        link=f"https://matrix.to/#/{quote(room, safe='!:')}/{quote(event_id, safe='$')}",
    )


def _said(body: str, mark: Mark | None, *, own: bool) -> str:
    """The text without what the connector itself put below it, and without a quotation of what it answers."""
    if own and mark is not None:
        return body.removesuffix(mark.footer).removesuffix(mark.lines)
    found = _QUOTED.match(body)
    return body[found.end() :] if found and len(body) > found.end() else body


def _mentions(content: Mapping[str, Any], me: str) -> tuple[str, ...]:
    """Whom the message names, by the field for it; by links where a program does not know the field."""
    if "m.mentions" in content:
        listed = table(content["m.mentions"]).get("user_ids")
        named = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    else:
        named = [unquote(found) for found in _PILL.findall(text(content.get("formatted_body")))]
        if re.search(rf"(?<![\w.=/-]){re.escape(me)}(?![\w.-])", text(content.get("body"))):
            named.append(me)
    return tuple(dict.fromkeys(one for one in named if _MEMBER.fullmatch(one)))[:_MOST_MENTIONS]
