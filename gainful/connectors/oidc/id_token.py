"""Checks an ID token: that the provider signed it, for us, for this sign-in, a moment ago.

Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 8725, 3.1 and 3.2 for the algorithms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from gainful.connectors.oidc.errors import IdentityUnproven, ProviderInvalid

LEEWAY = 60
"""Seconds by which the provider's clock may be off."""

LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, 2: `sub` has at most so many ASCII characters."""

_ASYMMETRIC = frozenset({"RSA", "EC"})


class KeyUnknown(Exception):
    """None of the keys has signed this."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say.

    Args:
        access_token: Which came with it, and must be the one that it names.
    """

    issuer: str
    client_id: str
    nonce: str
    access_token: str


def keys_from(content: Any) -> KeySet:
    """The provider's keys that can have signed: no secret ones, none for encryption.

    Raises:
        ProviderInvalid: There is none.
    """
    found = content.get("keys") if isinstance(content, dict) else None
    keys = []
    for one in found if isinstance(found, list) else []:
        if isinstance(one, dict) and one.get("kty") in _ASYMMETRIC and one.get("use", "sig") == "sig":
            try:
                keys += KeySet.import_key_set({"keys": [one]}).keys
            except (JoseError, ValueError, TypeError, KeyError):
                # A key of a kind that is not known yet must not keep out those that are.
                continue
    if not keys:
        raise ProviderInvalid("The identity provider has no key that could sign.", "Tell the provider's operator.")
    return KeySet(keys)


def claims_of(
    token: str, keys: KeySet, algorithms: Collection[str], expected: Expected, now: datetime
) -> Mapping[str, Any]:
    """What the provider says, once all of it is checked.

    Raises:
        KeyUnknown: Signed by a key that is not among these.
        IdentityUnproven: It proves nothing.
    """
    try:
        read = jwt.decode(token, keys, registry=JWSRegistry(algorithms=algorithms, strict_check_header=False))
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise KeyUnknown from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unproven(getattr(error, "description", "") or "it cannot be read") from error
    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    claims = CodeIDToken(read.claims, read.header, options, params)
    try:
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise _unproven(_about(error)) from error
    subject = claims["sub"]
    if not subject or len(subject) > LONGEST_SUBJECT or not (subject.isascii() and subject.isprintable()):
        raise _unproven("its subject cannot be one")
    return dict(claims)


def _about(error: Exception) -> str:
    """Which claim is wrong, in the library's words, which name the claim and not what stood there."""
    return str(getattr(error, "description", "") or error)[:120].rstrip(".") or "a claim is wrong"


def _unproven(why: str) -> IdentityUnproven:
    return IdentityUnproven(
        f"The identity provider's ID token does not hold: {why.rstrip('.')}.",
        "Sign in again; if it stays so, tell the platform owner.",
    )
