"""Real ways out, tried in the real sandbox: every one must fail, and must work outside where that does no harm."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.sandbox.attacks import ATTACKS, ROOT, USER, Attack
from tests.sandbox.bait import Bait
from tests.sandbox.conftest import Run

CONTROLS = [a for a in ATTACKS if a.control == USER or (a.control == ROOT and os.getuid() == 0)]


def _name(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", ATTACKS, ids=_name)
def test_it_fails_inside(attack: Attack, run: Run, bait: Bait) -> None:
    outcome = run(attack.text({**bait.facts, "work": "/work", "setuid": "/work/become"}))
    said = outcome["stdout"]
    assert "ESCAPED" not in said, said
    assert bait.untouched()
    # It was tried, not lost on its way: it says so, or was killed in the attempt.
    assert said.startswith("HELD") or outcome["exit_code"] > 128, outcome


@pytest.mark.parametrize("attack", CONTROLS, ids=_name)
def test_it_works_outside(attack: Attack, outside: Callable[..., str], bait: Bait) -> None:
    said = outside(attack.text(bait.facts), root=attack.control == ROOT)
    assert said.startswith("ESCAPED"), said


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 30
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert sum(attack.control == USER for attack in ATTACKS) >= 30
