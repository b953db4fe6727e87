"""Reproducers of what connectors of others can fail with."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import EntryPoint

from gainful.app.tooling.outside import GROUP, Outside
from gainful.gate.broker import Broker
from gainful.sdk.secret import Secret
from gainful.storage.settings.outside import OutsideConnector
from tests.errors.registry import Place, reproduces


class _NoSecrets:
    def get(self, name: str) -> Secret | None:
        return None


def _tools(*installed: EntryPoint) -> None:
    broker = Broker(_NoSecrets(), dict)
    Outside({"feeds": OutsideConnector()}, broker, lambda: datetime.now(UTC), lambda: installed).tools("helper")


@reproduces("connector-missing")
def _a_connector_that_is_not_installed(place: Place) -> None:
    _tools()


@reproduces("connector-unusable")
def _a_connector_that_cannot_be_loaded(place: Place) -> None:
    _tools(EntryPoint("feeds", "no_such_module:connector", GROUP))
