"""What mail can be: eight labels that everybody gets, renamed, described and added to in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gainful.core.errors import Invalid


class LabelInvalid(Invalid):
    """A label in the configuration cannot be used."""

    code = "label-invalid"


_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ATOM = re.compile(r"[A-Za-z0-9!#$&'+,\-./:;<=>?@^_`|~]{1,60}")
"""What an IMAP keyword may be made of: an atom. Source: RFC 3501, section 9, `atom` and `flag-keyword`."""

_FIELDS = frozenset({"name", "description", "action", "archive", "keywords"})


@dataclass(frozen=True, slots=True)
class Label:
    """One thing that mail can be.

    Args:
        key: Stable name that the books keep, such as `needs_reply`.
        name: What people see and what IMAP stores as keyword.
        description: Plain words; also what a language model is told.
        action: The person has to do something; such mail is never archived.
        archive: Mail with this label may be put away once the evidence allows it.
        keywords: Words that hint at the label before anything was learned.
    """

    key: str
    name: str
    description: str
    action: bool = False
    archive: bool = False
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise LabelInvalid(
                f"'{self.key}' cannot be a label's key.", "Use small letters, digits and _, such as travel_plans."
            )
        if not _ATOM.fullmatch(self.name):
            raise LabelInvalid(
                f"'{self.name}' cannot be the name of label {self.key}: mail servers store it as one word.",
                f"Use letters, digits, - and _, such as {_suggested(self.name, self.key)}.",
            )
        if self.action and self.archive:
            raise LabelInvalid(
                f"Label {self.key} asks the person to act, so its mail cannot be archived.",
                "Set action = false or archive = false.",
            )


def _suggested(name: str, key: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "-".join(words)[:60] or key


STANDARD = (
    Label("needs_reply", "needs_reply", "A person asks the reader something and waits for an answer.", action=True),
    Label("todo", "todo", "The reader has to do something other than answer: approve, pay, renew, fix.", action=True),
    Label("meeting", "meeting", "Finding, moving or preparing a meeting or a call.", action=True),
    Label("fyi", "fyi", "Written by a person for the reader to know; nothing is asked."),
    Label("update", "update", "Sent by a machine about something the reader works with; nothing is asked."),
    Label("newsletter", "newsletter", "Sent to many people: news, offers, digests.", archive=True),
    Label("receipt", "receipt", "Proof of a purchase, payment, booking or delivery.", archive=True),
    Label("junk", "junk", "Unwanted or fraudulent mail.", archive=True),
)


class LabelSet(Mapping[str, Label]):
    """The labels of one account, by key, in the order they are shown."""

    def __init__(self, labels: tuple[Label, ...]) -> None:
        self._labels = {label.key: label for label in labels}
        self._by_name = {label.name.casefold(): label for label in labels}
        if len(self._by_name) < len(labels):
            names = [label.name.casefold() for label in labels]
            twice = next(name for name in names if names.count(name) > 1)
            raise LabelInvalid(f"Two labels are named '{twice}'.", "Rename one of them.")

    @classmethod
    def standard(cls) -> LabelSet:
        """The eight labels that need no configuration."""
        return cls(STANDARD)

    @classmethod
    def configured(cls, overrides: Mapping[str, Any]) -> LabelSet:
        """The standard labels with a person's changes, and their own labels behind them.

        Args:
            overrides: By label key: a mapping (or an object with attributes) of some of `name`, `description`,
                `action`, `archive`, `keywords`. None means unchanged.

        Raises:
            LabelInvalid: A name that IMAP cannot store, an unknown field, two equal names, an own label
                without a description.
        """
        labels = {label.key: label for label in STANDARD}
        for key, wanted in overrides.items():
            fields = _fields(key, wanted)
            if key in labels:
                labels[key] = replace(labels[key], **fields)
            elif not fields.get("description"):
                raise LabelInvalid(
                    f"Label '{key}' has no description.", 'Say in plain words which mail it is for: description = "…".'
                )
            else:
                labels[key] = Label(key, **{"name": key, **fields})
        return cls(tuple(labels.values()))

    def __getitem__(self, key: str) -> Label:
        return self._labels[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def named(self, name: str) -> Label:
        """The label with this name or key, however it is capitalised.

        Raises:
            LabelInvalid: There is none; the message lists those that exist.
        """
        found = self._by_name.get(name.casefold()) or self._labels.get(name.casefold().replace("-", "_"))
        if found is None:
            raise LabelInvalid(f"There is no label '{name}'.", f"Choose one of {', '.join(sorted(self._by_name))}.")
        return found

    @property
    def action_keys(self) -> frozenset[str]:
        """Keys of the labels that ask the person to act."""
        return frozenset(key for key, label in self._labels.items() if label.action)


def _fields(key: str, wanted: Any) -> dict[str, Any]:
    """The fields that the person gave, with their types checked."""
    given = dict(wanted) if isinstance(wanted, Mapping) else {f: getattr(wanted, f, None) for f in _FIELDS}
    unknown = sorted(set(given) - _FIELDS)
    if unknown:
        raise LabelInvalid(
            f"Label '{key}' has an unknown setting '{unknown[0]}'.", f"Use {', '.join(sorted(_FIELDS))}."
        )
    fields = {name: value for name, value in given.items() if value is not None}
    if "keywords" in fields:
        fields["keywords"] = tuple(str(word) for word in fields["keywords"])
    for name in ("action", "archive"):
        if name in fields and not isinstance(fields[name], bool):
            raise LabelInvalid(f"Label '{key}': {name} is '{fields[name]}'.", "Use true or false.")
    return fields
