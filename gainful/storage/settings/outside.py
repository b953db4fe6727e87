"""Settings of connectors that were installed beside Gainful, each as a Python package of its own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gainful.storage.settings.section import Line, Section

ConnectorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class OutsideConnector(Section):
    """A connector that was installed as a Python package. Without its section here it is not used, nor even loaded."""

    hosts: tuple[Line, ...] = Field(
        default=(), description="Servers that it may reach beside those of its own manifest, by TLS alone."
    )
    own_servers: tuple[Line, ...] = Field(
        default=(), description="Servers in your own network that it may reach, as origins: `http://10.1.2.3:8080`."
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="What the connector itself wants to know.")
