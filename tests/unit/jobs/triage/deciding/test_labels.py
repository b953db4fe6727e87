from __future__ import annotations

import pytest

from gainful.jobs.triage.deciding.labels import LabelInvalid, LabelSet


def test_standard_labels_in_order_and_none_that_asks_may_be_archived() -> None:
    labels = LabelSet.standard()
    assert list(labels) == ["needs_reply", "todo", "meeting", "fyi", "update", "newsletter", "receipt", "junk"]
    assert labels.action_keys == {"needs_reply", "todo", "meeting"}
    assert not any(label.action and label.archive for label in labels.values())


def test_people_rename_switch_archive_and_add() -> None:
    labels = LabelSet.configured(
        {
            "newsletter": {"name": "Reading", "archive": False},
            "travel": {"description": "Trips: bookings, changes, visas.", "archive": True, "keywords": ["boarding"]},
        }
    )
    assert labels["newsletter"].name == "Reading"
    assert not labels["newsletter"].archive
    assert labels["travel"].name == "travel"
    assert labels["travel"].keywords == ("boarding",)
    assert labels.named("READING").key == "newsletter"
    assert labels.named("needs-reply").key == "needs_reply"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"newsletter": {"name": "my news"}}, "my-news"),
        ({"newsletter": {"name": "naïve"}}, "one word"),
        ({"newsletter": {"name": "fyi"}}, "Two labels are named 'fyi'"),
        ({"travel": {}}, "no description"),
        ({"Travel plans": {"description": "x"}}, "label's key"),
        ({"todo": {"archive": True}}, "cannot be archived"),
        ({"todo": {"colour": "red"}}, "unknown setting 'colour'"),
        ({"todo": {"action": "yes"}}, "true or false"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_next_move(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(LabelInvalid, match=r"(?i)label") as caught:
        LabelSet.configured(overrides)
    assert message in str(caught.value)
    assert caught.value.next_move


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(LabelInvalid, match="needs_reply"):
        LabelSet.standard().named("spam")
