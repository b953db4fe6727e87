"""The four keys, on histories as a page would show them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gainful.core.deploy_event import State
from gainful.core.deployment import Intent, Kind
from gainful.worth.delivery import Delivery, Keys, Standing, delivery_keys
from tests.unit.worth.deliveries import END, START, delivery, rollback


def keys(*deliveries: Delivery) -> Keys:
    return delivery_keys(deliveries, START, END)


def counted(found: Keys) -> dict[str, int]:
    return {str(standing): number for standing, number in found.counts.items() if number}


def test_nothing_was_deployed() -> None:
    found = keys()
    assert (found.frequency, found.lead_time, found.failure_rate, found.restore_time) == (0, None, None, None)


def test_two_good_ones_in_four_weeks() -> None:
    found = keys(delivery("a", 10), delivery("b", 20, oldest=START + timedelta(hours=15)))
    assert (found.frequency, found.lead_time, found.failure_rate) == (0.5, timedelta(hours=4), 0)
    assert counted(found) == {"effective": 2}


def test_one_that_was_rolled_back_by_its_watch() -> None:
    found = keys(delivery("a", 10), delivery("b", 20, state=State.ROLLED_BACK))
    assert (found.frequency, found.failure_rate, found.restore_time) == (0.25, 0.5, timedelta(minutes=1))


def test_one_that_was_taken_back_later() -> None:
    found = keys(delivery("a", 10), delivery("b", 20), rollback("a", 22))
    assert (found.frequency, found.failure_rate) == (0.25, 0.5)
    assert found.restore_time == timedelta(hours=2, minutes=1)
    assert counted(found) == {"effective": 1, "failed": 1, "rollback": 1}


def test_taken_back_after_its_time_it_counts() -> None:
    assert counted(keys(delivery("b", 20), rollback("a", 50))) == {"effective": 1, "rollback": 1}


def test_what_it_was_built_upon_survives() -> None:
    assert counted(keys(delivery("a", 1), delivery("b", 2), rollback("a", 3))) == {
        "effective": 1,
        "failed": 1,
        "rollback": 1,
    }


def test_a_loop_takes_it_back_as_well_and_restores_nothing() -> None:
    found = keys(delivery("b", 2), delivery("a", 3, kind=Kind.LOOP))
    assert counted(found) == {"failed": 1, "pointless": 1}
    assert found.restore_time is None


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REAL] + [None])
def test_what_is_pointless_raises_nothing(kind: Kind | None) -> None:
    found = keys(delivery("a", 1), delivery("a2", 100, kind=kind))
    assert (found.frequency, counted(found)) == (0.25, {"effective": 1, "pointless": 1})


@pytest.mark.parametrize("intent", [Intent.RESTART, Intent.SECRETS, Intent.REBUILD, Intent.REPAIR])
def test_upkeep_raises_nothing(intent: Intent) -> None:
    assert counted(keys(delivery("a", 1), delivery("a", 2, intent=intent))) == {"effective": 1, "upkeep": 1}


def test_the_same_release_counts_once() -> None:
    assert counted(keys(delivery("a", 1), delivery("a", 60))) == {"effective": 1, "repeated": 1}
    assert counted(keys(delivery("a", 1), delivery("a", 60, service="till"))) == {"effective": 2}


@pytest.mark.parametrize(
    ("more", "as_what"),
    [
        ({"state": State.REFUSED}, "refused"),
        ({"state": State.DECLINED}, "refused"),
        ({"state": State.FAILED, "shifted_at": None}, "aborted"),
        ({"state": State.FAILED}, "failed"),
        ({"state": State.WATCHING, "ended_at": None}, "open"),
    ],
)
def test_what_did_not_go_live(more: dict[str, Any], as_what: str) -> None:
    assert counted(keys(delivery("a", 1, **more))) == {as_what: 1}


def test_what_a_pointless_one_took_along_has_waited_all_the_same() -> None:
    alone = keys(delivery("a", 100, oldest=START))
    hidden = keys(
        delivery("x", 99, kind=Kind.NOTHING_SHIPPED, oldest=START),
        delivery("a", 100, oldest=START + timedelta(hours=99)),
    )
    assert hidden.lead_time == alone.lead_time == timedelta(hours=100)


def test_a_time_before_is_looked_at_and_not_counted() -> None:
    found = keys(delivery("a", -100), delivery("a", 1), delivery("b", 24 * 28))
    assert counted(found) == {"repeated": 1}


def test_an_empty_time() -> None:
    with pytest.raises(ValueError, match="after it begins"):
        delivery_keys([], END, END)


def test_every_one_is_in_one_place() -> None:
    found = keys(delivery("a", 1), delivery("a", 2), rollback("z", 3), delivery("c", 4, state=State.REFUSED))
    assert sum(found.counts.values()) == 4
    assert set(found.counts) == set(Standing)
