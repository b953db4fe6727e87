"""An identity provider on loopback that lies as a test tells it to; a real one never would.

It signs for whom the test says, with what the test says, and answers what the test says. Nothing of it is Gainful's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "gainful"

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@dataclass
class Lies:
    """What a sign-in's tokens are to say.

    Args:
        claims: In place of what is true; None leaves a claim out.
        sign: Makes the token of header and claims, where it is not signed as it should be.
        header: In place of what is true.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None


class LyingProvider:
    """A provider, from `with` to its end."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.key = KEY
        self.published = [self.key]
        self.discovery: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.answer: tuple[int, bytes] | None = None
        """What every address answers, in place of everything else."""
        self.token_error = ""
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        """How clients have shown who they are in a header."""
        self.forms: list[dict[str, str]] = []
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any], Lies]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._scheme = "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> LyingProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/realm"

    def authorize(self, url: str, claims: dict[str, Any], lies: Lies | None = None) -> str:
        """A code, as if somebody had signed in here for this request."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = (asked, claims, lies or Lies())
        return code

    # --- what it answers ----------------------------------------------------------------------------------------------

    def get(self, path: str, authorization: str) -> tuple[int, Any]:
        """Status and JSON."""
        self.asked.append(path)
        if path == "/realm/.well-known/openid-configuration":
            return 200, self._discovery()
        if path == "/realm/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == "/realm/userinfo" and self.userinfo is not None and authorization == "Bearer access":
            return 200, self.userinfo
        return 404, {}

    def _discovery(self) -> dict[str, Any]:
        base = self.issuer
        found = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
            **({"userinfo_endpoint": f"{base}/userinfo"} if self.userinfo is not None else {}),
        }
        return {name: value for name, value in {**found, **self.discovery}.items() if value is not None}

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        """The answer to a code, which is taken once, and only from who has the verifier of its challenge."""
        self.asked.append("/realm/token")
        self.forms.append(form)
        if self.token_error:
            return 400, {"error": self.token_error}
        asked, claims, lies = self._codes.pop(form.get("code", ""), ({}, {}, Lies()))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not asked or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self._id_token(asked, claims, lies)}

    def _id_token(self, asked: dict[str, str], claims: dict[str, Any], lies: Lies) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **claims}
        said = {name: value for name, value in {**said, **lies.claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid, **lies.header}
        return lies.sign(header, said) if lies.sign else jwt.encode(header, said, self.key)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token with `alg: none`."""
    head = json.dumps({**header, "alg": "none"}).encode()
    return ".".join([*(_packed(part) for part in (head, json.dumps(claims).encode())), ""])


def by_public_key(key: RSAKey) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    """Signs with HS256, with what everybody can know of the key as the secret."""
    secret = key.as_pem(private=False)

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        head = json.dumps({**header, "alg": "HS256"}).encode()
        body = ".".join(_packed(part) for part in (head, json.dumps(claims).encode()))
        return f"{body}.{_packed(hmac.digest(secret, body.encode(), 'sha256'))}"

    return sign


def _packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _handler(provider: LyingProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*provider.get(self.path, self.headers.get("authorization", "")))

        def do_POST(self) -> None:
            provider.authorizations.append(self.headers.get("authorization", ""))
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            if provider.answer is not None:
                status, body = provider.answer
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler
