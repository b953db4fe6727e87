from __future__ import annotations

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding.features import Features
from gainful.jobs.triage.deciding.local_model import LocalModel, ModelCorrupt, unpack_prior

ONE = Features((10, 20, 30), (40,), (50, 60))
OTHER = Features((11, 21, 31), (41,), (51, 61))


def test_scores_add_up_over_the_standard_labels() -> None:
    scores = LocalModel.prior().scores(ONE)
    assert len(scores) == 8
    assert sum(scores.values()) == pytest.approx(1)


def test_a_correction_moves_that_mail_and_hardly_another() -> None:
    model = LocalModel.prior()
    before, other = model.scores(ONE)["todo"], model.scores(OTHER)["todo"]
    model.learn(ONE.to_bytes(), "todo")
    assert model.scores(ONE)["todo"] > before + 0.1
    assert abs(model.scores(OTHER)["todo"] - other) < 0.05
    assert model.corrections == 1


def test_a_label_of_the_persons_own_is_learned() -> None:
    model = LocalModel.prior()
    for _ in range(4):
        model.learn(ONE, "travel")
        model.learn(OTHER, "fyi")
    scores = model.scores(ONE)
    assert max(scores, key=lambda key: scores[key]) == "travel"
    other = model.scores(OTHER)
    assert max(other, key=lambda key: other[key]) == "fyi"


def test_the_same_corrections_make_the_same_model_also_across_storage() -> None:
    straight, stored = LocalModel.prior(), LocalModel.prior()
    for number in range(12):
        mail, label = (ONE, "travel") if number % 3 else (OTHER, "update")
        straight.learn(mail, label)
        stored.learn(mail, label)
        stored = LocalModel.from_bytes(stored.to_bytes())
    assert straight.scores(ONE) == stored.scores(ONE)
    assert straight.to_bytes() == stored.to_bytes()


def test_damaged_bytes_are_refused() -> None:
    model = LocalModel.prior()
    model.learn(ONE, "todo")
    raw = model.to_bytes()
    for bad in (b"", b"junk" * 9, raw[:-1], raw[:20] + bytes([raw[20] ^ 1]) + raw[21:], raw[:4] + bytes(8) + raw[12:]):
        with pytest.raises(ModelCorrupt, match="Rebuild"):
            LocalModel.from_bytes(bad)
    with pytest.raises(ModelCorrupt):
        unpack_prior(b"GTP1....")


def test_learning_never_touches_the_shipped_prior() -> None:
    before = LocalModel.prior().scores(ONE)
    LocalModel.prior().learn(ONE, "junk")
    assert LocalModel.prior().scores(ONE) == before


def test_telling_words_are_words_of_the_mail() -> None:
    mail = Mail(subject="Lunch", text="Shall we have lunch on Wednesday? \x1b[31mIt is on me.")
    words = LocalModel.prior().telling_words(mail, "meeting")
    assert words
    assert all(word in "lunch shall we have lunch on wednesday it is on me" for word in words)
    assert LocalModel.prior().telling_words(mail, "unheard-of") == []
