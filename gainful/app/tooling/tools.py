"""The tools of every installed connector, as their manifests declare them, and those that agents bring themselves."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gainful import connectors
from gainful.agents.knowing.declaration import own_tools
from gainful.core.tool import ToolSpec
from gainful.jobs.deploy.agent_tools import agent_specs
from gainful.jobs.deploy.tools import effects
from gainful.sdk.declaration import declared

BEHIND_OTHERS = ("imap", "maildir", "mbox", "caldav", "ics")
"""Connectors whose operations no agent is given; agents have `mail` and `calendar` for what lies behind them."""


@cache
def installed_tools() -> dict[str, ToolSpec]:
    """Every tool by name; where several connectors offer it, the first one's."""
    return _tools(connector_names())


@cache
def agent_tools() -> dict[str, ToolSpec]:
    """Every tool by name that an agent may be given, where the settings have what it needs."""
    return _tools([name for name in connector_names() if name not in BEHIND_OTHERS])


@cache
def job_tools(job: str) -> dict[str, ToolSpec]:
    """Every tool by name that a built-in job works with, which no agent is given."""
    return {**installed_tools(), **effects()} if job == "deploy" else installed_tools()


def connector_names() -> list[str]:
    """The connectors that come with Gainful."""
    return [file.parent.name for file in sorted(Path(str(connectors.__file__)).parent.glob("*/manifest.toml"))]


def _tools(names: list[str]) -> dict[str, ToolSpec]:
    found = {**own_tools(), **agent_specs()}
    for name in names:
        for tool, spec in declared(name).items():
            found.setdefault(tool, spec)
    return found
