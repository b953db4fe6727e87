"""A checkpoint is genuine only whole, and only with the key that it names."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gainful.gate.checkpoint import CheckpointInvalid, checkpoint_of, fingerprint, public_text, sign

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNED = sign(12, "d" * 64, NOON, KEY)


def test_what_was_signed_is_genuine() -> None:
    assert SIGNED.genuine
    assert SIGNED.key == fingerprint(public_text(KEY))
    assert checkpoint_of(json.dumps(SIGNED.as_json())) == SIGNED


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 11},
        {"digest": "e" * 64},
        {"at": "2026-11-22T12:00:00.000001+00:00"},
        {"public_key": public_text(Ed25519PrivateKey.from_private_bytes(b"1" * 32))},
        {"public_key": "?"},
        {"public_key": "é"},
        {"public_key": base64.b64encode(b"short").decode()},
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"signature": ""},
        {"signature": "�"},
    ],
)
def test_a_change_is_no_longer_genuine(change: dict[str, Any]) -> None:
    changed = replace(SIGNED, **change)
    assert not changed.genuine
    assert len(changed.key) == 32


def test_a_signature_for_another_purpose_is_none() -> None:
    other = base64.b64encode(KEY.sign(json.dumps([12, "d" * 64, SIGNED.at]).encode())).decode()
    assert not replace(SIGNED, signature=other).genuine


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", "null", "{}", "[" * 100_000, json.dumps({**SIGNED.as_json(), "seq": "12"})]
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(CheckpointInvalid, match="no checkpoint"):
        checkpoint_of(line)
