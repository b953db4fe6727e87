from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding import intent
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory
from gainful.jobs.triage.deciding.features import Asking, Features, FeaturesCorrupt, asking, extract
from gainful.jobs.triage.deciding.local_model import LocalModel

FACTS = Facts(frozenset({"me@example.org"}), SenderHistory(), False, False, datetime(2026, 3, 2, tzinfo=UTC))
BUCKETS = st.lists(st.integers(0, 65535), max_size=60).map(lambda found: tuple(sorted(set(found))))


@given(BUCKETS, BUCKETS, BUCKETS)
def test_bytes_and_back(words: tuple[int, ...], asks: tuple[int, ...], signs: tuple[int, ...]) -> None:
    features = Features(words, asks, signs)
    assert Features.from_bytes(features.to_bytes()) == features


@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused_or_read_never_worse(raw: bytes) -> None:
    try:
        features = Features.from_bytes(raw)
    except FeaturesCorrupt:
        return
    assert all(0 <= bucket < 65536 for bucket in (*features.words, *features.asks, *features.signs))


def test_cut_short_is_refused() -> None:
    raw = Features((1, 5000), (7,), (60000,)).to_bytes()
    for length in range(len(raw)):
        with pytest.raises(FeaturesCorrupt):
            Features.from_bytes(raw[:length])


def test_stored_features_hold_no_text() -> None:
    mail = Mail(from_addr="ann@example.net", subject="Zebrastripes", text="The zebrastripes are confidential today.")
    raw = extract(mail, FACTS, ["by person"], Asking()).to_bytes().lower()
    assert not any(word in raw for word in (b"zebra", b"confidential", b"ann", b"example"))


def test_lone_surrogates_and_long_text_do_no_harm() -> None:
    mail = Mail(from_addr="a@b", subject="\udcff" * 50, text="word " * 100_000)
    assert len(extract(mail, FACTS, [], Asking()).to_bytes()) < 3000


def test_a_request_asks_more_than_a_report() -> None:
    head = LocalModel.prior().intent
    request = asking(head, Mail(text="Could you please send me the signed form by Friday?"))
    report = asking(head, Mail(text="The committee met in the old hall on a rainy evening."))
    assert request.most > 0 > report.most
    assert request.buckets


def test_greeting_does_not_hide_the_opening() -> None:
    bare, greeted = set(intent.features("Send me the plan.")), set(intent.features("Hi Paul, send me the plan."))
    assert len(bare & greeted) > len(bare) / 2
