"""What Slack's messages say: who wrote them, when, in plain words, and whether an agent did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from gainful.connectors.slack.words import KEY_EVENT, LONGEST_FALLBACK, MARK, mark_id
from gainful.sdk.chat import Member, Message, Place

Raw = Mapping[str, Any]

_SPOKEN = frozenset({"", "bot_message", "file_share", "me_message", "thread_broadcast"})
"""Subtypes of messages that somebody wrote; the others tell of joins, topics, edits and the like."""
_TOKEN = re.compile(r"<([^<>]*)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_TS = re.compile(r"(\d{1,12})\.(\d{1,6})")
_ESCAPES = re.compile(r"&(?:amp|lt|gt);")
_MARKED = re.compile(rf"{re.escape(MARK)}(\d{{1,4}})\.[0-9a-f]{{32}}")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose tokens these are.

    Args:
        member: Id of the member that the bot is.
        bot: Id of the bot, which is another.
        url: Address of the workspace, with a slash at its end.
        person: Id of the person as whom the agent writes, if it does.
    """

    member: str
    name: str
    bot: str
    team: str
    url: str
    person: str = ""


def instant(ts: object) -> datetime:
    """The moment that a timestamp of Slack's names; the epoch when it names none."""
    found = _TS.fullmatch(str(ts))
    if found is None:
        return datetime.fromtimestamp(0, UTC)
    return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=int(found[2].ljust(6, "0")))


def timestamp(at: datetime) -> str:
    """The moment as Slack writes it."""
    whole = int(at.timestamp())
    return f"{whole}.{at.microsecond:06}"


def is_spoken(message: Raw) -> bool:
    """Whether somebody wrote it, as opposed to what Slack tells of the channel."""
    return str(message.get("subtype") or "") in _SPOKEN and not message.get("hidden") and bool(message.get("ts"))


def message_of(message: Raw, room: str, account: Account) -> Message:
    """The message in our words."""
    ts, thread = str(message.get("ts", "")), str(message.get("thread_ts") or "")
    place = Place(room, ts, thread if thread != ts else "")
    hops = hops_of(message)
    return Message(
        place=place,
        sender=str(message.get("user") or message.get("bot_id") or ""),
        text=text_of(message, account),
        at=instant(ts),
        mentions=mentions_of(message),
        by_agent=hops is not None,
        hops=hops or 0,
        link=link(account, place),
    )


def mentions_of(message: Raw) -> tuple[str, ...]:
    """Ids of the members that it names."""
    return tuple(dict.fromkeys(_MENTION.findall(str(message.get("text") or ""))))


def text_of(message: Raw, account: Account | None = None) -> str:
    """What it says, without Slack's markup."""
    text = str(message.get("text") or "")
    blocks = message.get("blocks")
    # The text is a short form where the blocks say more.
    if isinstance(blocks, list) and (not text or len(text) >= LONGEST_FALLBACK - 5):
        longer = "\n".join(filter(None, map(_block, blocks)))
        if len(longer) > len(text):
            return longer
    return plain(text, account)


def plain(text: str, account: Account | None = None) -> str:
    """Slack's markup as plain words: `@U1`, `#general`, `label (https://…)`."""
    parts: list[str] = []
    end = 0
    for found in _TOKEN.finditer(text):
        parts += [_unescaped(text[end : found.start()]), _token(found[1], account)]
        end = found.end()
    return "".join([*parts, _unescaped(text[end:])])


def _token(inner: str, account: Account | None) -> str:
    target, _, label = inner.partition("|")
    target, label = _unescaped(target), _unescaped(label)
    if target.startswith("@"):
        own = account.name if account is not None and target[1:] == account.member else ""
        return f"@{(label or own or target).removeprefix('@')}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    bare = target.removeprefix("mailto:")
    return f"{label} ({target})" if label and label not in (target, bare) else bare


def _unescaped(text: str) -> str:
    return _ESCAPES.sub(lambda found: unescape(found[0]), text)


def _block(block: object) -> str:
    """The text of a block of words; nothing of one of buttons, or of our own mark."""
    if not isinstance(block, Mapping) or is_mark(block) or block.get("type") == "actions":
        return ""
    if block.get("type") == "markdown":
        return str(block.get("text") or "")
    if block.get("type") == "section" and isinstance(block.get("text"), Mapping):
        return plain(str(block["text"].get("text") or ""))
    return _rich(block)


def _rich(element: Raw) -> str:
    """What an element of rich text, and all within it, says."""
    kind = element.get("type")
    if kind == "text":
        return str(element.get("text") or "")
    if kind == "link":
        url, label = str(element.get("url") or ""), str(element.get("text") or "")
        return f"{label} ({url})" if label and label != url else url
    if kind in ("user", "channel", "broadcast"):
        sign = "#" if kind == "channel" else "@"
        return f"{sign}{element.get('user_id') or element.get('channel_id') or element.get('range') or ''}"
    if kind == "emoji":
        return f":{element.get('name', '')}:"
    inner = [_rich(one) for one in _elements(element)]
    if kind == "rich_text_list":
        return "\n".join(f"- {one}" for one in inner)
    return ("\n" if kind == "rich_text" else "").join(inner)


def _elements(element: Raw) -> Iterable[Raw]:
    inner = element.get("elements")
    return [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, list) else []


def is_mark(block: Raw) -> bool:
    """Whether it is the block by which agents' messages are marked."""
    return _MARKED.fullmatch(str(block.get("block_id") or "")) is not None


def hops_of(message: Raw) -> int | None:
    """How many agents' messages lie between it and a person; None when no agent marked it as its own."""
    found = _payload(message)
    if found is not None:
        hops = found.get("hops")
        return hops if isinstance(hops, int) and 0 <= hops < 10_000 else 0
    for block in _blocks(message):
        marked = _MARKED.fullmatch(str(block.get("block_id") or ""))
        if marked is not None:
            return int(marked[1])
    return None


def carries(message: Raw, key: str) -> bool:
    """Whether it was posted under this key."""
    found = _payload(message)
    if found is not None:
        return found.get("key") == key
    digest = mark_id(0, key).rpartition(".")[2]
    return any(is_mark(block) and str(block["block_id"]).endswith(f".{digest}") for block in _blocks(message))


def _payload(message: Raw) -> Raw | None:
    found = message.get("metadata")
    if not isinstance(found, Mapping) or found.get("event_type") != KEY_EVENT:
        return None
    payload = found.get("event_payload")
    return payload if isinstance(payload, Mapping) else {}


def _blocks(message: Raw) -> list[Raw]:
    blocks = message.get("blocks")
    return [one for one in blocks if isinstance(one, Mapping)] if isinstance(blocks, list) else []


def link(account: Account, place: Place) -> str:
    """The message's address, of the form that chat.getPermalink gives. Asking for each would be a call a message."""
    if not account.url or not place.message:
        return ""
    address = f"{account.url}archives/{place.room}/p{place.message.replace('.', '')}"
    return f"{address}?thread_ts={place.thread}&cid={place.room}" if place.thread else address


def member_of(user: Raw) -> Member:
    """A member in our words."""
    profile = user.get("profile")
    facts: Raw = profile if isinstance(profile, Mapping) else {}
    name = facts.get("display_name") or user.get("real_name") or facts.get("real_name") or user.get("name")
    return Member(
        id=str(user.get("id") or ""),
        name=str(name or ""),
        is_bot=bool(user.get("is_bot")),
        address=str(facts.get("email") or ""),
        zone=str(user.get("tz") or ""),
    )
