"""Whether a request comes from who has the secret, and is no copy of an old one.

    key = signed_by_gainful(secret, headers, body, now)      # what makes it this delivery and no other

How others sign for us: the HMAC-SHA256 of `TIMESTAMP.DELIVERY.BODY`, in hex, with the secret as it was typed:

    X-Gainful-Timestamp: 1795867200                  seconds since 1970, at most five minutes away from now
    X-Gainful-Delivery: build-7                      a name for what is sent, to send it again under; may be left out
    X-Gainful-Signature: v1=5257a8…

The name is signed along: who has seen a request cannot send it again under another one. Without a name, a request is
told from others by its timestamp and its body.

GitHub signs the body alone, and neither when it is sent nor its `X-GitHub-Delivery`. There the body is what tells
deliveries apart, so that a copy of one is known however late it comes.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries (X-Hub-Signature-256).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from gainful.core.errors import Refused
from gainful.sdk.secret import Secret

WINDOW = timedelta(minutes=5)
"""How old a signature may be, or how far ahead the sender's clock."""

TIMESTAMP, DELIVERY, SIGNATURE = "x-gainful-timestamp", "x-gainful-delivery", "x-gainful-signature"
GITHUB_SIGNATURE = "x-hub-signature-256"
_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_:-]{0,200}", re.ASCII)


class WebhookRefused(Refused):
    """A request to a webhook that nobody with its secret has signed, or that is too old."""

    code = "webhook-refused"


def signed_by_gainful(secret: Secret, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """What makes the request this delivery, once it is found to be signed by who has the secret.

    Args:
        headers: By lower-case name.

    Raises:
        WebhookRefused: It is not, or too long ago.
    """
    stamp, name = headers.get(TIMESTAMP, ""), headers.get(DELIVERY, "")
    # A name without dots: what is signed can be taken apart in one way only.
    if not _STAMP.fullmatch(stamp) or not _NAME.fullmatch(name):
        raise refused()
    content = b".".join((stamp.encode(), name.encode(), body))
    _check(secret, headers.get(SIGNATURE, ""), "v1=", content)
    at = datetime.fromtimestamp(int(stamp), UTC) if int(stamp) < 1 << 35 else datetime.max.replace(tzinfo=UTC)
    if abs(now - at) > WINDOW:
        raise WebhookRefused(
            f"The request was signed at {at:%Y-%m-%d %H:%M:%S} UTC, and it is {now:%H:%M:%S} now.",
            "Sign it anew when it is sent, and check the clocks of both machines.",
        )
    return f"name {name}" if name else f"content {hashlib.sha256(content).hexdigest()}"


def signed_by_github(secret: Secret, headers: Mapping[str, str], body: bytes) -> str:
    """As `signed_by_gainful`, for GitHub's deliveries.

    Raises:
        WebhookRefused: Nobody who has the secret has signed it.
    """
    _check(secret, headers.get(GITHUB_SIGNATURE, ""), "sha256=", body)
    return f"body {hashlib.sha256(body).hexdigest()}"


def refused() -> WebhookRefused:
    """The one answer to whoever has not the secret: it does not tell what there is."""
    return WebhookRefused(
        "No webhook takes this request: its address or its signature is wrong.",
        "Compare the address and the secret with those of the agent's owner.",
    )


def _check(secret: Secret, given: str, prefix: str, content: bytes) -> None:
    expected = hmac.new(secret.reveal().encode(), content, hashlib.sha256).hexdigest()
    # Compared as octets: a text with other than ASCII in it would raise, and so tell.
    if not hmac.compare_digest(f"{prefix}{expected}".encode(), given.encode("utf-8", "replace")):
        raise refused()


def is_one_of(given: str, known: Iterable[Secret]) -> bool:
    """Whether a token is one of these secrets; it takes as long whichever it is."""
    matches = [hmac.compare_digest(given.encode(), secret.reveal().encode()) for secret in known]
    return bool(given) and any(matches)
