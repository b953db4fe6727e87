"""Chats as tools for agents, over any chat that the sdk knows: see README.md."""

from gainful.connectors.chat.poster import Posted, Poster, Posting
from gainful.connectors.chat.tools import ChatTools, chat_tools

__all__ = ["ChatTools", "Posted", "Poster", "Posting", "chat_tools"]
