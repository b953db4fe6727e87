"""Settings of the services that Gainful deploys. Without them nothing is deployed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from gainful.core.freeze import Freeze, freeze_from
from gainful.storage.settings.section import Line, Section

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
Glob = Annotated[str, Field(min_length=1, max_length=300)]
TARGETS = ("releases", "command", "github", "kubernetes")
SOURCES = ("prometheus", "haproxy", "probe", "logs")


class WatchSetting(Section):
    """How a candidate is watched while it has traffic."""

    share: int = Field(default=10, ge=1, le=99, description="Percent of the traffic that the candidate gets.")
    window: Literal["auto"] | int = Field(
        default="auto", description="Seconds that it is watched for; `auto`: computed from the traffic."
    )
    shortest: int = Field(default=60, ge=1, le=86400, description="Of an `auto` window, in seconds.")
    longest: int = Field(default=3600, ge=1, le=604800, description="Of an `auto` window, in seconds.")
    margin: float = Field(
        default=0.005,
        gt=0,
        le=1,
        description="How much larger the share of failed requests may be: 0.005, half a point.",
    )
    latency_margin: float = Field(
        default=0.1, ge=0, le=9, description="How much slower the slowest requests may be: 0.1, a tenth."
    )
    quantile: float = Field(default=0.95, ge=0.5, le=0.999, description="Which request is meant by that.")
    baseline: int = Field(default=30, ge=1, le=3600, description="Seconds measured before traffic moves.")
    warm_up: int = Field(
        default=0,
        ge=0,
        le=3600,
        description="Seconds in which the candidate may be slow, while it fills its caches; its errors count at once.",
    )
    unmeasured: int = Field(
        default=60, ge=1, le=86400, description="Seconds that it is looked at where nothing is measured but its health."
    )
    not_enough: Literal["ask", "promote", "rollback"] = Field(
        default="ask", description="What becomes of it after a window with too little traffic to tell."
    )
    blind: Literal["rollback", "stay"] = Field(
        default="rollback", description="What becomes of it when the source of the numbers does not answer any more."
    )
    blind_after: int = Field(default=60, ge=1, le=86400, description="Seconds until then.")
    patience: int = Field(
        default=60, ge=1, le=10080, description="Minutes that a question to a person may keep it waiting with traffic."
    )

    @field_validator("window", mode="before")
    @classmethod
    def _is_window(cls, value: object) -> object:
        if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 604800):
            return value
        raise ValueError('must be "auto" or a number of seconds')

    @model_validator(mode="after")
    def _in_order(self) -> WatchSetting:
        if self.shortest > self.longest:
            raise ValueError("has a shortest window that is longer than the longest")
        window = self.longest if self.window == "auto" else self.window
        if self.warm_up >= window:
            raise ValueError("has a warm_up that lasts as long as the window, or longer")
        return self


class ServiceSetting(Section):
    """A service that is deployed. One `[[services]]` block each."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")] = Field(description="Short name to type: `shop`.")
    repository: Line = Field(description="Name of its repository under `[git.repositories]`.")
    revision: Line = Field(default="main", description="What is deployed where nobody says otherwise.")
    ships: tuple[Glob, ...] = Field(
        default=("**",), description="Files that reach the service, such as `app/**`; `**` crosses folders."
    )
    ignores: tuple[Glob, ...] = Field(default=(), description="Of those, files that do not: `**/tests/**`.")
    dependencies: tuple[Glob, ...] = Field(default=(), description="Files that say what it is built with.")
    base_image: tuple[Glob, ...] = Field(default=(), description="Files that say what it is built upon: `Dockerfile`.")
    migrations: tuple[Glob, ...] = Field(
        default=(), description="Files that change stored data; with one of them going back is not instant."
    )
    version_files: tuple[Glob, ...] = Field(
        default=(), description="Where the product's own version stands: `pyproject.toml:project.version`."
    )
    config: tuple[Line, ...] = Field(
        default=(), description="Files with settings that it is given beside its own: `/etc/shop/*.toml`."
    )
    target: dict[str, Any] = Field(
        description='Where it runs: `{ kind = "releases", … }`; see the how-to page of each kind.'
    )
    metrics: dict[str, Any] = Field(
        default_factory=dict,
        description='Where its numbers come from: `{ kind = "prometheus", … }`. Empty: only its health is looked at.',
    )
    watch: WatchSetting = WatchSetting()
    approval: Literal["start", "always", "four-eyes"] = Field(
        default="start",
        description="`start`: whoever starts it in a terminal has said so; `always`: a person is asked; `four-eyes`: "
        "somebody else than its author is. What agents and webhooks start is asked about in any case.",
    )
    freeze: tuple[Line, ...] = Field(
        default=(),
        description="When nothing is deployed: `Fri 16:00 - Mon 08:00`, `2026-12-20 - 2027-01-02`. Going back is "
        "never frozen.",
    )
    zone: Line = Field(default="UTC", description="Time zone of the freezes, such as `Europe/Berlin`.")
    on_call: Annotated[str, Field(pattern=r"^((calendar:)?[\w][\w.@+-]{0,63})?$")] = Field(
        default="",
        description="Who is called when it is rolled back or needs somebody: a person, or `calendar:NAME`, a calendar "
        "whose events name in their titles who is on call. Empty: whoever started the deployment.",
    )
    chat: Line = Field(default="", description="Where its deployments are told: `slack:#deploys`. Empty: nowhere.")
    explain: bool = Field(
        default=False,
        description="Whether the language model under [model] is asked once what broke a release that did badly, on a "
        "few lines of its log, once the release is taken back.",
    )
    survival_hours: int = Field(
        default=24, ge=1, le=720, description="Hours that a release has to stay live before it counts as delivered."
    )

    @field_validator("target", "metrics")
    @classmethod
    def _has_kind(cls, given: dict[str, Any], info: Any) -> dict[str, Any]:
        known = TARGETS if info.field_name == "target" else SOURCES
        if not given and info.field_name == "metrics":
            return given
        if not isinstance(given.get("kind"), str):
            raise ValueError(f'names no kind; write {{ kind = "{known[0]}", … }}')
        if given["kind"] not in known:
            raise ValueError(f"has the kind '{given['kind'][:40]}', and there are: {', '.join(known)}")
        return given

    @model_validator(mode="after")
    def _can_be(self) -> ServiceSetting:
        try:
            self.freezes()
        except ValueError as error:
            raise ValueError(f"has a freeze that cannot be: {error}") from None
        return self

    def freezes(self) -> tuple[Freeze, ...]:
        """The times in which it is not deployed.

        Raises:
            ValueError: One is written in another way.
        """
        return tuple(freeze_from(text, self.zone) for text in self.freeze)

    @property
    def survival(self) -> timedelta:
        """How long a release has to stay live before it counts as delivered."""
        return timedelta(hours=self.survival_hours)
