"""A secret, and the handle by which a connector gets it: what a connector keeps is never the secret itself.

handle = broker.handle("account:work", Connection("imap", "work"))      # made by the app
secret = handle.secret()                                                # at each sign-in; counted
wire.login(user, secret.reveal())                                       # the one place where it is text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, SupportsIndex, final

from gainful.core.redaction import learn
from gainful.sdk.grant import Grant


@final
class Secret:
    """A password, token or key that shows itself to nobody who does not ask for it by `reveal`.

    Its repr, str and format tell the name only; it cannot be pickled, and JSON refuses it. What it holds is kept out of
    logs and errors from the moment it comes to be.

    Args:
        name: What it is for, such as `account:work`.
    """

    __slots__ = ("__value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.__value = value
        if value:
            learn(value)

    def reveal(self) -> str:
        """The secret as text. Called where it goes to the server it is for, or under seal, and nowhere else."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    def __format__(self, form: str) -> str:
        return repr(self)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is neither stored nor sent as an object")


@dataclass(frozen=True, slots=True)
class Connection:
    """Permission for one connector to sign in to one account. Only `gainful.app` may build one; a test sees to it.

    Args:
        connector: The connector's name in its manifest, such as `imap`.
        account: Which account it is, for the person.
    """

    connector: str
    account: str


@final
class Handle:
    """The way to one secret: asks anew each time, so that a renewed token is found and each use is counted.

    Args:
        lend: Gives the secret, or None where there is none; may refuse.
    """

    __slots__ = ("_lend", "name")

    def __init__(self, name: str, lend: Callable[[Grant | None], Secret | None]) -> None:
        self.name = name
        self._lend = lend

    @classmethod
    def of(cls, secret: Secret | Handle | None) -> Handle:
        """A handle to a secret that is at hand already; a handle stays what it is."""
        if isinstance(secret, Handle):
            return secret
        return cls(secret.name if secret is not None else "none", lambda _grant: secret)

    def __repr__(self) -> str:
        return f"Handle({self.name})"

    def secret(self, grant: Grant | None = None) -> Secret | None:
        """The secret; None where there is none.

        Args:
            grant: The grant of the call it is for, where the handle was not made for a connection.

        Raises:
            SecretRefused: Whoever asks has not declared this secret, or has neither a grant nor a connection.
        """
        return self._lend(grant)
