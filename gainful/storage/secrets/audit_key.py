"""The key that signs the audit log's checkpoints: an Ed25519 private key as PEM, in a file of its own."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from gainful.gate.checkpoint import fingerprint, public_text
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.secrets.key_file import make_key_file, read_key_file, unusable


def signing_key(path: Path, *, create: bool) -> Ed25519PrivateKey:
    """The key in this file.

    Args:
        create: Make one when there is none: only where nothing was signed yet, else its loss would go unseen.

    Raises:
        KeyFileInvalid: It is missing, open to others, or holds something else.
    """
    if create:
        try:
            make_key_file(path, _generate)
        except OSError as error:
            raise unusable(path, error) from None
    missing = KeyFileInvalid(
        f"The key file {path} is missing, and checkpoints of the audit log were signed with it.",
        "Put it back from your backup. If it is lost: keep a copy of the home, then make a new home.",
    )
    pem = read_key_file(path, "checkpoints made since then prove nothing", missing)
    try:
        key = load_pem_private_key(pem, None)
    except (TypeError, ValueError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileInvalid(f"The file {path} does not hold an Ed25519 key.", "Put it back from your backup.")
    return key


def known_fingerprint(path: Path) -> str:
    """The fingerprint of the key in this file; empty when there is no such file.

    Raises:
        KeyFileInvalid: It is open to others, or holds something else.
    """
    return fingerprint(public_text(signing_key(path, create=False))) if path.exists() else ""


def _generate() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
