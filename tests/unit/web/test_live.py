"""Those who watch are told at once, and not more often than they can draw; nothing that moved stays untold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gainful.web.console import live as watching
from gainful.web.console.live import BEAT, REST, Live, stamp


class World:
    """Things that move when the test says so, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.place = {"runs": "0", "approvals": "0"}
        self.looks = 0
        self.away = False

    def look(self) -> dict[str, str]:
        self.looks += 1
        if self.away:
            raise OSError("away")
        return dict(self.place)

    async def looked(self, times: int = 2) -> None:
        """Until so many more looks have been taken."""
        until = self.looks + times
        while self.looks < until:
            await asyncio.sleep(0.01)


async def _begun(events: AsyncIterator[str]) -> None:
    """Watch from here on."""
    await anext(events)
    assert "event: stands" in await anext(events)


async def _told(events: AsyncIterator[str]) -> str:
    while True:
        line = await anext(events)
        if "data:" in line:
            return line.partition("data: ")[2].strip()


def test_a_move_is_told_at_once_and_the_next_after_a_rest() -> None:
    async def watch() -> None:
        world = World()
        live = Live(world.look, lambda: world.now)
        events = live.events("mira", lambda: True)
        await _begun(events)
        await world.looked()
        world.place["runs"] = "1"
        assert await _told(events) == "runs"
        world.place["runs"] = "2"
        await world.looked()
        # The other kind does not wait for this one.
        world.place["approvals"] = "1"
        assert await _told(events) == "approvals"
        world.now += REST
        assert await _told(events) == "runs"
        live.close()
        assert [line async for line in events if "data:" in line] == []

    asyncio.run(watch())


def test_what_moves_while_the_database_is_away_is_told_afterwards() -> None:
    async def watch() -> None:
        world = World()
        live = Live(world.look, lambda: world.now)
        events = live.events("mira", lambda: True)
        await _begun(events)
        await world.looked()
        world.away, world.place["runs"] = True, "1"
        await world.looked()
        world.away = False
        assert await _told(events) == "runs"
        live.close()
        assert [line async for line in events if "data:" in line] == []

    asyncio.run(watch())


def test_who_may_watch_no_more_is_let_go_even_while_much_moves() -> None:
    async def watch() -> None:
        world = World()
        live = Live(world.look, lambda: world.now)
        may = True
        events = live.events("mira", lambda: may)
        await _begun(events)
        await world.looked()
        may = False
        world.place["runs"] = "1"
        assert await _told(events) == "runs", "until the next beat"
        world.now += BEAT
        world.place["approvals"] = "1"
        assert [line async for line in events] == []
        assert not live.full("mira")

    asyncio.run(watch())


def test_a_database_that_is_away_sends_nobody_away() -> None:
    async def watch() -> None:
        world = World()
        live = Live(world.look, lambda: world.now)
        events = live.events("mira", lambda: bool(world.look()))
        await _begun(events)
        world.away = True
        world.now += BEAT
        assert await anext(events) == ": still here\n\n"
        live.close()

    asyncio.run(watch())


def test_nobody_watches_so_many_pages_that_others_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_EACH", 3)

    async def watch() -> None:
        live = Live(World().look)
        pages = [live.events("mira", lambda: True) for _ in range(3)]
        for events in pages:
            assert not live.full("mira")
            await anext(events)
        assert live.full("mira")
        assert not live.full("tom")
        await pages[0].aclose()
        assert not live.full("mira")
        live.close()

    asyncio.run(watch())


def test_whoever_begins_to_watch_is_told_how_far_everything_is() -> None:
    async def watch() -> None:
        world = World()
        live = Live(world.look, lambda: world.now)
        drawn = stamp(world.look())
        events = live.events("mira", lambda: True)
        await anext(events)
        assert await _told(events) == drawn
        world.place["runs"] = "1"
        assert await _told(events) == "runs"
        # A page that was drawn before that, and whose stream begins only now, missed the telling.
        later = live.events("mira", lambda: True)
        await anext(later)
        stands = await _told(later)
        assert stands == stamp(world.place)
        assert [one.partition(":")[0] for one in stands.split() if one not in drawn.split()] == ["runs"]
        live.close()
        assert [line async for line in events if "data:" in line] == []

    asyncio.run(watch())
