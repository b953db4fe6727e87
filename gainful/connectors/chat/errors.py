"""What can be wrong with a call of a chat tool.

Invalid
├── ChatArgumentInvalid  a room, an instant or a message that cannot be read
└── NoSuchRoom           of the sdk
"""

from __future__ import annotations

from gainful.core.errors import Invalid


class ChatArgumentInvalid(Invalid):
    """A room, a message or an instant was given to a chat tool in a form that it cannot read."""

    code = "chat-argument-invalid"
