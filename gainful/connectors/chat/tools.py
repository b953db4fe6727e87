"""The tools of chats, over any: `chat.history`, `.thread`, `.mentions`, `.members`, `.find`, and those that write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gainful.connectors.chat.errors import ChatArgumentInvalid
from gainful.connectors.chat.poster import Posted, Poster, Posting
from gainful.connectors.chat.rooms import Directory, id_of, name_of_member
from gainful.core.clock import Clock
from gainful.core.value import Json
from gainful.sdk.chat import Chat, ChatRefused, Message, NoSuchRoom, Place
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import Found

USUAL, MOST = 50, 200
FRIDAY = 4
A_DAY = timedelta(days=1)
MOST_MEMBERS = 500
_SPAN = re.compile(r"(\d{1,4}) ?(wd|[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class ChatTools:
    """What the tools of one run are made with.

    Args:
        names: Names of the chats.
        open: Opens one.
        poster: Posts for this run.
        clock: For spans such as `12h`.
        me: The member for whom the run works in a chat: who asked, or its person; empty where nobody knows.
        owner: The member that the agent's owner is there.
        heard: What was said since then in all chats, oldest first, as far as it was heard: the chat's name with each.
        asked_in: Chat and room where the run was asked, so that there is somebody to reply to; None where it was not.
    """

    names: Sequence[str]
    open: Callable[[str], Chat]
    poster: Poster
    clock: Clock
    me: Callable[[str], str] = lambda _chat: ""
    owner: Callable[[str], str] = lambda _chat: ""
    heard: Callable[[datetime], Iterable[tuple[str, Message]]] = lambda _since: ()
    asked_in: tuple[str, str] | None = None


def chat_tools(given: ChatTools) -> list[Operation]:
    """All of them; `chat.reply` only for a run that was asked somewhere."""
    # Whoever asks in a room can read it.
    readable = {given.asked_in} if given.asked_in is not None else set()
    tools = _Tools(given, Directory(tuple(given.names), given.open, given.me, given.owner, readable))
    spec = declared("chat")
    found = [
        Operation(spec["chat.history"], tools.history, nothing_left),
        Operation(spec["chat.thread"], tools.thread, nothing_left),
        Operation(spec["chat.mentions"], tools.mentions, nothing_left),
        Operation(spec["chat.members"], tools.members, nothing_left),
        Operation(spec["chat.find"], tools.find, nothing_left),
        Operation(spec["chat.post"], tools.post, tools.posted),
        # That it is there already is no error, so a reaction can simply be added again.
        Operation(spec["chat.react"], tools.react, nothing_left),
    ]
    return [*found, Operation(spec["chat.reply"], tools.reply, tools.posted)] if given.asked_in is not None else found


class _Tools:
    def __init__(self, given: ChatTools, directory: Directory) -> None:
        self._given = given
        self._directory = directory

    def history(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        chat, room = self._directory.readable(given["room"])
        since = instant(given.get("since"), self._given.clock())
        messages = self._given.open(chat).history(room.id, since=since, limit=_limit(given))
        wanted = [message for message in messages if not given.get("people") or not self._is_agents(chat, message)]
        return [self._line(chat, message, given) for message in wanted]

    def thread(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        if not given.get("message"):
            # Whoever asks with a command is in no thread.
            return []
        self._directory.readable(given["room"])
        chat, place = self._directory.place(given)
        messages = self._given.open(chat).thread(place, limit=_limit(given))
        return [self._line(chat, message, given) for message in messages]

    def mentions(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        now = self._given.clock()
        since = instant(given.get("since"), now) or now - A_DAY
        mine = {name: self._given.me(name) for name in self._given.names}
        found = [
            {**self._line(chat, message, {"links": True}), "room": self._directory.name(chat, message.place.room)}
            for chat, message in self._given.heard(since)
            if mine.get(chat) in message.mentions and message.sender != mine[chat] and self._open_to_me(chat, message)
        ]
        return found[-_limit(given) :]

    def members(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        chat, room = self._directory.readable(given["room"])
        return [
            {
                "member": member.id,
                "name": member.name,
                "room": name_of_member(chat, member),
                **({"bot": True} if member.is_bot else {}),
            }
            for member in self._given.open(chat).members(room.id)[:MOST_MEMBERS]
        ]

    def find(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        chat, wanted = self._directory.split(given["name"])
        member = self._given.open(chat).find_member(wanted.removeprefix("@"))
        if member is None:
            return None
        return {"member": member.id, "name": wanted, "room": name_of_member(chat, member)}

    def post(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        spot = self._directory.spot(given["room"])
        thread = ""
        if given.get("thread"):
            thread = self._directory.place({"room": given["room"], "message": given["thread"]})[1].message
        posting = Posting(
            spot.chat, given["text"], spot.room, spot.member, thread, spot.name, urgent=given.get("urgent", False)
        )
        return _answer(self._given.poster.post(grant, posting))

    def reply(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        return _answer(self._given.poster.reply(grant, given["text"]))

    def posted(self, key: str, _given: Mapping[str, Json]) -> Found | None:
        found = self._given.poster.find(key)
        return Found(done=False) if found is None else Found(done=True, answer=_answer(found))

    def react(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        chat, place = self._directory.place(given)
        self._given.open(chat).react(grant, place, given["name"].strip(":"))
        return {"id": id_of(chat, place)}

    def _is_agents(self, chat: str, message: Message) -> bool:
        return message.by_agent or self._directory.member(chat, message.sender).is_bot

    def _open_to_me(self, chat: str, message: Message) -> bool:
        try:
            self._directory.readable(f"{chat}:{message.place.room}")
        except (ChatRefused, NoSuchRoom):
            return False
        return True

    def _line(self, chat: str, message: Message, given: Mapping[str, Json]) -> dict[str, Json]:
        """A message in as few words as a model needs; what says nothing is left out."""
        line: dict[str, Json] = {
            "id": id_of(chat, message.place),
            "sender": message.sender,
            "name": self._directory.member(chat, message.sender).name,
            "at": f"{message.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "text": message.text,
        }
        if message.by_agent:
            line["by_agent"] = True
        if given.get("links") and message.link:
            line["link"] = message.link
        return line


def instant(given: str | None, now: datetime) -> datetime | None:
    """The moment that is meant: `12h` before now, `2026-11-22`, `2026-11-22T08:00+01:00`; without a zone it is UTC.

    `1wd` is this time of the last working day: on a Monday, that of Friday.

    Raises:
        ChatArgumentInvalid: None of these.
    """
    if not given:
        return None
    span = _SPAN.fullmatch(given.strip())
    try:
        if span is not None and span[2] == "wd":
            return _working_days_before(now, int(span[1]))
        if span is not None:
            return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        found = datetime.fromisoformat(given.strip())
    except (ValueError, OverflowError):
        raise ChatArgumentInvalid(f"'{given[:40]}' is no moment.", "Write it like 12h, 2d or 2026-11-22.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _working_days_before(now: datetime, days: int) -> datetime:
    found = now
    for _ in range(days):
        found -= A_DAY
        while found.weekday() > FRIDAY:
            found -= A_DAY
    return found


def _limit(given: Mapping[str, Json]) -> int:
    return max(1, min(int(given.get("limit", USUAL)), MOST))


def _answer(posted: Posted) -> dict[str, Json]:
    answer: dict[str, Json] = {"state": posted.state, "room": f"{posted.chat}:{posted.room}" if posted.room else ""}
    answer["id"] = id_of(posted.chat, Place(posted.room, posted.message)) if posted.message else ""
    if posted.due is not None:
        answer["due"] = posted.due.isoformat(timespec="minutes")
    return answer
