"""What stands in the imitation: people, channels, messages. It only remembers; who may do what is decided elsewhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gainful.core.clock import Clock

Json = dict[str, Any]

PUBLIC, PRIVATE, DIRECT = "public_channel", "private_channel", "im"
_TYPED_MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])", re.IGNORECASE)
_TYPED_CHANNEL = re.compile(r"(?<![\w#&])#([a-z0-9_-]+)")
_TYPED_LINK = re.compile(r"(?<![<\w])(https?://[^\s<>]+[^\s<>.,;:!?)\]])")
_EVERYBODY = ("channel", "here", "everyone")
_CALLED = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>")
_MENTIONED = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class NotDone(Exception):
    """What Slack says no with.

    Args:
        error: Slack's code.
        more: What the answer tells besides.
    """

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass
class User:
    """A person, or the app's bot."""

    id: str
    name: str
    real_name: str
    email: str = ""
    tz: str = "Europe/Berlin"
    bot_id: str = ""
    deleted: bool = False

    def as_json(self, *, with_email: bool) -> Json:
        """As users.info gives it."""
        profile: Json = {"real_name": self.real_name, "display_name": self.name}
        if with_email and self.email:
            profile["email"] = self.email
        return {
            "id": self.id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "is_bot": bool(self.bot_id),
            "tz": self.tz,
            "profile": profile,
        }


@dataclass
class Post:
    """One message.

    Args:
        growing: What has been streamed so far, while and after it is.
        streaming: Whether more may come.
    """

    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str = ""
    bot_id: str = ""
    edited: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    growing: str = ""
    streaming: bool = False


@dataclass
class Channel:
    """A channel, or a conversation between two."""

    id: str
    name: str
    kind: str
    members: list[str]
    posts: dict[str, Post] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """As message events call its kind."""
        return {PUBLIC: "channel", PRIVATE: "group", DIRECT: "im"}[self.kind]


Listener = Callable[[Channel, Json], None]


class Workspace:
    """Everything, in memory. One thread uses it.

    Args:
        clock: When messages are written.
        seed: Goes into ids that must not come again after a new start.
    """

    def __init__(self, clock: Clock, seed: str = "") -> None:
        self.clock = clock
        self.seed = seed
        self.team = "T00000001"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.whispers: list[Json] = []
        self.listeners: list[Listener] = []
        self.version = 0
        self._numbers: dict[str, itertools.count[int]] = {}
        self._last_ts = (0, 0)
        self.bot = self.add_user("gainful", "Gainful", bot=True)
        self.app_id = self.new_id("A")

    # --- ids and times ---

    def new_id(self, kind: str) -> str:
        """The next id that begins so."""
        counter = self._numbers.setdefault(kind, itertools.count(1))
        return f"{kind}{self.seed}{next(counter):08}"

    def new_ts(self) -> str:
        """A timestamp that no message has yet, later than all others."""
        now = self.clock()
        stamp = (int(now.timestamp()), now.microsecond)
        if stamp <= self._last_ts:
            whole, micro = self._last_ts
            stamp = (whole, micro + 1) if micro < 999_999 else (whole + 1, 0)
        self._last_ts = stamp
        return f"{stamp[0]}.{stamp[1]:06}"

    # --- people and channels ---

    def add_user(self, name: str, real_name: str = "", email: str = "", *, bot: bool = False) -> User:
        """Somebody new."""
        user = User(self._plain_id("U"), name, real_name or name.capitalize(), email)
        if bot:
            user.bot_id = self._plain_id("B")
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, *members: str, kind: str = PUBLIC) -> Channel:
        """A new channel with these members."""
        channel = Channel(self._plain_id("D" if kind == DIRECT else "C"), name, kind, list(dict.fromkeys(members)))
        self.channels[channel.id] = channel
        self.touch()
        return channel

    def _plain_id(self, kind: str) -> str:
        # The same people and channels after a new start, so that settings stay good.
        counter = self._numbers.setdefault(kind, itertools.count(1))
        return f"{kind}{next(counter):08}"

    def user(self, name_or_id: str) -> User:
        """Somebody, by id or name.

        Raises:
            NotDone: There is nobody.
        """
        found = self.users.get(name_or_id)
        if found is None:
            found = next((one for one in self.users.values() if one.name == name_or_id), None)
        if found is None:
            raise NotDone("user_not_found")
        return found

    def channel(self, name_or_id: str) -> Channel:
        """A channel, by id or name.

        Raises:
            NotDone: There is none.
        """
        found = self.channels.get(name_or_id)
        if found is None:
            name = name_or_id.removeprefix("#")
            found = next((one for one in self.channels.values() if one.kind != DIRECT and one.name == name), None)
        if found is None:
            raise NotDone("channel_not_found")
        return found

    def direct(self, one: str, other: str) -> Channel:
        """The conversation of these two alone, begun when there is none."""
        for channel in self.channels.values():
            if channel.kind == DIRECT and set(channel.members) == {one, other}:
                return channel
        return self.add_channel("", one, other, kind=DIRECT)

    # --- messages ---

    def post_at(self, channel: Channel, ts: str) -> Post:
        """One message.

        Raises:
            NotDone: It is not there.
        """
        found = channel.posts.get(ts)
        if found is None:
            raise NotDone("message_not_found")
        return found

    def add_post(self, channel: Channel, post: Post) -> Post:
        """A new message; who listens hears of it."""
        if post.thread_ts:
            root = channel.posts.get(post.thread_ts)
            if root is None:
                raise NotDone("thread_not_found")
            # Slack takes a reply to a reply as one to what that replied to.
            post.thread_ts = root.thread_ts or root.ts
        channel.posts[post.ts] = post
        self.touch()
        self._tell(channel, {**self.shown(channel, post), "event_ts": post.ts})
        if self.bot.id in mentioned(post) and post.user != self.bot.id and channel.kind != DIRECT:
            self._tell(channel, {**self.shown(channel, post), "type": "app_mention", "event_ts": post.ts})
        return post

    def change(self, channel: Channel, post: Post, editor: str) -> None:
        """A message has changed; who listens hears of it."""
        post.edited = self.new_ts()
        self.touch()
        news = {"subtype": "message_changed", "hidden": True, "ts": post.edited, "event_ts": post.edited}
        edited = {**self.shown(channel, post), "edited": {"user": editor, "ts": post.edited}}
        self._tell(channel, {"type": "message", "channel": channel.id, **news, "message": edited})

    def remove(self, channel: Channel, ts: str) -> None:
        """Take a message away."""
        self.post_at(channel, ts)
        del channel.posts[ts]
        self.touch()
        stamp = self.new_ts()
        news = {"subtype": "message_deleted", "hidden": True, "deleted_ts": ts, "ts": stamp, "event_ts": stamp}
        self._tell(channel, {"type": "message", "channel": channel.id, **news})

    def react(self, channel: Channel, ts: str, user: str, name: str) -> None:
        """Add a reaction.

        Raises:
            NotDone: It is there already.
        """
        post = self.post_at(channel, ts)
        there = post.reactions.setdefault(name, [])
        if user in there:
            raise NotDone("already_reacted")
        there.append(user)
        self.touch()
        item = {"type": "message", "channel": channel.id, "ts": ts}
        news = {"user": user, "reaction": name, "item_user": post.user, "item": item, "event_ts": self.new_ts()}
        self._tell(channel, {"type": "reaction_added", **news})

    def whisper(self, channel: Channel, user: str, text: str, blocks: list[Json], thread_ts: str = "") -> str:
        """Show something to one person alone."""
        ts = self.new_ts()
        self.whispers.append(
            {"ts": ts, "channel": channel.id, "user": user, "text": text, "blocks": blocks, "thread_ts": thread_ts}
        )
        self.touch()
        return ts

    def touch(self) -> None:
        """Note that something has changed."""
        self.version += 1

    def typed(self, text: str) -> str:
        """What a person types, as Slack keeps it: escaped, with mentions and links marked."""
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = _TYPED_LINK.sub(r"<\1>", text)

        def named(found: re.Match[str]) -> str:
            if found[1].lower() in _EVERYBODY:
                return f"<!{found[1].lower()}>"
            user = next((one for one in self.users.values() if one.name == found[1].lower()), None)
            return f"<@{user.id}>" if user is not None else found[0]

        def channelled(found: re.Match[str]) -> str:
            channel = next((one for one in self.channels.values() if one.name == found[1]), None)
            return f"<#{channel.id}|{channel.name}>" if channel is not None else found[0]

        return _TYPED_CHANNEL.sub(channelled, _TYPED_MENTION.sub(named, text))

    def shown(self, channel: Channel, post: Post) -> Json:
        """A message as events tell it; its metadata is given where it is asked for."""
        told = {**posted(post), "channel": channel.id, "channel_type": channel.type, "team": self.team}
        return {**told, "app_id": self.app_id} if post.bot_id else told

    def replies(self, channel: Channel, root: str) -> list[Post]:
        """The answers in a thread, oldest first."""
        return [post for post in channel.posts.values() if post.thread_ts == root]

    def _tell(self, channel: Channel, event: Json) -> None:
        for listener in self.listeners:
            listener(channel, event)


def posted(post: Post) -> Json:
    """A message's own content, as Slack keeps it: markdown has become rich text."""
    told: Json = {"type": "message", "user": post.user, "text": post.text or post.growing, "ts": post.ts}
    blocks = [_kept(block, at) for at, block in enumerate(post.blocks)]
    if post.growing:
        blocks.append(_kept({"type": "markdown", "text": post.growing}, len(blocks)))
    if blocks:
        told["blocks"] = blocks
    if post.bot_id:
        told["bot_id"] = post.bot_id
    if post.thread_ts:
        told["thread_ts"] = post.thread_ts
    if post.edited:
        told["edited"] = {"user": post.user, "ts": post.edited}
    if post.reactions:
        told["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in post.reactions.items()
        ]
    return told


def _kept(block: Mapping[str, Any], at: int) -> Json:
    if block.get("type") != "markdown":
        return {"block_id": f"b{at}", **block}
    text = {"type": "text", "text": str(block.get("text") or "")}
    # The id that a block of markdown was given is not kept.
    return {
        "type": "rich_text",
        "block_id": f"b{at}",
        "elements": [{"type": "rich_text_section", "elements": [text]}],
    }


def words(post: Post) -> str:
    """Everything of a message in which Slack might read a call."""
    parts = [post.text, post.growing]
    for block in post.blocks:
        text = block.get("text")
        parts.append(str(text.get("text", "")) if isinstance(text, dict) else str(text or ""))
    return "\n".join(parts)


def mentioned(post: Post) -> set[str]:
    """Whom a message calls by name."""
    return set(_MENTIONED.findall(words(post)))


def calls_everybody(post: Post) -> bool:
    """Whether a message calls a whole channel."""
    return _CALLED.search(words(post)) is not None
