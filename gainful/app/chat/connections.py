"""The chats that the settings name, each opened once, when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid
from gainful.gate.broker import Broker
from gainful.sdk.chat import Chat, ChatEvent, Member, RoomKind
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Connection, Handle
from gainful.storage.settings.chat import ChatSetting


class NoSuchChat(Invalid):
    """The settings name no chat like this."""

    code = "no-such-chat"


@runtime_checkable
class Sockets(Protocol):
    """A chat that is heard over a connection which needs a right of its own."""

    def try_socket(self) -> None:
        """Find out whether it can be made; raises when it cannot."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A chat that answers.

    Args:
        me: Whose account it is.
        rooms: Names of the rooms that it is in, conversations left out.
    """

    me: Member
    rooms: tuple[str, ...]


class Connections:
    """Chats by name. Safe to share between threads.

    Args:
        folder: Where a chat may keep how far it has heard.
        opened: Chats that need not be opened, by name: for tests and for `gainful try`.
    """

    def __init__(
        self,
        settings: Sequence[ChatSetting],
        broker: Broker,
        folder: Path,
        clock: Clock,
        opened: Mapping[str, Chat] | None = None,
    ) -> None:
        self.settings = {setting.name: setting for setting in settings}
        self._broker = broker
        self._folder = folder
        self._clock = clock
        self._opened = dict(opened or {})
        self._guard = threading.Lock()

    def names(self) -> list[str]:
        """Names of the chats, in the order of the settings."""
        return list(self.settings)

    def setting(self, name: str) -> ChatSetting:
        """How a chat is set up.

        Raises:
            NoSuchChat: No chat has this name.
        """
        if name not in self.settings:
            known = ", ".join(self.settings) or "none; docs/how-to/chat.md tells how to add one"
            raise NoSuchChat(f"The settings name no chat '{name[:60]}'.", f"Chats: {known}.")
        return self.settings[name]

    def chat(self, name: str) -> Chat:
        """A chat, opened.

        Raises:
            NoSuchChat: No chat has this name.
            GainfulError: It cannot be opened: a token is missing, or refused.
        """
        setting = self.setting(name)
        with self._guard:
            if name not in self._opened:
                self._opened[name] = self._open(setting)
            return self._opened[name]

    def check(self, name: str) -> Checked:
        """What a chat says to who we are and where; agents can then read and write there, and hear.

        Raises:
            NoSuchChat: No chat has this name.
            GainfulError: Why it cannot be used.
        """
        chat, setting = self.chat(name), self.setting(name)
        me = chat.me()
        rooms = tuple(room.name or room.id for room in chat.rooms() if room.kind is not RoomKind.DIRECT)
        if isinstance(chat, Sockets) and setting.hear == "socket":
            chat.try_socket()
        return Checked(me, rooms)

    def whisper(self, name: str, grant: Grant, event: ChatEvent, text: str) -> None:
        """Tell whoever caused the event, and nobody else. That they are not told does no harm."""
        with suppress(GainfulError):
            self.chat(name).answer(grant, event, text)

    def close(self) -> None:
        """Let go of every chat."""
        with self._guard:
            for chat in self._opened.values():
                chat.close()
            self._opened.clear()

    def _open(self, setting: ChatSetting) -> Chat:
        if setting.kind == "slack":
            from gainful.connectors.slack import SlackAccess, SlackChat

            access = SlackAccess(
                bot=self._handle(setting, "bot"),
                app=self._handle(setting, "app"),
                signing=self._handle(setting, "signing"),
                person=self._handle(setting, "person") if setting.writes_as == "person" else None,
                base_url=setting.base_url,
                socket=setting.hear == "socket",
            )
            return SlackChat.open(access, self._clock)
        from gainful.connectors.matrix import MatrixChat

        token = self._broker.handle(f"matrix:{setting.name}", Connection("matrix", setting.name))
        return MatrixChat(setting.base_url, token, self._folder / setting.name, invites=setting.invites)

    def _handle(self, setting: ChatSetting, part: str) -> Handle:
        """The way to one of the chat's secrets, such as `slack:work:bot`."""
        return self._broker.handle(f"{setting.kind}:{setting.name}:{part}", Connection(setting.kind, setting.name))
