"""How another system signs, written from the description alone."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY = "a long random secret"


def signed(body: bytes, name: str = "", at: datetime = NOON, key: str = KEY) -> dict[str, str]:
    """The headers of a request."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(key.encode(), f"{stamp}.{name}.".encode() + body, hashlib.sha256).hexdigest()
    named = {"x-gainful-delivery": name} if name else {}
    return {
        "content-type": "application/json",
        "x-gainful-timestamp": stamp,
        "x-gainful-signature": f"v1={mac}",
        **named,
    }


def by_github(body: bytes, delivery: str = "d1", event: str = "issues", key: str = KEY) -> dict[str, str]:
    """The headers of a delivery of GitHub's."""
    return {
        "content-type": "application/json",
        "x-github-delivery": delivery,
        "x-github-event": event,
        "x-hub-signature-256": f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}",
    }
