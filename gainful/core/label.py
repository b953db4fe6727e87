"""What is known about a value's origin: who could have written it, who may see it, and where it came from.

    mail = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))
    join(mail, TYPED)           # what a model says after reading both: untrusted, internal

Labels travel with values. They are given where a value enters (a connector's manifest names each field's), joined where
values combine, and never found out afterwards by comparing texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Integrity(StrEnum):
    """Who could have written a value. Joined values are as good as the worst of them."""

    USER = "user"
    """The person typed or picked it."""
    TRUSTED = "trusted"
    """A system that strangers cannot write to: an id given by the server, the person's own address book."""
    UNTRUSTED = "untrusted"
    """A stranger may have written it, or the model may have made it up after reading one."""


class Confidentiality(StrEnum):
    """Who may see a value. Joined values are as secret as the most secret of them."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SECRET = "secret"  # noqa: S105 -- a word, not a password


_WORSE = {kind: rank for rank, kind in enumerate(Integrity)}
_CLOSER = {kind: rank for rank, kind in enumerate(Confidentiality)}


@dataclass(frozen=True, slots=True)
class Label:
    """One value's origin.

    Args:
        sources: Where it came from, such as `mail:7h2k9#body`, for the person who is asked about it.
    """

    integrity: Integrity
    confidentiality: Confidentiality = Confidentiality.PUBLIC
    sources: frozenset[str] = frozenset()

    @property
    def tainted(self) -> bool:
        """Whether a stranger may have written it."""
        return self.integrity is Integrity.UNTRUSTED

    def but(self, integrity: Integrity) -> Label:
        """The same origin with another integrity: only for the few places that may endorse, and say why."""
        return Label(integrity, self.confidentiality, self.sources)

    def as_json(self) -> dict[str, Any]:
        """As it is stored with the object it belongs to."""
        return {
            "integrity": str(self.integrity),
            "confidentiality": str(self.confidentiality),
            "sources": sorted(self.sources),
        }


TYPED = Label(Integrity.USER, Confidentiality.PUBLIC, frozenset({"you"}))
"""What the person wrote themselves."""

CONSTANT = Label(Integrity.USER)
"""What says nothing: null, an empty list."""

UNKNOWN = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"unknown"}))
"""A value whose origin nobody recorded."""


def join(*labels: Label) -> Label:
    """The label of what was made from all of these: the worst integrity, the highest secrecy, every source."""
    return join_all(labels)


def join_all(labels: Iterable[Label]) -> Label:
    """As `join`, over any number of labels; of nothing it is `CONSTANT`."""
    found: Label | None = None
    for label in labels:
        if found is None or label is found:
            found = label
        elif not _holds(found, label):
            found = Label(
                max(found.integrity, label.integrity, key=_WORSE.__getitem__),
                max(found.confidentiality, label.confidentiality, key=_CLOSER.__getitem__),
                found.sources | label.sources,
            )
    return CONSTANT if found is None else found


def _holds(found: Label, label: Label) -> bool:
    """Whether joining the second to the first would change nothing: most values of one answer have few labels."""
    return (
        _WORSE[label.integrity] <= _WORSE[found.integrity]
        and _CLOSER[label.confidentiality] <= _CLOSER[found.confidentiality]
        and label.sources <= found.sources
    )


def label_from(stored: Mapping[str, Any]) -> Label:
    """The label that `Label.as_json` wrote.

    Raises:
        ValueError, KeyError: It is not one.
    """
    if not isinstance(stored["sources"], list) or not all(isinstance(source, str) for source in stored["sources"]):
        raise ValueError(f"sources are no list of texts: {stored['sources']!r}")
    return Label(
        Integrity(stored["integrity"]), Confidentiality(stored["confidentiality"]), frozenset(stored["sources"])
    )
