"""Settings of the chats that agents live in. Without them there are no chat tools, and nothing is heard."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from gainful.core.quiet_hours import QuietHours, time_of_day
from gainful.storage.settings.section import Line, Section

Person = Annotated[str, Field(pattern=r"^[\w][\w.@+-]{0,63}$")]


class ChatSetting(Section):
    """A chat: one workspace of Slack, or one account of a Matrix homeserver. One `[[chats]]` block each.

    Its tokens are sealed with `gainful secrets`, never written here.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")] = Field(
        description="Short name to type, and the first part of a room: `slack` in `slack:general`."
    )
    kind: Literal["slack", "matrix"] = Field(description="`slack` or `matrix`.")
    base_url: Line = Field(
        default="",
        description="Matrix: address of the homeserver. Slack: another server than Slack's own, such as that of "
        "`gainful try slack`.",
    )
    invites: tuple[Line, ...] = Field(
        default=(), description="Matrix: whose invites into rooms are accepted, such as `@*:example.org`."
    )
    hear: Literal["socket", "events"] = Field(
        default="socket",
        description="Slack: `socket` needs no public address; `events` takes what Slack posts to `gainful serve`.",
    )
    writes_as: Literal["agent", "person"] = Field(
        default="agent",
        description="Slack: `person` writes in the name of whoever gave the token `slack:NAME:person`. Marked as an "
        "agent's all the same.",
    )
    people: dict[Line, Person] = Field(
        default_factory=dict,
        description='Who somebody is, by the id of the member: `{ U012AB3CD = "ada" }`. Beside what `gainful chat '
        "link` says, and before it.",
    )
    rooms: tuple[Line, ...] = Field(
        default=("*",),
        description="Rooms in which agents may post unasked, by name or id; `*`: wherever the account is; `@*`: to any "
        "member alone. Whoever asks is answered where they asked, and an agent may always write to its owner.",
    )
    approvals: Literal["direct", "thread", "off"] = Field(
        default="direct",
        description="Where people are asked for their word: by direct message, in the thread where the run began, or "
        "not in this chat.",
    )
    quiet: Line = Field(
        default="",
        description="Quiet hours, `20:00-08:00`: what agents post unasked waits until they are over, and comes as one "
        "message. Empty: none. An agent's own go before them.",
    )
    zone: Line = Field(default="UTC", description="Time zone of the quiet hours, such as `Europe/Berlin`.")

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must begin with http:// or https:// and name a server")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold a name or a password")
        return url

    @model_validator(mode="after")
    def _fits_its_kind(self) -> ChatSetting:
        if self.kind == "matrix" and not self.base_url:
            raise ValueError("is of kind matrix and needs base_url, the address of the homeserver")
        try:
            self.quiet_hours()
        except ValueError as error:
            raise ValueError(f"has quiet hours that cannot be: {error}") from None
        return self

    def quiet_hours(self) -> QuietHours | None:
        """The quiet hours; None without any.

        Raises:
            ValueError: They are written in another way.
        """
        if not self.quiet:
            return None
        begins, dash, ends = self.quiet.partition("-")
        if not dash:
            raise ValueError("write them like 20:00-08:00")
        return QuietHours(time_of_day(begins), time_of_day(ends), self.zone)

    def may_post(self, room: str, name: str) -> bool:
        """Whether agents may post unasked in the room with this id and this name."""
        return any(
            wanted in ("*", room, name, f"#{name}") or (wanted == "@*" and name.startswith("@"))
            for wanted in self.rooms
        )
