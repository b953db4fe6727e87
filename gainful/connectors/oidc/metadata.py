"""What an identity provider says of itself: its discovery document, read with suspicion.

Source: OpenID Connect Discovery 1.0, 3 and 4.3; RFC 8414, 3.3; OpenID Connect RP-Initiated Logout 1.0, 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gainful.connectors.oidc.errors import ProviderInvalid
from gainful.sdk.egress import EgressRefused, parse

ALGORITHMS = frozenset(f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512))
"""Signatures that can prove an identity: all by a key that the provider alone has."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What of it is used.

    Args:
        userinfo: Empty where there is none.
        secret_methods: How a client may show its secret.
        algorithms: By which the provider signs, of those that are accepted.
        names_itself: It sends `iss` with its answers.
        end_session: Where browsers are sent to sign out there; empty where it offers none that can be used.
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    secret_methods: tuple[str, ...]
    algorithms: frozenset[str]
    names_itself: bool
    end_session: str = ""

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that are asked, as an egress names them."""
        targets = [parse(url) for url in (self.token, self.keys, self.userinfo) if url]
        return frozenset(target.authority for target in targets if target.scheme == "https" and not target.is_literal)


def discovery_url(issuer: str) -> str:
    """Where the document lies."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def metadata_from(content: Any, issuer: str) -> Metadata:
    """The document of this issuer.

    Raises:
        ProviderInvalid: It is another issuer's, or something is missing that is needed.
    """
    if not isinstance(content, dict):
        raise _unusable("is no JSON object")
    if content.get("issuer") != issuer:
        # Else a provider could speak for another one.
        said = "".join(letter for letter in str(content.get("issuer"))[:200] if letter.isprintable())
        raise _unusable(f"is that of the issuer '{said}', not of '{issuer}'")
    if "code" not in _words(content, "response_types_supported", ("code",)):
        raise _unusable("offers no authorization code")
    if "S256" not in _words(content, "code_challenge_methods_supported", ("S256",)):
        raise _unusable("offers no PKCE with S256")
    algorithms = ALGORITHMS & set(_words(content, "id_token_signing_alg_values_supported", ("RS256",)))
    if not algorithms:
        raise _unusable(f"offers none of the signatures {', '.join(sorted(ALGORITHMS))}")
    return Metadata(
        issuer,
        _endpoint(content, "authorization_endpoint", issuer),
        _endpoint(content, "token_endpoint", issuer),
        _endpoint(content, "jwks_uri", issuer),
        _endpoint(content, "userinfo_endpoint", issuer) if content.get("userinfo_endpoint") else "",
        _words(content, "token_endpoint_auth_methods_supported", ("client_secret_basic",)),
        frozenset(algorithms),
        content.get("authorization_response_iss_parameter_supported") is True,
        _end_session(content, issuer),
    )


def _end_session(content: Mapping[str, Any], issuer: str) -> str:
    """Where to sign out. One that cannot be used is none: nobody is kept from signing in by it."""
    try:
        return _endpoint(content, "end_session_endpoint", issuer) if content.get("end_session_endpoint") else ""
    except ProviderInvalid:
        return ""


def _words(content: Mapping[str, Any], name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    found = content.get(name)
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else otherwise


def _endpoint(content: Mapping[str, Any], name: str, issuer: str) -> str:
    found = content.get(name)
    try:
        target = parse(found) if isinstance(found, str) else None
    except EgressRefused:
        target = None
    if target is None:
        raise _unusable(f"names no usable {name}")
    if target.scheme != "https" and target.origin != parse(issuer).origin:
        raise _unusable(f"names a {name} without TLS")
    return target.url


def _unusable(why: str) -> ProviderInvalid:
    return ProviderInvalid(
        f"The identity provider's discovery document {why}.",
        "Check the issuer under [console.oidc] in gainful.toml.",
    )
