"""The methods of the Web API, by name: who may call each, how often, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gainful.connectors.slack.fake.faults import Faults
from gainful.connectors.slack.fake.workspace import DIRECT, PRIVATE, Channel, Json, NotDone, Post, User, Workspace


@dataclass(frozen=True)
class Call:
    """One call.

    Args:
        caller: Whose token it is.
        kind: Of the token: `bot`, `user` or `app`.
        url: Where the imitation is, without a slash at its end.
    """

    workspace: Workspace
    faults: Faults
    caller: User
    kind: str
    arguments: Json
    url: str

    def text(self, name: str, *, needed: bool = False) -> str:
        """An argument as text.

        Raises:
            NotDone: It is needed, and not there.
        """
        found = self.arguments.get(name)
        if found in (None, "") and needed:
            raise NotDone("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing: {name}"]})
        return "" if found is None else str(found)

    def truth(self, name: str) -> bool:
        """An argument as yes or no."""
        return str(self.arguments.get(name) or "").lower() in ("1", "true")

    def channel(self, *, member: bool = True) -> Channel:
        """The channel that is meant.

        Args:
            member: Whether the caller has to be in it.

        Raises:
            NotDone: There is none that the caller can see, or may act in.
        """
        given = self.text("channel")
        if not given:
            raise NotDone("channel_not_found")
        channel = self.workspace.channel(given)
        inside = self.caller.id in channel.members
        if channel.kind in (PRIVATE, DIRECT) and not inside:
            raise NotDone("channel_not_found")
        if member and not inside:
            raise NotDone("not_in_channel")
        return channel

    def post(self, channel: Channel, name: str = "ts") -> Post:
        """The message that is meant.

        Raises:
            NotDone: There is none.
        """
        return self.workspace.post_at(channel, self.text(name, needed=True))

    def own(self, channel: Channel, error: str) -> Post:
        """The message that is meant, if the caller wrote it.

        Raises:
            NotDone: There is none, or somebody else did.
        """
        post = self.post(channel)
        if post.user != self.caller.id:
            raise NotDone(error)
        return post


Handler = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """One method.

    Args:
        tier: `1` to `4`, `post` for what is counted by channel, or `none`.
        scopes: What a token needs one of.
        kinds: Of tokens that may call it.
    """

    handler: Handler
    tier: str
    scopes: tuple[str, ...]
    kinds: frozenset[str]


METHODS: dict[str, Method] = {}


def method(
    name: str, tier: str, *scopes: str, kinds: frozenset[str] = frozenset({"bot", "user"})
) -> Callable[[Handler], Handler]:
    """Note what answers this method."""

    def note(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, tier, scopes, kinds)
        return handler

    return note


def page(items: list[Json] | list[str], call: Call, longest: int, usual: int) -> tuple[list[Json] | list[str], Json]:
    """One page of a list, and what the answer tells of the next.

    Raises:
        NotDone: The limit or the cursor is not one.
    """
    limit, cursor = call.text("limit") or str(usual), call.text("cursor")
    if not limit.isdecimal() or not 0 < int(limit) <= longest:
        raise NotDone("invalid_limit")
    if cursor and not (cursor.startswith("page:") and cursor[5:].isdecimal()):
        raise NotDone("invalid_cursor")
    start = int(cursor[5:]) if cursor else 0
    end = start + int(limit)
    more = f"page:{end}" if end < len(items) else ""
    return items[start:end], {"response_metadata": {"next_cursor": more}}
