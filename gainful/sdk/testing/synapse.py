"""A private Synapse for tests and benches: own directory, own port on 127.0.0.1, gone when stopped or when we are.

    with Synapse() as server:
        ada = server.register("ada")
        server.ask(ada, "GET", "/_matrix/client/v3/account/whoami")

It needs the servers' environment, which `make servers` makes. It speaks to no other server.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gainful.sdk.egress import Egress, EgressUnreachable
from gainful.sdk.http import HttpClient, Limits
from gainful.sdk.testing.local_server import HOST, PackagedServer

NAME = "example.org"
"""The name of the homeserver, as it stands in ids."""

# The pipe from us to it closes when we are gone, however that came about; then it takes itself and its files away.
_LAUNCH = """\
import os, shutil, sys, threading, time

folder, server = sys.argv[1], os.getpid()

def last():
    sys.stdin.buffer.read()
    if os.fork():
        os._exit(0)
    while os.getppid() == server:  # until it is gone it writes on
        time.sleep(0.01)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)

threading.Thread(target=last, daemon=True).start()
from synapse.app.homeserver import main
sys.argv[1:] = ["--config-path", sys.argv[1] + "/homeserver.yaml"]
main()
"""
_FREELY = {"per_second": 100_000, "burst_count": 100_000}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on the server, signed in."""

    id: str
    token: str


class Synapse(PackagedServer):
    """A running server once `start` was called; also a context manager. Nobody is limited in how much they send."""

    PROGRAM = "Synapse"
    PACKAGE = "synapse"
    # It would write down at length what is removed right after.
    END = signal.SIGKILL

    def __init__(self) -> None:
        super().__init__()
        self._shared_secret = secrets.token_hex(16)

    @property
    def url(self) -> str:
        """The address for clients."""
        return self.origin

    def start(self) -> Self:
        """The same server, running and answering. Takes about ten seconds.

        Raises:
            ServerMissing: Not installed, or it did not come up.
        """
        self._prepare()
        self._write_files()
        self._begin()
        return self

    def restart(self) -> None:
        """End the server as a power cut does, and start it again with what it had written."""
        self.end(signal.SIGKILL)
        self._begin()

    def register(self, name: str, *, admin: bool = False, display_name: str = "") -> Account:
        """Somebody new."""
        nonce = self.ask(None, "GET", "/_synapse/admin/v1/register")["nonce"]
        password = secrets.token_hex(16)
        fields = (nonce, name, password, "admin" if admin else "notadmin")
        proof = hmac.new(self._shared_secret.encode(), "\0".join(fields).encode(), hashlib.sha1)
        body = {
            "nonce": nonce,
            "username": name,
            "displayname": display_name or name,
            "password": password,
            "admin": admin,
            "mac": proof.hexdigest(),
        }
        made = self.ask(None, "POST", "/_synapse/admin/v1/register", body)
        return Account(made["user_id"], made["access_token"])

    def ask(self, who: Account | None, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server answers to this account's request.

        Raises:
            AssertionError: It refuses; with its reason.
        """
        headers = {"authorization": f"Bearer {who.token}"} if who else {}
        methods = frozenset({"GET", "POST", "PUT", "DELETE"})
        with HttpClient(Egress(methods=methods, private_ok=frozenset({self.url})), limits=Limits(read=60)) as http:
            answer = http.request(method, f"{self.url}{path}", headers=headers, json_body=body)
        if answer.status >= 400:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def _write_files(self) -> None:
        key = secrets.token_bytes(32)
        (self.folder / "signing.key").write_text(f"ed25519 a_test {_base64(key)}\n")
        (self.folder / "log.yaml").write_text(json.dumps(_LOGGING))
        config = _config(self.folder, self.port, self._shared_secret)
        # JSON is YAML.
        (self.folder / "homeserver.yaml").write_text(json.dumps(config))

    def _begin(self) -> None:
        self._run(["-c", _LAUNCH, str(self.folder)], self._answers, {"stdin": subprocess.PIPE})

    def _answers(self) -> bool:
        with contextlib.suppress(EgressUnreachable):
            self.ask(None, "GET", "/_matrix/client/versions")
            return True
        return False


_LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"level": "ERROR", "handlers": ["console"]},
    "disable_existing_loggers": False,
}


def _config(directory: Path, port: int, shared_secret: str) -> dict[str, Any]:
    limits = ("rc_message", "rc_registration", "rc_joins_per_room")
    nested = {
        "rc_login": ("address", "account", "failed_attempts"),
        "rc_joins": ("local", "remote"),
        "rc_invites": ("per_room", "per_user", "per_issuer"),
    }
    return {
        "server_name": NAME,
        "listeners": [
            {
                "port": port,
                "bind_addresses": [HOST],
                "type": "http",
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(directory / "synapse.sqlite")}},
        "log_config": str(directory / "log.yaml"),
        "media_store_path": str(directory / "media"),
        "pid_file": str(directory / "synapse.pid"),
        "signing_key_path": str(directory / "signing.key"),
        "macaroon_secret_key": secrets.token_hex(16),
        "form_secret": secrets.token_hex(16),
        "registration_shared_secret": shared_secret,
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "report_stats": False,
        "bcrypt_rounds": 4,
        "presence": {"enabled": False},
        "user_directory": {"enabled": True, "search_all_users": True},
        **dict.fromkeys(limits, _FREELY),
        **{name: dict.fromkeys(parts, _FREELY) for name, parts in nested.items()},
    }


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")
