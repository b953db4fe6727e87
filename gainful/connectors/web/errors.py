"""Why there is no page.

Refused
└── PageRefused      the server said no: not there, not for everybody
Invalid
└── PageUnreadable   it is no text
ToolUnreachable
└── PageUnreachable  no answer, or the server has trouble
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable


class PageRefused(Refused):
    """The server does not give this page."""

    code = "page-refused"


class PageUnreadable(Invalid):
    """What the server gave is no text, or has no such part."""

    code = "page-unreadable"


class PageUnreachable(ToolUnreachable):
    """The server did not answer, or has trouble."""

    code = "page-unreachable"
