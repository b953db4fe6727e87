"""What is left of a file's keys once those are taken out that cannot be read, so that the others can still be checked.

left = without({"tools": ["files.read", 7]}, {("tools", 1): 3, ...}, {("tools", 1)})
left.content, left.lost         # {"tools": ["files.read"]}, {("tools",)}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gainful.agents.file.front_matter import Place
from gainful.core.value import Json


@dataclass(slots=True)
class Left:
    """What is left.

    Args:
        content: Without what cannot be read; the items of a list close up.
        lines: Where each key and each item that is left stands.
        lost: Where something was taken out, as places in what is left: the key of a record, or the list that an item
            stood in.
    """

    content: dict[str, Json] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    lost: set[Place] = field(default_factory=set)


def without(before: Left, unread: Collection[Place]) -> Left:
    """What is left without what stands at the unread places, which may be none of it."""
    left = Left()
    moved: dict[Place, Place] = {(): ()}
    left.content = _kept(before.content, (), left, _Cut(before.lines, unread, moved))
    left.lost |= {_moved(place, moved) for place in before.lost}
    return left


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is cut.

    Args:
        moved: The place in what is left of each place that is kept.
    """

    lines: Mapping[Place, int]
    unread: Collection[Place]
    moved: dict[Place, Place]


def _kept(value: Json, old: Place, left: Left, cut: _Cut) -> Json:
    """The part of a value that is left, of which the place in the file is given."""
    new = cut.moved[old]
    if isinstance(value, Mapping):
        record: dict[str, Json] = {}
        for key, part in value.items():
            if (*old, key) in cut.unread:
                left.lost.add((*new, key))
            else:
                record[key] = _part(part, (*old, key), (*new, key), left, cut)
        return record
    if not isinstance(value, list):
        return value
    items: list[Json] = []
    for number, part in enumerate(value):
        if (*old, number) in cut.unread:
            left.lost.add(new)
        else:
            items.append(_part(part, (*old, number), (*new, len(items)), left, cut))
    return items


def _part(value: Json, old: Place, new: Place, left: Left, cut: _Cut) -> Json:
    cut.moved[old] = new
    if old in cut.lines:
        left.lines[new] = cut.lines[old]
    return _kept(value, old, left, cut)


def _moved(place: Place, moved: Mapping[Place, Place]) -> Place:
    """Where a place is now: as far as it is kept, and then as before."""
    kept = next(end for end in range(len(place), -1, -1) if place[:end] in moved)
    return (*moved[place[:kept]], *place[kept:])
