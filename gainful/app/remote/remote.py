"""The remotes of a person: servers by name, each with its address and token, sealed together.

A token is bound to the address that it was given for: whoever changes settings cannot send it elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gainful.app.remote.errors import NoSuchRemote, RemoteInvalid
from gainful.gate.broker import Broker
from gainful.sdk.egress import EgressRefused, parse
from gainful.sdk.secret import Connection, Secret
from gainful.storage.secrets.secret_store import SecretStore

SCOPE = "remote"
"""Under this name the broker counts the hand-outs, and secrets are named."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}", re.ASCII)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Remote:
    """A server.

    Args:
        url: Scheme, host and port: `https://gainful.example.org`.
        cafile: PEM file of the authority that signed its certificate; empty: one of the system's.
    """

    name: str
    url: str
    token: Secret
    cafile: str = ""


def origin_of(url: str) -> str:
    """The address of a server in its one spelling.

    Raises:
        RemoteInvalid: It is none, has a path, or no TLS and is not on this machine.
    """
    try:
        target = parse(url.strip())
    except EgressRefused as error:
        raise RemoteInvalid(error.what, "Write it like https://gainful.example.org.") from None
    if target.path != "/":
        raise RemoteInvalid(
            f"The address of a server has no path: {target.origin}.", "Write it like https://gainful.example.org."
        )
    if target.scheme != "https" and target.host not in _LOOPBACK:
        raise RemoteInvalid(
            f"{target.origin} would be reached without TLS, and the token with it.",
            "Use https; only a server on this machine is reached without.",
        )
    return target.origin


class Remotes:
    """The remotes of one installation."""

    def __init__(self, secrets: SecretStore, broker: Broker) -> None:
        self._secrets = secrets
        self._broker = broker

    def names(self) -> list[str]:
        """Every one, by name."""
        return [name.partition(":")[2] for name in self._secrets.names() if name.startswith(f"{SCOPE}:")]

    def find(self, name: str) -> Remote:
        """The remote of this name, with its token.

        Raises:
            NoSuchRemote: There is none.
        """
        kept = f"{SCOPE}:{name}"
        found = self._broker.handle(kept, Connection(SCOPE, name)).secret() if name in self.names() else None
        if found is None:
            known = ", ".join(self.names()) or "none"
            raise NoSuchRemote(
                f"There is no remote '{name[:60]}'; there are: {known}.", "`gainful remote add NAME URL` adds one."
            )
        stored: Mapping[str, Any] = json.loads(found.reveal())
        return Remote(name, stored["url"], Secret(kept, stored["token"]), stored.get("cafile", ""))

    def made(self, name: str, url: str, token: Secret, cafile: str = "") -> Remote:
        """A remote, not kept yet.

        Raises:
            RemoteInvalid: Its name or address cannot be.
        """
        if not _NAME.fullmatch(name):
            raise RemoteInvalid(f"'{name[:60]}' is no name of a remote.", "Use small letters, digits, . _ and -.")
        if not token.reveal().isascii() or not token.reveal().isprintable():
            raise RemoteInvalid("This is no token.", "`gainful console token` makes one on the server.")
        return Remote(name, origin_of(url), token, cafile)

    def keep(self, remote: Remote) -> None:
        """Keep it, in place of one of the same name."""
        content = {"url": remote.url, "token": remote.token.reveal(), "cafile": remote.cafile}
        self._secrets.put(f"{SCOPE}:{remote.name}", Secret(f"{SCOPE}:{remote.name}", json.dumps(content)))

    def remove(self, name: str) -> None:
        """Forget it. On the server the token lives on until its owner removes it.

        Raises:
            NoSuchRemote: There is none.
        """
        if not self._secrets.delete(f"{SCOPE}:{name}"):
            raise NoSuchRemote(f"There is no remote '{name[:60]}'.", "`gainful remote list` shows them.")
