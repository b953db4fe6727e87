"""The broker: hands each secret to the connector that declared it, for a grant or a connection, and counts it.

broker = Broker(store, lambda: {"imap": ("account:",), "llm": ("model-key",), "model.ask": ("model-key",)})
handle = broker.handle("account:work", Connection("imap", "work"))
broker.lent                    # {("account:work", "imap"): 1} after the first sign-in
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from gainful.core.errors import Refused
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Connection, Handle, Secret

Scopes = Mapping[str, Collection[str]]
"""Names of secrets by connector and by tool, as the manifests declare them; one ending in `:` stands for all that
begin so."""


class SecretRefused(Refused):
    """A secret was asked for by something that has not declared it, or without a grant or a connection."""

    code = "secret-refused"


class Vault(Protocol):
    """Where secrets lie."""

    def get(self, name: str) -> Secret | None:
        """The secret of this name, or None when there is none."""


class Broker:
    """The only way from the vault to a connector. Safe to share between threads.

    Args:
        scopes: Asked at the first use: who has declared which secrets.
    """

    def __init__(self, vault: Vault, scopes: Callable[[], Scopes]) -> None:
        self._vault = vault
        self._read_scopes = scopes
        self._scopes: Scopes | None = None
        self._lent: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Broker({self._lent.total()} lent)"

    @property
    def lent(self) -> dict[tuple[str, str], int]:
        """How often each secret was handed out since the process began, by its name and who got it."""
        with self._lock:
            return dict(self._lent)

    def handle(
        self, name: str, connection: Connection | None = None, find: Callable[[], Secret | None] | None = None
    ) -> Handle:
        """The handle to this secret that a connector may keep.

        Args:
            connection: For a connector that signs in once for many calls; without it each use needs a call's grant.
            find: Where the secret comes from when not out of the vault: a file that is renewed, the person.
        """
        return Handle(name, lambda grant: self.lend(name, grant or connection, find))

    def lend(
        self, name: str, permit: Grant | Connection | None, find: Callable[[], Secret | None] | None = None
    ) -> Secret | None:
        """The secret, for this one use; None where there is none.

        Raises:
            SecretRefused: No permit, or one of somebody who has not declared this secret.
        """
        borrower = self._borrower(name, permit)
        secret = find() if find is not None else self._vault.get(name)
        if secret is not None:
            with self._lock:
                self._lent[name, borrower] += 1
        return secret

    def declared(self, name: str) -> bool:
        """Whether any connector has declared a secret of this name."""
        return any(_covers(scope, name) for scope in self._known_scopes().values())

    def _borrower(self, name: str, permit: Grant | Connection | None) -> str:
        if permit is None:
            raise SecretRefused(
                f"The secret '{name}' was asked for without a grant and without a connection.",
                "Ask through the gate, or connect through the app.",
            )
        borrower = permit.tool if isinstance(permit, Grant) else permit.connector
        if not _covers(self._known_scopes().get(borrower, ()), name):
            raise SecretRefused(
                f"'{borrower}' has not declared the secret '{name}'.",
                "Name it under `secrets` in the connector's manifest.toml if it should have it.",
            )
        return borrower

    def _known_scopes(self) -> Scopes:
        if self._scopes is None:
            self._scopes = self._read_scopes()
        return self._scopes


def _covers(scope: Collection[str], name: str) -> bool:
    return any(name.startswith(part) if part.endswith(":") else name == part for part in scope)
