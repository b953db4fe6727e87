"""Settings of the server that other systems reach Gainful by."""

from __future__ import annotations

from pydantic import Field

from gainful.storage.config_section import Line, Section


class Server(Section):
    """The web server in `gainful serve` that takes webhooks. Off unless a port is named here."""

    port: int | None = Field(default=None, ge=1, le=65535, description="Unset: there is no server.")
    host: Line = Field(
        default="127.0.0.1",
        description="The address it listens at. By default this machine alone: put a server with TLS in front of it.",
    )
    largest_kb: int = Field(default=256, ge=1, le=10240, description="The largest request that is taken, in KiB.")


class Intake(Section):
    """What the web server takes of other AI tools' telemetry, at `/v1/traces`, `/v1/metrics` and `/v1/logs`."""

    open: bool = Field(
        default=False,
        description="Take it from anybody on this machine without a token. Elsewhere a token is always needed.",
    )
    grpc_port: int | None = Field(
        default=None, ge=1, le=65535, description="Take it over gRPC too, at this port; needs `gainful[grpc]`."
    )
    largest_mb: int = Field(default=16, ge=1, le=256, description="The largest request taken, unpacked, in MiB.")
