"""A deployer killed at each step of each verb: called again, the verb converges, and those who use it see nothing."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from gainful.core.deployment import Release
from gainful.sdk.testing.deploy_target import grant
from tests.fixtures.shop_world import ShopWorld, shop_world

SCRIPT = Path(__file__).with_name("deploy_process.py")


class Users:
    """People who use the shop all the time, over a connection that they keep."""

    def __init__(self, port: int) -> None:
        self.answers = 0
        self.failures: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._use) for _ in range(2)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _use(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            while not self._over.wait(0.004):
                try:
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        self.failures.append(str(answer.status))
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                    connection.close()
                self.answers += 1


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorld]:
    with shop_world(tmp_path_factory.mktemp("world")) as made:
        deploy(made, made.releases[0])
        yield made


@contextmanager
def used(world: ShopWorld) -> Iterator[Users]:
    users = Users(world.proxy.port)
    users.start()
    try:
        yield users
    finally:
        users.stop()


def deploy(world: ShopWorld, release: Release) -> None:
    with closing(world.target()) as target:
        target.stage(grant(), release)
        assert target.health(release).well
        target.promote(grant(), release)


def killed(world: ShopWorld, verb: str, release: Release, step: int) -> bool:
    """Whether the process died at this step; otherwise it came to its end."""
    told = {
        "settings": world.settings().model_dump(mode="json"),
        "repository": str(world.repository),
        "release": asdict(release),
    }
    done = subprocess.run([sys.executable, str(SCRIPT), json.dumps(told), verb, str(step)], capture_output=True)
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode == -9


def at_each_step(world: ShopWorld, verb: str, release: Release) -> Iterator[int]:
    step = 1
    while killed(world, verb, release, step):
        yield step
        step += 1
    assert step > 4
    yield 0


def test_stage(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with used(world) as users:
        for _ in at_each_step(world, "stage", second):
            with closing(world.target()) as target:
                target.stage(grant(), second)
                assert target.health(second).well
                state = target.state()
                assert state.live is not None
                assert state.candidate is not None
                assert (state.live.release, state.candidate.release, state.share) == (first, second, 0)
                assert state.candidate.drift == ()
                target.rollback(grant(), first)
            left = {path.name for path in (world.folder / "releases").iterdir()}
            assert left <= {first.id, second.id} | {name for name in left if name.startswith(".new-")}
    assert users.failures == []
    assert users.answers > 100


def test_shift(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with used(world) as users, closing(world.target()) as target:
        target.stage(grant(), second)
        assert target.health(second).well
        for _ in at_each_step(world, "shift", second):
            target.shift(grant(), second, 30)
            assert target.state().share == 30
            target.shift(grant(), second, 0)
        target.rollback(grant(), first)
    assert users.failures == []


def test_promote_and_back(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with closing(world.target()) as target:
        target.stage(grant(), second)
        assert target.health(second).well
    with used(world) as users:
        for _ in at_each_step(world, "promote", second):
            with closing(world.target()) as target:
                target.promote(grant(), second)
                state = target.state()
                assert state.live is not None
                assert (state.live.release, state.candidate) == (second, None)
                target.rollback(grant(), first)
                target.stage(grant(), second)
                assert target.health(second).well
        with closing(world.target()) as target:
            target.rollback(grant(), first)
    assert users.failures == []


def test_rollback(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with used(world) as users:
        deploy(world, second)
        for _ in at_each_step(world, "rollback", first):
            with closing(world.target()) as target:
                target.rollback(grant(), first)
                state = target.state()
                assert state.live is not None
                assert (state.live.release, state.candidate) == (first, None)
            deploy(world, second)
        with closing(world.target()) as target:
            target.rollback(grant(), first)
    assert users.failures == []


def test_the_service_outlives_its_deployer_and_the_proxys_restart(world: ShopWorld) -> None:
    first, second = world.releases[:2]
    with closing(world.target()) as target:
        slot = target.state().live
    assert not killed(world, "stage", second, 0)
    with closing(world.target()) as target:
        assert target.health(second).well
        target.promote(grant(), second)
        world.proxy.restart()
        state = target.state()
        assert state.live is not None
        assert slot is not None
        assert state.live.slot != slot.slot
        assert state.live.drift == ()
        assert {world.ask() for _ in range(20)} == {second.id}
        target.rollback(grant(), first)
