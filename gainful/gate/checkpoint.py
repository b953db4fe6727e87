"""Checkpoints: signed statements that the audit log had this digest at this entry.

A chain alone does not show a cut-off end, nor one written anew from the beginning. A checkpoint kept elsewhere shows
both, and whoever has the database but not the key cannot make another.

Source: RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gainful.core.errors import Invalid
from gainful.ledger.entry import instant

_PURPOSE = "gainful audit checkpoint 1"
"""Signed along, so that no signature made for another purpose passes for a checkpoint."""


class CheckpointInvalid(Invalid):
    """A file that should hold checkpoints of the audit log holds something else."""

    code = "checkpoint-invalid"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The digest of one audit entry, signed.

    Args:
        at: When it was signed, as stored text.
        public_key: 32 bytes in base 64.
        signature: 64 bytes in base 64, over `message(checkpoint)`.
    """

    seq: int
    digest: str
    at: str
    public_key: str
    signature: str

    @property
    def key(self) -> str:
        """The fingerprint of the public key."""
        return fingerprint(self.public_key)

    @property
    def genuine(self) -> bool:
        """Whether the signature is that of the public key it names. Whose key that is, it cannot tell."""
        try:
            public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.public_key, validate=True))
            public_key.verify(base64.b64decode(self.signature, validate=True), _message(self.seq, self.digest, self.at))
        except (InvalidSignature, TypeError, ValueError):
            return False
        return True

    def as_json(self) -> dict[str, Any]:
        """The fields of one line of a checkpoint file."""
        return {
            "seq": self.seq,
            "digest": self.digest,
            "at": self.at,
            "key": self.key,
            "public_key": self.public_key,
            "signature": self.signature,
        }


def sign(seq: int, digest: str, at: datetime, private_key: Ed25519PrivateKey) -> Checkpoint:
    """The checkpoint of this entry."""
    when = instant(at)
    signature = private_key.sign(_message(seq, digest, when))
    return Checkpoint(seq, digest, when, public_text(private_key), base64.b64encode(signature).decode())


def checkpoint_of(line: str) -> Checkpoint:
    """The checkpoint that a line of a checkpoint file holds; its signature is not looked at.

    Raises:
        CheckpointInvalid: It holds none.
    """
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, Mapping) or not _well_formed(given):
        raise CheckpointInvalid("This is no checkpoint of an audit log.", "Make one with `gainful audit checkpoint`.")
    return Checkpoint(given["seq"], given["digest"], given["at"], given["public_key"], given["signature"])


def public_text(private_key: Ed25519PrivateKey) -> str:
    """The public half in base 64."""
    return base64.b64encode(private_key.public_key().public_bytes_raw()).decode()


def fingerprint(public_key: str) -> str:
    """The first 32 hex digits of the SHA-256 of a public key: short enough to compare by eye."""
    try:
        raw = base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = public_key.encode("utf-8", "backslashreplace")
    return hashlib.sha256(raw).hexdigest()[:32]


def _message(seq: int, digest: str, at: str) -> bytes:
    return json.dumps([_PURPOSE, seq, digest, at], separators=(",", ":")).encode()


def _well_formed(given: Mapping[str, Any]) -> bool:
    texts = ("digest", "at", "public_key", "signature")
    return type(given.get("seq")) is int and all(isinstance(given.get(name), str) for name in texts)
