"""What can go wrong between this machine and a remote server, and what to do about it."""

from __future__ import annotations

from gainful.core.errors import GainfulError, Invalid, Refused, Unavailable


class RemoteInvalid(Invalid):
    """A remote's name or address cannot be used."""

    code = "remote-invalid"


class NoSuchRemote(Invalid):
    """There is no remote of this name."""

    code = "no-such-remote"


class RemoteUnsupported(Invalid):
    """This command, or this option of it, does not work through a remote server."""

    code = "remote-unsupported"


class RemoteUnreachable(Unavailable):
    """The server is away, busy, or did not answer in time."""

    code = "remote-unreachable"


class RemoteUntrusted(Refused):
    """The server's certificate does not prove its name."""

    code = "remote-untrusted"


class RemoteTokenRefused(Refused):
    """The server does not take the token: it has expired, was removed, or nobody is behind it any more."""

    code = "remote-token-refused"


class RemoteScopeMissing(Refused):
    """The token's scopes, or the role of the person behind it, do not allow this."""

    code = "remote-scope-missing"


class RemoteVersionDiffers(Invalid):
    """The server speaks another version of the API."""

    code = "remote-version-differs"


class RemoteAnswerTooLarge(Unavailable):
    """The server's answer is larger than is taken."""

    code = "remote-answer-too-large"


class RemoteAnswerUnreadable(Unavailable):
    """What answered is no Gainful server, or what it said cannot be read."""

    code = "remote-answer-unreadable"


class RemoteFailed(GainfulError):
    """The server said no, in words of its own: the error has the code and the exit status that it has over there.

    Args:
        code: As the server calls it, so that a script reads the same as it would on that machine.
    """

    code = "remote-failed"

    def __init__(self, code: str, what: str, next_move: str, exit_code: int) -> None:
        super().__init__(what, next_move)
        # Of this one error, and not of its class.
        self.__dict__.update(code=code, exit_code=exit_code)
