"""Settings of triage: what it may do, which labels there are, the person's own rules, what a mail is worth."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from gainful.storage.settings.section import Line, Section

Who = Annotated[str, Field(pattern=r"^[^@\s]*@[^@\s]+$", max_length=320)]


class Triage(Section):
    """What triage may do."""

    drafts: Literal["off", "skeleton", "model"] = Field(
        default="skeleton",
        description="Drafts for mail that needs a reply: none, greeting and quote, or written by the language model.",
    )
    archive: bool = Field(default=True, description="Whether mail may be moved out of the inbox at all.")
    vips: tuple[Who, ...] = Field(
        default=(), description="People never archived and always shown first: addresses, or `@example.org`."
    )
    max_mails: int = Field(default=20_000, ge=1, description="The most mails that one run looks at, newest first.")


class LabelSetting(Section):
    """A label renamed, described anew, or added: one `[labels.KEY]` block each.

    Built-in keys: `needs_reply`, `todo`, `meeting`, `fyi`, `update`, `newsletter`, `receipt`, `junk`.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="How people and the mail server call it, one word; else its key."
    )
    description: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="In plain words, which mail it is for. A label of your own needs one."
    )
    action: bool | None = Field(
        default=None, description="Whether such mail asks you to do something; it is then never archived."
    )
    archive: bool | None = Field(default=None, description="Whether such mail may be put away.")
    keywords: tuple[Line, ...] | None = Field(
        default=None, description="Words that hint at the label before anything was learned."
    )


class Rule(Section):
    """The person's own rule: every given part must fit. One `[[rules]]` block each; the first that fits decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)

    label: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Key of the label to give.")
    sender: Line = Field(default="", alias="from", description="Sender's address, or `@example.org`.")
    to: Line = Field(default="", description="An address among To and Cc, or `@example.org`.")
    subject: Line = Field(default="", description="Words that the subject holds, whatever their case.")
    list_id: Line = Field(default="", alias="list", description="Part of the List-Id header.")

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not (self.sender or self.to or self.subject or self.list_id):
            raise ValueError("needs at least one of from, to, subject, list")
        return self


class Value(Section):
    """What the person states about worth. Nothing is assumed in its place."""

    seconds_per_mail: Annotated[Decimal, Field(gt=0, le=3600)] | None = Field(
        default=None, description="Seconds a mail put away saves. Unset: time saved is not claimed."
    )


LabelKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
