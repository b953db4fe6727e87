"""What the benchmark of deployments makes of what it saw."""

from __future__ import annotations

from bench.deploy_proxy import shared


def test_the_time_for_which_two_slots_took_traffic() -> None:
    live, both, back = {"blue": 100, "green": 0}, {"blue": 90, "green": 10}, {"blue": 100, "green": 0}
    assert shared([(1.0, live), (5.0, both), (8.5, back), (9.0, live)]) == 3.5
    assert shared([(1.0, live), (5.0, {"blue": 0, "green": 100})]) == 0
    assert shared([]) == 0
