"""What can be wrong with a question about mail.

Invalid
└── MailNotFound         no account, folder or mail of that name
ToolUnreachable
└── MailToolUnreachable  the mailbox cannot be reached
"""

from __future__ import annotations

from gainful.core.errors import Invalid
from gainful.sdk.tool import ToolUnreachable


class MailNotFound(Invalid):
    """There is no such account, folder or mail."""

    code = "mail-not-found"


class MailToolUnreachable(ToolUnreachable):
    """The mailbox cannot be reached, or somebody else holds it."""

    code = "mail-tool-unreachable"
