"""The settings file: `gainful.toml` in Gainful's home. Strict, so that a mistyped key is named, not ignored.

home/                 ~/.gainful, or GAINFUL_HOME
├── gainful.toml      settings; written by people; never a secret
├── gainful.sqlite    mail seen, decisions, runs, books, sealed secrets
└── secret.key        opens the sealed secrets; mode 0600
"""

from __future__ import annotations

import os
import pwd
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from gainful.core.errors import Invalid
from gainful.core.money import Money
from gainful.gate.approval import Terms
from gainful.ledger.limit import NAME, SETTINGS, Limit, LimitInvalid, usual_period
from gainful.sdk.secret import Secret
from gainful.storage.settings.calendar import Calendars
from gainful.storage.settings.chat import ChatSetting
from gainful.storage.settings.findings import ConfigInvalid, explain
from gainful.storage.settings.outside import ConnectorName, OutsideConnector
from gainful.storage.settings.report import Report
from gainful.storage.settings.section import Line, Section
from gainful.storage.settings.services import ServiceSetting
from gainful.storage.settings.storage import Storage
from gainful.storage.settings.tools import Files, Git, GitHub, Shell, Web
from gainful.storage.settings.triage import LabelKey, LabelSetting, Rule, Triage, Value
from gainful.storage.settings.web import Console, Intake, Server, Traces
from gainful.storage.settings.worth import AgreedRates, Privacy, Worth

MODEL_KEY = "model-key"
"""Name under which the language model's key is sealed."""

SCHEMES = ("maildir", "mbox", "imap", "imaps")


class SourceInvalid(Invalid):
    """What was given is neither an account's name nor the URL of a mailbox."""

    code = "source-invalid"


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one person lies."""

    path: Path
    server: str = ""
    """URL of a team's database, in place of what the settings name."""
    login: Secret | None = None
    """The database's password, where none is stored in this home."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Home:
        """The home that GAINFUL_HOME names, else `~/.gainful`."""
        given = environ.get("GAINFUL_HOME", "")
        return cls(Path(given).expanduser().absolute() if given else Path.home() / ".gainful")

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.path / "gainful.toml"

    @property
    def database(self) -> Path:
        """The database file."""
        return self.path / "gainful.sqlite"

    @property
    def key(self) -> Path:
        """The key that opens sealed secrets."""
        return self.path / "secret.key"

    def prepare(self) -> None:
        """Make the directory, readable by its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)


def _no_control(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
Price = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9)]


class Account(Section):
    """A mailbox. One `[[accounts]]` block each."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Short name to type: `work`.")
    url: Line = Field(
        description="`maildir:PATH`, `mbox:PATH`, `imaps://USER@HOST[:PORT]` or `imap://…`; never with a password."
    )
    addresses: tuple[Address, ...] = Field(
        default=(), description="The owner's own addresses. Without them, the user part of the URL where it is one."
    )
    display_name: Line = Field(default="", description="The owner's name, for drafts.")
    auth: Literal["password", "xoauth2"] = Field(default="password", description="How to sign in to IMAP.")
    password_file: Line = Field(
        default="",
        description="File whose first line is the password or token, read at each sign-in: for renewed tokens.",
    )
    cafile: Line = Field(default="", description="PEM file of the authority that signed the server's certificate.")
    smtp: Line = Field(
        default="", description="For sending: `smtps://HOST[:465]`, or `smtp://HOST[:587]` with STARTTLS."
    )

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        _no_control(url)
        scheme, colon, rest = url.partition(":")
        if not colon or scheme not in SCHEMES:
            raise ValueError(f"must begin with one of {', '.join(f'{s}:' for s in SCHEMES)}")
        if scheme in ("imap", "imaps"):
            _check_server(url)
        elif not rest:
            raise ValueError("names no path")
        return url

    @field_validator("smtp")
    @classmethod
    def _sends(cls, url: str) -> str:
        if url and not re.fullmatch(r"smtps?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
            raise ValueError("must be smtps://HOST or smtp://HOST, with a port where it is another; no name in it")
        return url

    @property
    def secret(self) -> str:
        """Name under which this account's password or token is sealed."""
        return f"account:{self.name}"

    @property
    def scheme(self) -> str:
        """`maildir`, `mbox`, `imap` or `imaps`."""
        return self.url.partition(":")[0]

    @property
    def is_server(self) -> bool:
        """Whether a sign-in is needed."""
        return self.scheme in ("imap", "imaps")

    @property
    def path(self) -> Path:
        """Where a local mailbox lies, `~` opened."""
        return Path(self.url.partition(":")[2]).expanduser().absolute()

    @property
    def user(self) -> str:
        """The user part of the URL, as it is sent to the server."""
        return unquote(urlsplit(self.url).username or "") if self.is_server else ""

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """The owner's addresses in lower case: the stated ones, else the user part where it is an address."""
        stated = self.addresses or ((self.user,) if "@" in self.user else ())
        return tuple(dict.fromkeys(address.lower() for address in stated))


def _check_server(url: str) -> None:
    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("must not hold a password; give it to `gainful init`, which seals it")
    if not parts.hostname:
        raise ValueError("names no server; write it like imaps://me@mail.example.org")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("has a port that is not a number from 1 to 65535")
    if not parts.username:
        raise ValueError("names no user; write it like imaps://me@mail.example.org")


class Model(Section):
    """The language model. Without a name none is ever called."""

    name: Line = Field(
        default="", description="`openai:gpt-5-mini`, `anthropic:…`, `google:…`, `bedrock:…`, `ollama:…`."
    )
    base_url: Line = Field(default="", description="Address of an OpenAI-compatible server.")
    daily_budget: Price = Field(default=Decimal("0.50"), description="The most USD spent in a day; hard.")
    calls_per_day: int = Field(default=200, ge=0, description="The most calls in a day; hard.")
    input_price: Price | None = Field(default=None, description="USD per million prompt tokens, if not the list price.")
    output_price: Price | None = Field(
        default=None, description="USD per million output tokens, if not the list price."
    )

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("must begin with http:// or https://")
        if urlsplit(url).password is not None:
            raise ValueError("must not hold a password")
        return url


class Owner(Section):
    """For whom Gainful works here; their budgets cover what it does."""

    name: Annotated[str, Field(pattern=rf"^({NAME})?$")] = Field(
        default="", description="The person, in one word; empty: the name they are signed in with."
    )
    team: Annotated[str, Field(pattern=rf"^({NAME})?$")] = Field(
        default="", description="Their team, in one word; empty for none."
    )

    @property
    def person(self) -> str:
        """The person's name; that of the system's user where none is given."""
        return self.name or _system_user()


class Team(Section):
    """Who else may answer for agents. With somebody beside the owner, a wider manifest needs a second person."""

    members: tuple[Annotated[str, Field(pattern=rf"^{NAME}$")], ...] = Field(
        default=(), description="Names as in `[owner]`; empty: the owner alone."
    )


class Organisation(Section):
    """What the organisation adds to the rules, for every agent."""

    policy: Line = Field(
        default="",
        description="File of rules, see [its format](manifest-format.md); a relative path counts from Gainful's home.",
    )


def _system_user() -> str:
    # From the user id and not from LOGNAME or USER: those anybody can set, and so spend from another budget.
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid{os.getuid()}"
    word = re.sub(r"[^\w.@+-]", "-", name).lstrip(".@+-")[:64]
    return word or f"uid{os.getuid()}"


class BudgetSetting(Section):
    """A budget: one `[[budgets]]` block each. `gainful budget set` puts another one in its place."""

    scope: Line = Field(description="`run`, `agent:NAME`, `person:NAME`, `team:NAME` or `everyone`.")
    cap: Price | None = Field(default=None, description="The most USD spent in a period; hard. Unset: no limit.")
    calls: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="The most calls of models and tools in a period; hard. Unset: no limit."
    )
    period: Literal["run", "day", "month"] | None = Field(
        default=None, description="`run`, `day` or `month`, in UTC. Unset: a run for `run`, else a month."
    )

    @model_validator(mode="after")
    def _can_be_set(self) -> BudgetSetting:
        try:
            self.limit()
        except LimitInvalid as error:
            raise ValueError(f"cannot be: {error}") from None
        return self

    def limit(self) -> Limit:
        """The limit that this sets."""
        cap = Money(self.cap) if self.cap is not None else None
        return Limit(self.scope, self.period or usual_period(self.scope), cap, self.calls, set_by=SETTINGS)


class Schedule(Section):
    """When `gainful serve` works."""

    nightly: time | None = Field(default=time(3, 30), description='Local time of the nightly triage; `"off"` for none.')
    timezone: str = Field(default="", description="Such as `Europe/Berlin`; empty: the machine's.")
    watch: bool = Field(default=True, description="Whether new mail is triaged as it comes.")

    @field_validator("nightly", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        if value == "off":
            return None
        if isinstance(value, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError('must be a time like "03:30", or "off"')
        return value

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            if name:
                ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone; write it like Europe/Berlin") from None
        return name


class Secrets(Section):
    """How passwords and keys are kept. They themselves never stand here."""

    keep_key_in: Literal["file", "keyring"] = Field(
        default="file",
        description="Where the key lies that opens the sealed secrets: `secret.key`, or the system's keyring.",
    )


class ApprovalSettings(Section):
    """How long approvals hold."""

    answer_days: int = Field(default=7, ge=1, le=90, description="Days in which a waiting run can be answered.")
    execute_minutes: int = Field(
        default=15, ge=1, le=1440, description="Minutes after acceptance in which each effect must have begun."
    )

    @property
    def terms(self) -> Terms:
        """The same as the door counts it."""
        return Terms(timedelta(days=self.answer_days), timedelta(minutes=self.execute_minutes))


class Config(Section):
    """All settings, with their defaults."""

    accounts: tuple[Account, ...] = ()
    triage: Triage = Triage()
    labels: dict[LabelKey, LabelSetting] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    model: Model = Model()
    owner: Owner = Owner()
    budgets: tuple[BudgetSetting, ...] = ()
    schedule: Schedule = Schedule()
    shell: Shell = Shell()
    files: Files = Files()
    web: Web = Web()
    server: Server = Server()
    intake: Intake = Intake()
    console: Console = Console()
    report: Report = Report()
    traces: Traces = Traces()
    git: Git = Git()
    github: GitHub = GitHub()
    chats: tuple[ChatSetting, ...] = ()
    calendars: Calendars = ()
    services: tuple[ServiceSetting, ...] = ()
    connectors: dict[ConnectorName, OutsideConnector] = Field(default_factory=dict)
    value: Value = Value()
    worth: Worth = Worth()
    privacy: Privacy = Privacy()
    prices: tuple[AgreedRates, ...] = ()
    secrets: Secrets = Secrets()
    storage: Storage = Storage()
    approvals: ApprovalSettings = ApprovalSettings()
    team: Team = Team()
    organisation: Organisation = Organisation()

    @model_validator(mode="after")
    def _names_differ(self) -> Config:
        names = [account.name for account in self.accounts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two accounts are named '{twice[0]}'")
        chats = [chat.name for chat in self.chats]
        twice = sorted({name for name in chats if chats.count(name) > 1})
        if twice:
            raise ValueError(f"two chats are named '{twice[0]}'")
        return self

    @model_validator(mode="after")
    def _services_can_be(self) -> Config:
        names = [service.name for service in self.services]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two services are named '{twice[0]}'")
        for service in self.services:
            if service.repository not in self.git.repositories:
                known = ", ".join(self.git.repositories) or "none yet"
                raise ValueError(
                    f"the service '{service.name}' is made from the repository '{service.repository}', which is not "
                    f"under [git.repositories]; there are: {known}"
                )
        return self

    @model_validator(mode="after")
    def _traces_go_elsewhere(self) -> Config:
        here = {f"{host}:{self.server.port}" for host in (self.server.host, "127.0.0.1", "localhost", "[::1]")}
        if self.traces.endpoint and urlsplit(self.traces.endpoint).netloc in here:
            raise ValueError("traces would be sent to this very server, which knows its own runs, and counted twice")
        return self

    @model_validator(mode="after")
    def _budgets_differ(self) -> Config:
        places = [budget.limit().place for budget in self.budgets]
        twice = sorted({place for place in places if places.count(place) > 1})
        if twice:
            raise ValueError(f"two budgets are set for '{twice[0][0]}' a {twice[0][1]}")
        return self

    def account(self, source: str) -> Account:
        """The account with this name or URL; an account made from the URL when none is configured.

        Raises:
            SourceInvalid: `source` is neither.
        """
        for account in self.accounts:
            if source == account.name or _same_place(source, account):
                return account
        if source.partition(":")[0] not in SCHEMES:
            known = ", ".join(account.name for account in self.accounts) or "none yet"
            raise SourceInvalid(
                f"'{_shown(source)}' is no mailbox.",
                f"Write maildir:PATH, mbox:PATH or imaps://USER@HOST, or the name of an account ({known}).",
            )
        try:
            return Account(name="unnamed", url=source)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise SourceInvalid(
                f"'{_shown(source)}' cannot be used: it {reason}.", "See `gainful triage --help`."
            ) from None


def _same_place(source: str, account: Account) -> bool:
    if source == account.url:
        return True
    scheme, _, rest = source.partition(":")
    return scheme == account.scheme and not account.is_server and Path(rest).expanduser().absolute() == account.path


def _shown(source: str) -> str:
    """The source without a password, in case somebody typed one."""
    return re.sub(r"(//[^/@]*?):[^/]*@", r"\1:…@", source)[:200]


def load(home: Home) -> Config:
    """The settings of this home; the defaults when there is no file.

    Raises:
        ConfigInvalid: Not TOML, an unknown key, or a value that does not fit; names file, line and key.
    """
    try:
        text = home.config.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except UnicodeDecodeError:
        raise ConfigInvalid(f"{home.config} is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigInvalid(f"{home.config} cannot be read: {error.strerror}.", "Check who may read it.") from None
    return parse(text, home.config)


def parse(text: str, file: Path) -> Config:
    """The settings in a TOML text; `file` is named in errors.

    Raises:
        ConfigInvalid: As for `load`.
    """
    try:
        # Decimal, so that 0.10 stays 0.10.
        data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{file} is not TOML: {error}.", "Mend that line; strings stand in quotes.") from None
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise explain(error, text, file, Config) from None
