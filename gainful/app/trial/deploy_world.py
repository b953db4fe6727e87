"""A shop to deploy, for real, on one machine: a repository, two slots behind HAProxy, Prometheus, people who buy.

    with DeployWorld(folder, rate=400) as world:
        world.shop.release("first", "Open the shop")
        with world.open() as app: ...          # deploy it
        world.people.start()
        ...

Everything listens on loopback, and nothing of it runs on afterwards, also where the process that made it is killed.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from gainful.app.gainful import Gainful
from gainful.app.trial.caretaker import Caretaker
from gainful.app.trial.shop_repository import ShopRepository
from gainful.connectors.releases.process import OwnProcesses
from gainful.core.errors import Unavailable
from gainful.sdk.testing.haproxy import HAProxy
from gainful.sdk.testing.local_server import free_ports
from gainful.sdk.testing.prometheus import Prometheus
from gainful.sdk.testing.traffic import Traffic
from gainful.storage.settings.config import Home

SERVICE = "shop"
OWNER = "ada"
SLOTS = ("blue", "green")

SETTINGS = """\
[owner]
name = "{owner}"

[git.repositories]
{service} = {repository}

[[services]]
name = "{service}"
repository = "{service}"
revision = "main"
ships = ["app/**"]

[services.target]
kind = "releases"
folder = {folder}
slots = {slots}
run = [{python}, "app/shop.py", "{{port}}"]
socket = {socket}
state_file = {state_file}
backend = "shop"
start_seconds = 30
drain_seconds = 10
stop_seconds = 10

[services.metrics]
kind = "prometheus"
url = "{prometheus}"
requests = 'sum(shop_requests_total{{slot="{{slot}}"}})'
errors = 'sum(shop_requests_total{{slot="{{slot}}",status=~"5.."}})'
latency = 'sum by (le) (shop_request_seconds_bucket{{slot="{{slot}}"}})'

[services.watch]
{watch}

{more}
"""


class WorldIncomplete(Unavailable):
    """A program that the world is made of is not on this machine."""

    code = "trial-server-missing"


class DeployWorld:
    """The world; a context manager. It is made when it is entered, and gone when it is left.

    Args:
        folder: Where everything lies; one that is there and empty.
        rate: Requests a second, once `people` is started.
        watch: How releases are watched, by the names in the settings.
        more: Settings besides, as TOML.
    """

    def __init__(self, folder: Path, rate: float, watch: Mapping[str, object], more: str = "") -> None:
        self.home = Home(folder / "home")
        self.shop = ShopRepository(folder / "repository")
        self._folder = folder
        self._watch = dict(watch)
        self._more = more
        ports = dict(zip(SLOTS, free_ports(len(SLOTS)), strict=True))
        self.proxy = HAProxy(ports)
        self.prometheus = Prometheus(ports)
        self._rate = rate
        self._people: Traffic | None = None
        self._caretaker = Caretaker(folder, SLOTS, self._target / "run")

    @property
    def people(self) -> Traffic:
        """Those who buy. They come when it is started, and leave at the end."""
        if self._people is None:
            self._people = Traffic(self.proxy.origin, self._rate)
        return self._people

    def open(self) -> Gainful:
        """The application in this world; a context manager."""
        return Gainful.open(self.home)

    def watch_as(self, watch: Mapping[str, object]) -> None:
        """Watch the next releases like this."""
        self._watch = dict(watch)
        self.home.config.write_text(self._settings(), encoding="utf-8")

    def __enter__(self) -> DeployWorld:
        missing = [name for name, made in (("haproxy", HAProxy), ("prometheus", Prometheus)) if not made.installed()]
        if missing:
            raise WorldIncomplete(
                f"This deploys behind a real HAProxy, watched by a real Prometheus. Missing: {', '.join(missing)}.",
                f"Install what is missing: apt-get install -y --no-install-recommends {' '.join(missing)}",
            )
        try:
            self._caretaker.start()
            self.shop.create()
            self._caretaker.mind(self.proxy.start())
            self._caretaker.mind(self.prometheus.start())
            self.home.prepare()
            self.watch_as(self._watch)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End every process of it. Safe to call twice."""
        with contextlib.ExitStack() as last:
            # In the order of their need: whoever buys leaves first. One that fails keeps no other one running.
            last.callback(self._caretaker.dismiss)
            for slot in SLOTS:
                last.callback(OwnProcesses(self._target / "run", (), {}, grace=2.0).stop, slot, {})
            last.callback(self.prometheus.stop)
            last.callback(self.proxy.stop)
            if self._people is not None:
                last.callback(self._people.stop)

    @property
    def _target(self) -> Path:
        return self._folder / "target"

    def _settings(self) -> str:
        slots = ", ".join(f"{slot} = {port}" for slot, port in self.proxy.slots.items())
        return SETTINGS.format(
            owner=OWNER, service=SERVICE, repository=_text(self.shop.folder), folder=_text(self._target),
            slots=f"{{ {slots} }}", python=_text(sys.executable), socket=_text(self.proxy.socket),
            state_file=_text(self.proxy.state_file), prometheus=self.prometheus.origin,
            watch="\n".join(f"{name} = {json.dumps(value)}" for name, value in self._watch.items()), more=self._more,
        )  # fmt: skip


def _text(value: object) -> str:
    """As a text of TOML."""
    return json.dumps(str(value))
