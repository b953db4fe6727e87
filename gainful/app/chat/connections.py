"""The chats that the settings name, each opened once, when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.sdk.chat import Chat, NoSuchRoom, Room
from gainful.storage.config_chat import ChatSetting


class NoSuchChat(Invalid):
    """The settings name no chat like this."""

    code = "no-such-chat"


class Connections:
    """Chats by name. Safe to share between threads.

    Args:
        opened: Chats that need not be opened, by name: for tests and for `gainful try`.
    """

    def __init__(
        self, settings: Sequence[ChatSetting], broker: Broker | None, opened: Mapping[str, Chat] | None = None
    ) -> None:
        self.settings = {setting.name: setting for setting in settings}
        self._broker = broker
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

    def close(self) -> None:
        """Let go of every chat."""
        with self._guard:
            for chat in self._opened.values():
                chat.close()
            self._opened.clear()

    def _open(self, setting: ChatSetting) -> Chat:
        raise NotImplementedError


def room_of(chat: Chat, wanted: str) -> Room:
    """The room with this id, or the only one with exactly this name.

    Raises:
        NoSuchRoom: There is none, or several have the name.
    """
    rooms = chat.rooms()
    found = [room for room in rooms if room.id == wanted]
    found = found or [room for room in rooms if room.name and wanted in (room.name, f"#{room.name}")]
    if len(found) != 1:
        how = "There is no room" if not found else f"{len(found)} rooms are called"
        raise NoSuchRoom(f"{how} '{wanted[:80]}' where the account is.", "Name it by its id, or invite the account.")
    return found[0]
