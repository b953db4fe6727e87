"""What may wake an agent, as its file says it under `triggers`.

    triggers:
      - on: mention
        rooms: ["help"]
      - on: cron
        at: "0 9 * * 1-5"
        zone: Europe/Berlin

    triggers_from(parsed["triggers"])       # (MentionTrigger(…), CronTrigger(…), HandTrigger(name="hand"))

Whether a happening fits one of them says `gainful.agents.waking.matching`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from gainful.agents.waking.trigger_problems import TriggerInvalid, explained
from gainful.core.value import Json
from gainful.runs.cron import Cron, CronInvalid, zone_of

MOST = 20
"""Triggers of one agent."""

_LONGEST_NAME = 80


def _several(given: object) -> object:
    """One text counts as a list of one; YAML's lists become tuples."""
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


Line = Annotated[str, Field(min_length=1, max_length=200)]
Several = Annotated[tuple[Line, ...], BeforeValidator(_several), Field(max_length=50)]
Some = Annotated[Several, Field(min_length=1)]


class TriggerBase(BaseModel):
    """What all triggers have.

    Args:
        on: The kind of trigger.
        name: What it is called in lists, in explanations and in addresses. Without one: its kind and what it is for.
        wake: `changed`: the model is not woken when what the run would be told is the same as the last time. `always`:
            it is woken each time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)

    on: str
    name: Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)] | None = None
    wake: Literal["always", "changed"] = "always"

    @field_validator("name")
    @classmethod
    def _can_be_seen(cls, name: str | None) -> str | None:
        if name is not None and not name.isprintable():
            raise ValueError("The name holds characters that cannot be seen")
        return name

    @property
    def title(self) -> str:
        """Its name, or its kind and what it is for."""
        told = " ".join(filter(None, (self.on, self.detail())))
        return self.name or "".join(filter(str.isprintable, told))[:_LONGEST_NAME].rstrip()

    def detail(self) -> str:
        """What tells it from others of its kind, in a word or two."""
        return ""


class CronTrigger(TriggerBase):
    """At times of the clock on the wall.

    Args:
        at: Minute, hour, day of the month, month, day of the week: `0 9 * * 1-5` is nine on working days.
        zone: IANA time zone, such as `Europe/Berlin`. Without one: that of `[schedule]` in the settings.
        missed: What becomes of times at which Gainful did not run: `skip` leaves them out, `once` makes up for all of
            them with the last one, `all` makes up for each.
        wake: With `gather`, what it gathers is compared; without, the time itself, which is always another.
    """

    on: Literal["cron"]
    at: Line
    zone: Line | None = None
    missed: Literal["skip", "once", "all"] = "once"
    wake: Literal["always", "changed"] = "changed"

    @field_validator("at")
    @classmethod
    def _falls_due(cls, at: str) -> str:
        try:
            return Cron(at, "UTC").expression
        except CronInvalid as error:
            raise ValueError(str(error)) from None

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str | None) -> str | None:
        try:
            return zone and zone_of(zone).key
        except CronInvalid as error:
            raise ValueError(str(error)) from None

    def detail(self) -> str:
        """The expression."""
        return self.at


class _ChatTrigger(TriggerBase):
    chat: Several = ()
    rooms: Several = ()


class MentionTrigger(_ChatTrigger):
    """Somebody names the agent's account in a room.

    Args:
        chat: Names of chats in the settings. Without one: every chat.
        rooms: Names or ids. Without one: everywhere the account is.
        pattern: Only messages that hold this; see `message`.
    """

    on: Literal["mention"]
    pattern: Several = ()

    def detail(self) -> str:
        """Rooms and patterns."""
        return ", ".join((*self.rooms, *self.pattern))


class DirectTrigger(TriggerBase):
    """Somebody writes to the agent's account alone.

    Args:
        chat: Names of chats in the settings. Without one: every chat.
        pattern: Only messages that hold this; see `message`.
    """

    on: Literal["direct"]
    chat: Several = ()
    pattern: Several = ()

    def detail(self) -> str:
        """The patterns."""
        return ", ".join(self.pattern)


class ReactionTrigger(_ChatTrigger):
    """Somebody puts a reaction on a message. The same one on the same message wakes once, whoever adds it.

    Args:
        reaction: Names of reactions, such as `ticket`.
        chat: Names of chats in the settings. Without one: every chat.
        rooms: Names or ids. Without one: everywhere the account is.
    """

    on: Literal["reaction"]
    reaction: Some

    def detail(self) -> str:
        """Reactions and rooms."""
        return ", ".join((*self.reaction, *self.rooms))


class CommandTrigger(_ChatTrigger):
    """Somebody types a command that the chat knows as the agent's.

    Args:
        command: The command's name, such as `/handbook`.
        chat: Names of chats in the settings. Without one: every chat.
        rooms: Names or ids. Without one: everywhere.
    """

    on: Literal["command"]
    command: Some

    def detail(self) -> str:
        """The commands."""
        return ", ".join(self.command)


class MessageTrigger(_ChatTrigger):
    """Somebody writes something that fits, in a room where the agent's account is, whether or not it is named.

    Args:
        pattern: Words that the message holds, in any case; `*` stands for anything between: `deploy*failed`.
        chat: Names of chats in the settings. Without one: every chat.
        rooms: Names or ids. Without one: everywhere the account is.
    """

    on: Literal["message"]
    pattern: Some

    def detail(self) -> str:
        """The patterns."""
        return ", ".join(self.pattern)


class MailTrigger(TriggerBase):
    """A mail has come and triage has decided about it. Each mail wakes once; mail from before the trigger does not.

    Args:
        account: Names of accounts in the settings.
        from: Addresses, or `@example.org` for a domain and those below it.
        subject: Words that stand in the subject, in any case.
        label: Keys of labels; one of them must have been decided.
    """

    on: Literal["mail"]
    account: Several = ()
    sender: Several = Field(default=(), alias="from")
    subject: Several = ()
    label: Several = ()

    @model_validator(mode="after")
    def _looks_for_something(self) -> MailTrigger:
        if not (self.account or self.sender or self.subject or self.label):
            raise ValueError("It would be woken by every mail. Give account, from, subject or label")
        return self

    def detail(self) -> str:
        """What is looked for."""
        return ", ".join((*self.account, *self.sender, *self.subject, *self.label))


class WebhookTrigger(TriggerBase):
    """Another system sends a signed request to `/hooks/AGENT/TRIGGER`.

    Args:
        signed: `gainful` for `X-Gainful-Signature`, `github` for `X-Hub-Signature-256`.
        secret: Name of the secret, sealed as `webhook:NAME`. Without one: the agent's name.
        event: Only these, as GitHub names them in `X-GitHub-Event`; with `signed: github`.
    """

    on: Literal["webhook"]
    signed: Literal["gainful", "github"] = "gainful"
    secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")] | None = None
    event: Several = ()

    @model_validator(mode="after")
    def _has_an_address(self) -> WebhookTrigger:
        if "/" in (self.name or ""):
            raise ValueError("The name stands in an address, so it holds no slash")
        return self

    @model_validator(mode="after")
    def _events_are_githubs(self) -> WebhookTrigger:
        if self.event and self.signed != "github":
            raise ValueError("Only GitHub says which event it is. Leave event out, or write signed: github")
        return self


class FileTrigger(TriggerBase):
    """A file gets another content. Looked for every few seconds; it counts once it has rested for a second.

    Args:
        path: A folder by its name under `[files]` in the settings, or one below it: `handbook/policies`.
        pattern: Names of files in it, with `*` and `?`.
        new: Whether a file that was not there before counts too. What lies there when the trigger comes into force does
            not.
        wake: `changed` leaves out a file that is again as the last time.
    """

    on: Literal["file"]
    path: Line
    pattern: Some = ("*",)
    new: bool = False
    wake: Literal["always", "changed"] = "changed"

    def detail(self) -> str:
        """Where, and which."""
        return f"{self.path}/{', '.join(self.pattern)}"


class RunTrigger(TriggerBase):
    """A run of another agent, or of a job such as `triage`, has ended.

    Args:
        agent: Names of agents and jobs.
        state: How it ended: `done`, `failed` or `stopped`.
    """

    on: Literal["run"]
    agent: Some
    state: Annotated[
        tuple[Literal["done", "failed", "stopped"], ...], BeforeValidator(_several), Field(min_length=1)
    ] = ("done",)

    def detail(self) -> str:
        """Whose."""
        return ", ".join(self.agent)


class MeetingTrigger(TriggerBase):
    """A meeting in a calendar of the settings is over. What ended more than half an hour ago wakes nobody any more.

    Args:
        calendar: Names of calendars in the settings.
        minutes: Shorter meetings do not count.
    """

    on: Literal["meeting"]
    calendar: Some
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15

    def detail(self) -> str:
        """Which calendars."""
        return ", ".join(self.calendar)


class HandTrigger(TriggerBase):
    """A person starts it. Every agent has this one, also without saying so."""

    on: Literal["hand"]


KINDS: tuple[type[TriggerBase], ...] = (
    CronTrigger,
    MentionTrigger,
    DirectTrigger,
    ReactionTrigger,
    CommandTrigger,
    MessageTrigger,
    MailTrigger,
    WebhookTrigger,
    FileTrigger,
    RunTrigger,
    MeetingTrigger,
    HandTrigger,
)
"""Every kind of trigger, in the order in which the reference tells of them."""

Trigger = (
    CronTrigger
    | MentionTrigger
    | DirectTrigger
    | ReactionTrigger
    | CommandTrigger
    | MessageTrigger
    | MailTrigger
    | WebhookTrigger
    | FileTrigger
    | RunTrigger
    | MeetingTrigger
    | HandTrigger
)

_ADAPTER: TypeAdapter[Trigger] = TypeAdapter(Annotated[Trigger, Field(discriminator="on")])


def kind_of(model: type[TriggerBase]) -> str:
    """The word that stands behind `on:` for this kind."""
    word: str = model.model_fields["on"].annotation.__args__[0]  # type: ignore[union-attr]
    return word


def triggers_from(items: Sequence[Mapping[str, Any]]) -> tuple[Trigger, ...]:
    """The triggers of one agent, each with a name of its own; the one by hand is always among them.

    Raises:
        TriggerInvalid: One cannot be used, or two have one name; the message names the place.
    """
    if not isinstance(items, list | tuple):
        raise TriggerInvalid("'triggers' is no list.", "Begin each trigger with a dash: - on: mention.")
    if len(items) > MOST:
        raise _too_many(len(items))
    found = [_trigger(number, item) for number, item in enumerate(items, 1)]
    if not any(isinstance(trigger, HandTrigger) for trigger in found):
        found.append(HandTrigger(on="hand"))
    return _named(found)


def trigger_mistakes(items: Sequence[Json]) -> Iterator[tuple[int, str, TriggerInvalid]]:
    """Everything that is wrong with triggers: which one, counted from 0, the key if it is one's, and the mistake."""
    if len(items) > MOST:
        yield MOST, "", _too_many(len(items))
        return
    seen: set[str] = set()
    for number, item in enumerate(items):
        found = _read(number + 1, item)
        if isinstance(found, list):
            yield from ((number, key, mistake) for key, mistake in found)
        elif found.title.casefold() in seen:
            yield number, "", _same_name(found)
        else:
            seen.add(found.title.casefold())


def _trigger(number: int, item: object) -> Trigger:
    found = _read(number, item)
    if isinstance(found, list):
        raise found[0][1]
    return found


def _read(number: int, item: object) -> Trigger | list[tuple[str, TriggerInvalid]]:
    """A trigger; or all that is wrong with it, each with the key that is meant, the most telling first."""
    if not isinstance(item, Mapping):
        return [("", TriggerInvalid(f"Trigger {number} is no list of keys.", "Write it like this: - on: mention."))]
    # In YAML 1.1 a bare `on` is another word for true.
    given = {"on" if key is True else str(key): value for key, value in item.items()}
    try:
        # By way of JSON: what YAML took for a date is a text again.
        return _ADAPTER.validate_python(json.loads(json.dumps(given, default=str)))
    except ValidationError as error:
        findings = error.errors(include_url=False)
        kinds = {kind_of(model): model for model in KINDS}
        unknown = [str(finding["loc"][-1]) for finding in findings if finding["type"] == "extra_forbidden"]
        # A mistyped key explains the missing one.
        told = [one for one in findings if one["type"] != "missing" or not _is_near(str(one["loc"][-1]), unknown)]
        told.sort(key=lambda finding: finding["type"] != "extra_forbidden")
        return [
            (str(one["loc"][1]) if len(one["loc"]) > 1 else "", explained(number, given, one, kinds)) for one in told
        ]
    except (TypeError, ValueError, RecursionError) as error:
        unread = TriggerInvalid(f"Trigger {number} cannot be read: {str(error)[:100]}.", "Correct it there.")
        return [("", unread)]


def _is_near(key: str, others: Sequence[str]) -> bool:
    return bool(difflib.get_close_matches(key, others, n=1))


def _named(triggers: Sequence[Trigger]) -> tuple[Trigger, ...]:
    named = tuple(trigger.model_copy(update={"name": trigger.title}) for trigger in triggers)
    seen: set[str] = set()
    for trigger in named:
        # Names stand in addresses and in people's mouths: case alone tells none from another.
        if trigger.title.casefold() in seen:
            raise _same_name(trigger)
        seen.add(trigger.title.casefold())
    return named


def _same_name(trigger: Trigger) -> TriggerInvalid:
    return TriggerInvalid(
        f"Two triggers are called '{trigger.title}'.", "Give one of them a name of its own, such as name: second."
    )


def _too_many(count: int) -> TriggerInvalid:
    return TriggerInvalid(f"There are {count} triggers; an agent has {MOST} at most.", "Make two agents of it.")
