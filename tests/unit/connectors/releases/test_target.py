"""What the releases target says when a part of its world is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from gainful.sdk.deploy_target import TargetRefused, TargetUnreachable
from gainful.sdk.testing.deploy_target import grant
from tests.fixtures.shop_world import ShopWorld, shop_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopWorld]:
    with shop_world(tmp_path) as made:
        yield made


def test_a_proxy_that_is_away(world: ShopWorld) -> None:
    with closing(world.target()) as target:
        world.proxy.end()
        with pytest.raises(TargetUnreachable):
            target.state()
        with pytest.raises(TargetUnreachable):
            target.stage(grant(), world.releases[0])
        world.proxy.restart()
        target.stage(grant(), world.releases[0])
        assert target.health(world.releases[0]).well


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"slots": 1}', '{"slots": {}, "live": "x"}'])
def test_a_record_that_is_damaged(text: str, world: ShopWorld) -> None:
    world.folder.mkdir()
    (world.folder / "record.json").write_text(text)
    with closing(world.target()) as target, pytest.raises(TargetUnreachable, match="cannot be read"):
        target.state()


def test_a_live_slot_that_died_is_drift_and_is_repaired(world: ShopWorld) -> None:
    first = world.releases[0]
    with closing(world.target()) as target:
        target.stage(grant(), first)
        assert target.health(first).well
        target.promote(grant(), first)
        world.end()
        live = target.state().live
        assert live is not None
        assert live.drift == ("not running",)
        target.stage(grant(), first, anew=True)
        assert target.health(first).well
        target.promote(grant(), first)
        live = target.state().live
        assert live is not None
        assert live.drift == ()
        assert world.ask() == first.id


def test_nobody_gets_traffic_who_cannot_take_it(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with closing(world.target()) as target:
        target.stage(grant(), first)
        assert target.health(first).well
        target.promote(grant(), first)
        target.stage(grant(), second)
        assert target.health(second).well
        target._runner.stop("green", {})
        for verb in (partial(target.shift, grant(), second, 20), partial(target.promote, grant(), second)):
            with pytest.raises(TargetRefused, match="cannot take traffic"):
                verb()
        assert world.ask() == first.id
