"""Settings of calendars: whose they are, and where they lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from gainful.ledger.limit import NAME
from gainful.storage.settings.section import Line, Section

_SERVER = re.compile(
    r"(caldavs|caldav|https|http|webcal|webcals)://([^\s/@:]+@)?([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/[^\s?#]*)?(\?[^\s#]*)?"
)
_HERE = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]")
_PLAIN = frozenset({"caldav", "http"})
_USUAL_PORTS = {"https": ":443", "http": ":80"}
_WEB = {"caldavs": "https", "caldav": "http", "webcal": "https", "webcals": "https"}


class CalendarSetting(Section):
    """A calendar. One `[[calendars]]` block each; a password or secret for it is sealed as `calendar:NAME`."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Short name to type: `work`.")
    url: Line = Field(
        description="`caldavs://USER@HOST[/PATH]`, `ics:PATH` for a file, or `https://…` of a published calendar, in "
        "which `{secret}` stands for a part that is sealed. Never with a password."
    )
    person: Annotated[str, Field(pattern=rf"^({NAME})?$")] = Field(
        default="", description="Whose it is, in one word as in `[owner]`; empty: the owner's."
    )
    addresses: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)], ...] = Field(
        default=(),
        description="Under which addresses they are invited; the first one invites. Without any: those of the owner's "
        "accounts, and the user of the url.",
    )
    calendar: Line = Field(default="", description="Which one, by its name, where the server keeps several.")
    zone: str = Field(
        default="", description="The person's time zone, such as `Europe/Berlin`, for whole days and times without one."
    )
    auth: Literal["password", "bearer"] = Field(default="password", description="How to sign in to CalDAV.")
    password_file: Line = Field(
        default="", description="File whose first line is the password or token, read each time: for renewed tokens."
    )
    cafile: Line = Field(default="", description="PEM file of the authority that signed the server's certificate.")

    @field_validator("url")
    @classmethod
    def _leads_somewhere(cls, url: str) -> str:
        if not url.isprintable():
            raise ValueError("must not hold control characters")
        if url.startswith("ics:"):
            if not url.removeprefix("ics:"):
                raise ValueError("names no path")
            return url
        if re.match(r"[a-z]+://[^/@]*:[^/]*@", url):
            raise ValueError("must not hold a password; seal it with `gainful secrets set calendar:NAME`")
        found = _SERVER.fullmatch(url)
        if found is None:
            raise ValueError(
                "must be caldavs://USER@HOST, ics:PATH, or https://HOST/PATH, with the host in small letters"
            )
        if found[1] in _PLAIN and not _HERE.fullmatch(found[3]):
            raise ValueError(f"would be reached without TLS; write {_WEB.get(found[1], 'http')}s:// or caldavs://")
        if found[1].startswith("caldav") and not found[2]:
            raise ValueError("names no user; write it like caldavs://ada@cal.example.org")
        return url

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str) -> str:
        try:
            if zone:
                ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone; write it like Europe/Berlin") from None
        return zone

    @model_validator(mode="after")
    def _fits_together(self) -> CalendarSetting:
        if not self.is_caldav and (self.calendar or self.auth != "password"):
            raise ValueError("names a `calendar` or `auth`, which only CalDAV has")
        return self

    @property
    def secret(self) -> str:
        """Name under which its password, token or secret part is sealed."""
        return f"calendar:{self.name}"

    @property
    def scheme(self) -> str:
        """`caldavs`, `caldav`, `ics`, `https` or `http`, and their like."""
        return self.url.partition(":")[0]

    @property
    def is_file(self) -> bool:
        """Whether it lies on this machine as a file."""
        return self.scheme == "ics"

    @property
    def is_caldav(self) -> bool:
        """Whether it lies on a CalDAV server."""
        return self.scheme in ("caldavs", "caldav")

    @property
    def file(self) -> Path:
        """Where the file lies, `~` opened."""
        return Path(self.url.partition(":")[2]).expanduser().absolute()

    @property
    def user(self) -> str:
        """The user part of the url, as it is sent to the server; empty where there is none."""
        return unquote(urlsplit(self.url).username or "") if not self.is_file else ""

    @property
    def origin(self) -> str:
        """Scheme, host and port of the server, as the web has them."""
        parts = urlsplit(self.url)
        scheme, host = _WEB.get(parts.scheme, parts.scheme), parts.netloc.rpartition("@")[2]
        # One spelling of each: the port that is meant anyhow is left out.
        return f"{scheme}://{host.removesuffix(_USUAL_PORTS[scheme])}"

    @property
    def path(self) -> str:
        """Path on the server, with what may follow it."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _names_differ(calendars: tuple[CalendarSetting, ...]) -> tuple[CalendarSetting, ...]:
    names = [one.name for one in calendars]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two calendars are named '{twice[0]}'")
    return calendars


Calendars = Annotated[tuple[CalendarSetting, ...], AfterValidator(_names_differ)]
