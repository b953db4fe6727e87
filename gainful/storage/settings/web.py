"""Settings of the server that other systems reach Gainful by."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gainful.storage.settings.section import Line, Section


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
    believed: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")], ...] = Field(
        default=(),
        description="Kinds of systems of record, such as `mail`, whose word about outcomes counts though a person's "
        "machine brings it; see [report to a team](../how-to/report-to-a-team.md). Others count as that person.",
    )


ConsoleRole = Literal["owner", "lead", "auditor", "employee"]


class Oidc(Section):
    """Signing in to the console with the company's identity provider; see
    [how to set it up](../how-to/sign-in-oidc.md). Off unless an issuer is named. The client's secret never stands here:
    `gainful secrets set oidc`."""

    issuer: Line = Field(default="", description="The provider's issuer, exactly as its discovery document has it.")
    client_id: Line = Field(default="", description="Under which the provider knows this installation.")
    scopes: tuple[Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$", max_length=100)], ...] = Field(
        default=("openid", "email", "profile"), description="What is asked for; `openid` is always among it."
    )
    name_claim: Line = Field(
        default="email",
        description="The claim that names a new account. `email` counts unless `email_verified` is false.",
    )
    roles_claim: Line = Field(
        default="groups", description="The claim that holds groups or roles; `a.b` for `b` within `a`."
    )
    roles: dict[ConsoleRole, tuple[Line, ...]] = Field(
        default_factory=dict,
        description="Which groups make somebody what; of several the first of owner, lead, auditor, employee. "
        "Applied at each sign-in.",
    )
    default_role: Literal["owner", "lead", "auditor", "employee", ""] = Field(
        default="", description="For who is in none of these groups; empty: they are not let in."
    )
    domains: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$", max_length=255)], ...] = Field(
        default=(), description="Whose mail addresses alone are let in, unless said not to be verified; empty: any."
    )
    cafile: Line = Field(default="", description="PEM file of the authority that signed the provider's certificate.")
    sign_out: Literal["form", "link", "off"] = Field(
        default="form",
        description="How one can sign out at the provider too, where it offers that: `form` shows it the ID token in a "
        "form, never in an address; `link` shows none, and the provider asks; `off`: not from here. Take `link` where "
        "the provider keeps its cookies from other sites' forms (`SameSite=Lax`): it would not know who signs out.",
    )
    label: Line = Field(default="Sign in with your company's account", description="What the button says.")

    @property
    def on(self) -> bool:
        """Whether one can sign in so."""
        return bool(self.issuer)

    @field_validator("issuer")
    @classmethod
    def _can_be_trusted(cls, url: str) -> str:
        if url and not re.fullmatch(r"(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])[!-~]*", url):
            raise ValueError("must begin with https://, except on this machine")
        if re.search(r"[?#@]", url):
            raise ValueError("must be an address alone, without a name, a query or a fragment")
        return url

    @field_validator("scopes")
    @classmethod
    def _with_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        return scopes if "openid" in scopes else ("openid", *scopes)

    @model_validator(mode="after")
    def _is_whole(self) -> Oidc:
        if self.issuer and not self.client_id:
            raise ValueError("needs a client_id beside the issuer")
        return self


class Traces(Section):
    """Where spans of runs are sent; see [traces](../how-to/traces.md). Off unless an endpoint is named here."""

    endpoint: Line = Field(
        default="", description="Where a collector takes traces over HTTP: `http://127.0.0.1:4318/v1/traces`."
    )
    headers: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")], ...] = Field(
        default=(),
        description="Names of headers that it wants, such as `authorization`; the value of each is the secret "
        "`traces:NAME`.",
    )
    sample: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="The share of runs that is sent, from 0 to 1. Which ones follows from their ids."
    )

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(/[\x21-\x7e]*)?", url):
            raise ValueError("must be http:// or https:// with a host in small letters, and a path; no name in it")
        return url


class Console(Section):
    """The console and the public API, at the web server's address; see [the console](../how-to/console.md)."""

    on: bool = Field(default=True, description="Whether the web server has them.")
    public_url: Line = Field(
        default="",
        description="The address in people's browsers, `https://gainful.example.org`, where a server with TLS stands "
        "in front. Needed to listen anywhere but on this machine.",
    )
    hosts: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-\[\]:]+$", max_length=255)], ...] = Field(
        default=(), description="Further names under which browsers may reach it, with their port where it is not 443."
    )
    oidc: Oidc = Oidc()

    @field_validator("public_url")
    @classmethod
    def _with_tls(cls, url: str) -> str:
        if url and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
            raise ValueError("must be https://HOST, with a port where it is another, and no path")
        return url
