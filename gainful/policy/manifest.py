"""A manifest: what one agent or job may ever do. What it does not name is denied, and never asked about.

    agent = "assistant"

    [[reads]]
    tool = "mail.search"

    [[effects]]
    tool = "mail.send"
    arguments = { to = ["*@example.org"], bcc = [] }      # every value fits one of the patterns
    per_day = 20

    [limits]
    steps = 40

It is versioned and named by the digest of its content. A change that may allow more than before is a widening.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from math import isfinite
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from gainful.core.errors import Invalid
from gainful.core.label import CONSTANT, TYPED, Label, join
from gainful.core.value import Json, Value

KNOWN = "<known>"
"""A pattern that fits a value which the person typed or a trusted directory gave, whatever it is."""

_NAME = r"^[a-z][a-z0-9_.-]{0,60}$"


class ManifestInvalid(Invalid):
    """A manifest with an unknown word, a wrong type or a contradiction."""

    code = "manifest-invalid"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Count = Annotated[int, Field(ge=0)]


class ToolGrant(_Part):
    """One tool, and with which arguments.

    Args:
        tool: Its name, such as `mail.send`.
        arguments: Patterns by argument: every scalar of the argument, and every name of a record in it, must fit one of
            them. `*` stands for any characters, `?` for one. In a pattern with `@`, and before the last character of
            one with `/` or with `*.` in front, both stay within one part of an address or a path. Arguments that are
            not named are free.
        at_most: The largest number by argument, whatever its sign.
        per_run, per_day: How often it may be called; unset leaves it to the budgets.
        words_from: Sources whose words the call may carry to others without asking, a stranger's among them, such as
            `chat:*`; whom it concerns must still be nobody's choice but the person's.
    """

    tool: str = Field(pattern=r"^[a-z][a-z0-9_.-]*$")
    arguments: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    at_most: Mapping[str, Decimal] = Field(default_factory=dict)
    per_run: Count | None = None
    per_day: Count | None = None
    words_from: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A version that was approved before `words_from` existed keeps its digest."""
        content: dict[str, Any] = handler(self)
        if not self.words_from:
            del content["words_from"]
        return content

    def lets_pass(self, label: Label) -> bool:
        """Whether every source of these words is one that may be carried on without asking."""
        return all(
            source in TYPED.sources or any(_compiled(pattern).fullmatch(source) for pattern in self.words_from)
            for source in label.sources
        )


class Limits(_Part):
    """When a run is stopped, whatever it says.

    Args:
        steps: Calls of one run.
        minutes: Of one run, waiting for a person left out.
        same_call: How often the same call with the same arguments.
        hops: How far from a person an agent's message may be: 0 answers a person, 1 answers an agent that did.
        refusals: Calls that are denied before the run is ended.
    """

    steps: Count = 60
    minutes: Count = 60
    same_call: Count = 3
    hops: Count = 2
    refusals: Count = 5


class Spending(_Part):
    """What one agent may spend.

    Args:
        money: US dollars.
        calls: Model calls.
    """

    money: Decimal | None = None
    calls: Count | None = None


class Budgets(_Part):
    """Hard caps, held before each call."""

    run: Spending = Spending()
    month: Spending = Spending()


class Manifest(_Part):
    """What one agent or job may read, change and spend.

    Args:
        agent: Whose it is.
        about: What it is for, in a sentence.
        reads: Tools that only read.
        effects: Tools that change something or ask a language model.
    """

    agent: str = Field(pattern=_NAME)
    about: str = ""
    reads: tuple[ToolGrant, ...] = ()
    effects: tuple[ToolGrant, ...] = ()
    limits: Limits = Limits()
    budgets: Budgets = Budgets()

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of its content: the version that approvals are bound to."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def text(self) -> str:
        """Its content as canonical JSON, one word a line, so that two versions can be compared line by line."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)

    @cached_property
    def _grants(self) -> dict[str, tuple[ToolGrant, ...]]:
        grants: dict[str, tuple[ToolGrant, ...]] = {}
        for grant in (*self.reads, *self.effects):
            grants[grant.tool] = (*grants.get(grant.tool, ()), grant)
        return grants

    def grants(self, tool: str) -> tuple[ToolGrant, ...]:
        """Every grant of this tool; a call must fit one of them."""
        return self._grants.get(tool, ())


def manifest_from(stored: Mapping[str, Any] | str) -> Manifest:
    """The manifest of this content: parsed TOML or YAML, or the JSON text of `Manifest.text`.

    Raises:
        ManifestInvalid: The message names the place.
    """
    try:
        content = json.loads(stored) if isinstance(stored, str) else stored
        # By way of JSON: a list in TOML is a tuple here, a number an exact decimal.
        return Manifest.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the beginning"
        raise ManifestInvalid(f"The manifest is not valid at '{where}': {first['msg']}.", "Correct it there.") from None
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(
            f"The manifest cannot be read: {str(error)[:200]}.", "Give one object with 'agent'."
        ) from None


def outside(grant: ToolGrant, arguments: Mapping[str, Value]) -> str:
    """Why these arguments are outside the grant; empty when they are inside."""
    for name, patterns in grant.arguments.items():
        for scalar in scalars(arguments.get(name)):
            if not any(fits(scalar, pattern) for pattern in patterns):
                return f"'{name}' may not be {_short(scalar.data)}"
    for name, most in grant.at_most.items():
        value = arguments.get(name)
        for scalar in value.leaves() if value is not None else ():
            if scalar.data is not None and not _at_most(scalar.data, most):
                return f"'{name}' may be {most} at most"
    return ""


def scalars(value: Value | None, around: Label = CONSTANT) -> Iterator[Value]:
    """Every scalar of an argument and every name of a record in it, with the label of what chose it; no nulls.

    A tool may go through a record by its names: what may not be a value may not be one of them either.
    """
    if value is None:
        return
    label = join(value.label, around)
    if value.items is None and value.fields is None:
        if value.data is not None:
            yield Value(value.data, label)
        return
    for name in value.fields or ():
        yield Value(name, label)
    for part in value.parts():
        yield from scalars(part, label)


def fits(scalar: Value, pattern: str) -> bool:
    """Whether this scalar fits the pattern."""
    if pattern == KNOWN:
        return not scalar.label.tainted
    text = scalar.data if isinstance(scalar.data, str) else _as_text(scalar.data)
    if pattern != "*" and _climbs(text):
        # A path that climbs lies elsewhere than it reads.
        return False
    return _compiled(pattern).fullmatch(text) is not None


def _as_text(data: Json) -> str:
    try:
        return json.dumps(data)
    except ValueError:
        # An integer of more digits than anybody writes.
        return "<too large>"


def _climbs(text: str) -> bool:
    """Whether a path has a step upwards in it, also one that is written in another way."""
    return any(".." in _SEPARATOR.split(form) for form in (text, _unquoted(text), _unquoted(_unquoted(text))))


def _unquoted(text: str) -> str:
    """The text with each `%2e` as the ASCII character that it stands for."""
    return _QUOTED.sub(lambda found: chr(int(found[1], 16)), text)


_QUOTED = re.compile(r"%([0-7][0-9a-fA-F])")


_SEPARATOR = re.compile(r"[/\\]")
# What ends a mail address or begins another one; what ends a host's name or a folder's.
_WITHIN_ADDRESS = r"[^\s,;:<>\"()@\\/\x00-\x1f]"
_WITHIN_PATH = r"[^/\\?#@:\x00-\x1f]"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression that never goes back: what a star has passed by, it has passed by."""
    one = _WITHIN_ADDRESS if "@" in pattern else _WITHIN_PATH if "/" in pattern or pattern.startswith("*.") else "."
    head, *rest = [
        "".join(one if character == "?" else re.escape(character) for character in fixed)
        for fixed in re.split(r"\*+", pattern)
    ]
    *middle, last = rest or [""]
    body = head + "".join(f"(?>{one}*?{fixed})" for fixed in middle)
    if rest:
        body += (one if last or "@" in pattern else ".") + f"*{last}"
    # Mail domains are equal in both cases; file names and channels are not.
    return re.compile(body, re.DOTALL | re.ASCII | (re.IGNORECASE if "@" in pattern else re.NOFLAG))


def _at_most(number: Json, most: Decimal) -> bool:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return abs(number) <= most if isinstance(number, int) else isfinite(number) and abs(Decimal(str(number))) <= most


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _as_text(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


# --- changing one ----------------------------------------------------------------------------------------------------


def difference(old: Manifest | None, new: Manifest) -> str:
    """The change as a unified diff, for the person who approves it."""
    before = old.text.splitlines() if old is not None else []
    return "\n".join(difflib.unified_diff(before, new.text.splitlines(), "before", "after", lineterm="", n=2))


def widenings(old: Manifest | None, new: Manifest) -> list[str]:
    """What the new manifest may allow that the old one did not, one sentence each; empty when it only narrows."""
    if old is None:
        return [f"It is new: it may use {len(new.reads)} reading and {len(new.effects)} acting tools."]
    other = [f"It is for '{new.agent}', not '{old.agent}'."] if new.agent != old.agent else []
    return [*other, *_wider_grants(old, new), *_wider_numbers(old, new)]


def _wider_grants(old: Manifest, new: Manifest) -> Iterator[str]:
    for grant in (*new.reads, *new.effects):
        before = old.grants(grant.tool)
        if not before:
            yield f"{grant.tool} is granted."
        elif not any(_covers(one, grant) for one in before):
            yield f"{grant.tool} is granted with more."


def _covers(old: ToolGrant, new: ToolGrant) -> bool:
    """Whether everything that the new grant allows was allowed by the old one. In doubt it was not."""
    for name, patterns in old.arguments.items():
        if name not in new.arguments or not set(new.arguments[name]) <= {*patterns, *_narrower(new, name, patterns)}:
            return False
    for name, most in old.at_most.items():
        if name not in new.at_most or new.at_most[name] > most:
            return False
    if not set(new.words_from) <= set(old.words_from):
        return False
    return not _more(old.per_run, new.per_run) and not _more(old.per_day, new.per_day)


def _narrower(new: ToolGrant, name: str, patterns: Sequence[str]) -> set[str]:
    """Those of the new patterns that are plain texts which an old pattern fits."""
    plain = [text for text in new.arguments[name] if text != KNOWN and not set("*?") & set(text)]
    return {
        text
        for text in plain
        for old in patterns
        # An address is an address in either case, another text is not.
        if old != KNOWN and ("@" not in text or "@" in old) and fits(Value(text, CONSTANT), old)
    }


def _wider_numbers(old: Manifest, new: Manifest) -> Iterator[str]:
    for name in Limits.model_fields:
        if getattr(new.limits, name) > getattr(old.limits, name):
            yield f"The limit of {name} rises from {getattr(old.limits, name)} to {getattr(new.limits, name)}."
    for period in Budgets.model_fields:
        for unit in Spending.model_fields:
            before, after = (getattr(getattr(manifest.budgets, period), unit) for manifest in (old, new))
            if _more(before, after):
                yield f"The {unit} of one {period} rises from {before} to {'any amount' if after is None else after}."


def _more(before: Decimal | int | None, after: Decimal | int | None) -> bool:
    if before is None:
        return False
    return after is None or after > before
