"""Deploying for nothing improves none of the four keys, whatever else happens and wherever it is put."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.deploy_event import State
from gainful.core.deployment import Intent, Kind
from gainful.worth.delivery import Delivery, Keys, Standing, delivery_keys
from tests.unit.worth.deliveries import END, START, delivery

RELEASES = st.sampled_from("abcde")
HOURS = st.floats(-100, 800, allow_nan=False)
ENDED = [State.PROMOTED, State.ROLLED_BACK, State.REFUSED, State.DECLINED, State.FAILED]
MINUTES = st.integers(0, 300)


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Any deployment: of any intent, kind and end."""
    made = delivery(
        draw(RELEASES),
        draw(HOURS),
        id=draw(st.uuids().map(str)),
        service=draw(st.sampled_from(["shop", "till"])),
        intent=draw(st.sampled_from([Intent.CHANGE, Intent.CHANGE, Intent.CHANGE, *Intent])),
        kind=draw(st.sampled_from([Kind.REAL, Kind.REAL, Kind.REAL, *Kind, None])),
        state=draw(st.sampled_from([State.PROMOTED, State.PROMOTED, *ENDED])),
    )
    shifted = draw(st.none() | MINUTES)
    oldest = draw(st.none() | MINUTES)
    assert made.ended_at is not None
    return replace(
        made,
        shifted_at=None if shifted is None else made.ended_at - timedelta(minutes=shifted),
        oldest=None if oldest is None else made.ended_at - timedelta(minutes=oldest),
    )


@st.composite
def for_nothing(draw: st.DrawFn) -> Delivery:
    """A deployment that changes nothing that ships, or brings back what was there; however it ends.

    A release of its own, where it is no loop: no rollback of the history goes to it.
    """
    one = draw(deliveries())
    kind = draw(st.sampled_from([kind for kind in Kind if kind is not Kind.REAL]))
    intent = draw(st.sampled_from([Intent.CHANGE, Intent.CHANGE, Intent.RESTART, Intent.SECRETS]))
    release = one.release if kind is Kind.LOOP else f"own-{one.id}"
    return replace(one, kind=kind, intent=intent, release=release)


def no_better(before: Keys, after: Keys) -> None:
    """No key of the second is better than that of the first; None is no figure to be proud of."""
    assert after.frequency <= before.frequency
    for name in ("lead_time", "restore_time"):
        old, new = getattr(before, name), getattr(after, name)
        assert new is None or (old is not None and new >= old)
    if before.failure_rate is not None:
        assert after.failure_rate is not None
        assert after.failure_rate >= before.failure_rate


@given(st.lists(deliveries(), max_size=12), st.lists(for_nothing(), min_size=1, max_size=4))
def test_deploying_for_nothing_improves_no_key(history: list[Delivery], added: list[Delivery]) -> None:
    no_better(delivery_keys(history, START, END), delivery_keys([*history, *added], START, END))


@given(st.lists(deliveries(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_told_does_not_matter(history: list[Delivery], chance: object) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert delivery_keys(history, START, END) == delivery_keys(shuffled, START, END)


@given(st.lists(deliveries(), max_size=12))
def test_every_one_is_counted_once_and_figures_are_sound(history: list[Delivery]) -> None:
    found = delivery_keys(history, START, END)
    within = [one for one in history if one.ended_at is not None and START <= one.ended_at < END]
    assert sum(found.counts.values()) == len(within)
    assert found.frequency * 4 == found.counts[Standing.EFFECTIVE]
    assert found.failure_rate is None or 0 <= found.failure_rate <= 1
    assert found.lead_time is None or found.lead_time >= timedelta(0)
    assert found.restore_time is None or found.restore_time >= timedelta(0)
