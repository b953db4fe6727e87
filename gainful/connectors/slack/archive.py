"""What stands in Slack: lists page by page, the history of channels, threads, and the message with a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from gainful.connectors.slack.api import SlackApi
from gainful.connectors.slack.reading import Account, carries, is_spoken, message_of, timestamp
from gainful.core.clock import Clock
from gainful.sdk.chat import ChatUnreachable, Message, NoSuchRoom, Place

PAGE = 200
MOST_PAGES = 20
"""Of one list. Slack gives fifty pages a minute."""
SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""

Raw = Mapping[str, Any]


async def pages(
    api: SlackApi, method: str, name: str, enough: Callable[[list[Any]], bool] = lambda _: False, **arguments: Any
) -> tuple[list[Any], bool]:
    """The items of a list, and whether there are more of them than were asked for.

    Args:
        name: Under which the answer holds the items.
        enough: Whether these items will do.
    """
    found: list[Any] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        answer = await api.ask(method, **{"limit": PAGE, **arguments, "cursor": cursor or None})
        items = answer.get(name)
        found += items if isinstance(items, list) else []
        cursor = cursor_of(answer)
        if not cursor or enough(found):
            break
    return found, bool(cursor)


def cursor_of(answer: Raw) -> str:
    """Where the next page begins; empty after the last one."""
    more = answer.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, Mapping) else ""


class Archive:
    """Reads messages. Used in one loop alone.

    Args:
        settle: How long Slack may still be busy with a post whose answer never came.
    """

    def __init__(self, api: SlackApi, clock: Clock, settle: timedelta) -> None:
        self._api = api
        self._clock = clock
        self._settle = settle

    async def history(self, account: Account, room: str, since: datetime | None, limit: int) -> list[Message]:
        """Messages outside of threads, oldest first: the newest `limit` of those since then."""
        found, _ = await pages(
            self._api,
            "conversations.history",
            "messages",
            enough=lambda items: len(_spoken(items)) >= limit,
            channel=room,
            oldest=timestamp(since) if since is not None else None,
            inclusive=True,
            include_all_metadata=True,
            limit=max(1, min(PAGE, limit)),
        )
        # Slack gives the newest first.
        return [message_of(one, room, account) for one in _spoken(found)[:limit]][::-1]

    async def thread(self, account: Account, place: Place, limit: int) -> list[Message]:
        """The first message of the thread, and the newest of the others."""
        raw = await self._replies(place.room, place.thread or place.message)
        root = str(raw[0].get("thread_ts") or "") if raw else ""
        if root and root != raw[0].get("ts"):
            # It was a reply, and nobody had said of which message.
            raw = await self._replies(place.room, root)
        found = [message_of(one, place.room, account) for one in _spoken(raw)]
        if not found:
            raise NoSuchRoom(f"There is no message {place.message[:40]} in {place.room[:40]}.", "Look again.")
        return [found[0], *found[1:][max(0, len(found) - limit) :]]

    async def find(self, account: Account, room: str, key: str, thread: str, since: datetime | None) -> Place | None:
        """Where the message that was posted under this key stands; None when there is certainly none.

        Raises:
            ChatUnreachable: It cannot be told, or not yet.
        """
        where: dict[str, Any] = {"ts": thread} if thread else {}
        found, more = await pages(
            self._api,
            "conversations.replies" if thread else "conversations.history",
            "messages",
            channel=room,
            oldest=timestamp(since - SKEW) if since is not None else None,
            include_all_metadata=True,
            **where,
        )
        for one in found:
            if isinstance(one, Mapping) and carries(one, key) and _is_ours(one, account):
                return Place(room, str(one.get("ts")), thread)
        if more:
            raise ChatUnreachable(
                "More was posted since than can be looked through.", "Look for the message in Slack.", sent=False
            )
        left = self._settle - (self._clock() - since) if since is not None else timedelta(0)
        if left > timedelta(0):
            raise ChatUnreachable("Slack may still be busy with the post.", "Look again.", retry_after=left, sent=False)
        return None

    async def _replies(self, room: str, root: str) -> list[Raw]:
        found, _ = await pages(
            self._api, "conversations.replies", "messages", channel=room, ts=root, include_all_metadata=True
        )
        return [one for one in found if isinstance(one, Mapping)]


def _spoken(items: list[Any]) -> list[Raw]:
    return [one for one in items if isinstance(one, Mapping) and is_spoken(one)]


def _is_ours(message: Raw, account: Account) -> bool:
    """Whether we wrote it: anybody else may have copied our key, which is no secret."""
    sender = {str(message.get("user") or ""), str(message.get("bot_id") or "")} - {""}
    return bool(sender & ({account.member, account.bot, account.person} - {""}))
