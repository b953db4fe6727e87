"""Why git did not do it.

Invalid
└── GitInvalid      a name, path or revision that git does not know
Refused
└── GitRefused      the repository's settings, or git, or the other side say no
ToolUnreachable
└── GitUnreachable  git is missing, takes too long, or cannot reach the other side
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable


class GitInvalid(Invalid):
    """The repository, revision, branch or path cannot be meant."""

    code = "git-invalid"


class GitRefused(Refused):
    """The repository's settings could run programs, or git or the other side said no."""

    code = "git-refused"


class GitUnreachable(ToolUnreachable):
    """Git is not installed, took too long, or could not reach the other side."""

    code = "git-unreachable"
