"""Keeps what a browser's session must show later so that its cookie alone opens it.

    kept = seal("an ID token", cookie)
    opened(kept, cookie)                # "an ID token"

The cookie is 256 random bits of which only a digest is stored: who reads the database, or a backup of it, reads nothing
of this.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

_PURPOSE = b"gainful: what is shown to the identity provider at the end"


def seal(text: str, cookie: str) -> str:
    """The text under a key that the cookie gives."""
    return Fernet(_key(cookie)).encrypt(text.encode()).decode()


def opened(sealed: str, cookie: str) -> str | None:
    """The text; None where it was not sealed with this cookie."""
    try:
        return Fernet(_key(cookie)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _key(cookie: str) -> bytes:
    # Another value than the form's token, which stands in pages: neither gives the other away.
    return base64.urlsafe_b64encode(hmac.new(cookie.encode(), _PURPOSE, hashlib.sha256).digest())
