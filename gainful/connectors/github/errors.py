"""Why GitHub did not do it.

Invalid
└── GitHubInvalid      no such repository, issue or commit; arguments that it does not take
Refused
└── GitHubRefused      the token does not allow it, or the settings do not
ToolUnreachable
└── GitHubUnreachable  it has trouble, or wants to be asked later
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable


class GitHubInvalid(Invalid):
    """GitHub does not know what is meant, or does not take it."""

    code = "github-invalid"


class GitHubRefused(Refused):
    """The token or the settings do not allow it."""

    code = "github-refused"


class GitHubUnreachable(ToolUnreachable):
    """GitHub has trouble, or wants to be asked later."""

    code = "github-unreachable"
