"""Why a mail was not sent.

Refused
└── SmtpRefused      the server said no: no TLS, a recipient, the text
ToolUnreachable
└── SmtpUnreachable  it cannot be reached, is busy, or broke off
"""

from __future__ import annotations

from gainful.core.errors import Refused
from gainful.sdk.tool import ToolUnreachable


class SmtpRefused(Refused):
    """The mail server does not take the mail. It was sent to nobody."""

    code = "smtp-refused"


class SmtpUnreachable(ToolUnreachable):
    """The mail server cannot be reached, is busy, or broke off."""

    code = "smtp-unreachable"
