"""What a connector declares about a tool: how far it reaches, what its arguments mean, whose words come back.

The declaration is part of what is trusted: a field declared as the server's own that strangers can write to opens a
hole that no rule closes. Declare the worst that may come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gainful.core.label import UNKNOWN, Label


class Effect(StrEnum):
    """How far a tool call reaches into the world; each connector's manifest declares it per tool."""

    READ = "read"
    CONTAINED = "contained"
    """Only its owner sees it, and it can be undone."""
    REVERSIBLE = "reversible"
    """As contained, but undoing takes a command."""
    IRREVERSIBLE = "irreversible"
    """It cannot be taken back: deleting, paying, changing a password."""
    EGRESS = "egress"
    """Something leaves: to other people, or to another machine."""


class Act(StrEnum):
    """What a tool does, in a word that policies and people use."""

    READ = "read"
    LOOK_UP = "look up"
    """Reads the person's own directory: what it answers to a name that the person typed is as good as typed."""
    WRITE = "write"
    SEND = "send"
    SHARE = "share"
    PAY = "pay"
    DELETE = "delete"
    DEPLOY = "deploy"
    FETCH = "fetch"
    """Reads from a machine elsewhere: the address itself may carry something out."""
    ADMINISTER = "administer"


class Role(StrEnum):
    """What an argument is for."""

    TARGET = "target"
    """Whom or what it concerns: a recipient, a file, a channel, an address, a date."""
    CONTENT = "content"
    """Free text."""
    AMOUNT = "amount"
    """How much: money, a number of things."""
    OPTION = "option"
    """A choice among few that changes nothing about who is concerned: a sort order, a language."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Whose words a tool's answer holds.

    Args:
        labels: Label by path in the answer, as `gainful.core.value.labelled` reads it.
        default: Of every other part.
        echoes: The answer repeats what the call gave: it takes the join of the arguments.
        objects: Names of the objects in the answer by path, such as `{"[]": "file:{id}"}`: what was written on them
            before keeps its label.
        server: Names of fields of such an object that the server gives by itself, whatever is written: its id, its
            size.
    """

    labels: Mapping[str, Label] = field(default_factory=dict)
    default: Label = UNKNOWN
    echoes: bool = False
    objects: Mapping[str, str] = field(default_factory=dict)
    server: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One typed operation of a connector, as its manifest declares it.

    Args:
        name: Such as `mail.move`.
        arguments: Role by argument name; a call with any other argument is refused.
        required: Arguments that no call may leave out.
        attends: Arguments whose presence makes others take part, such as `participants`: the effect is then egress.
        exposes: Arguments that name an object whose content leaves with the call, and the object's name, such as
            `{"attachments": "file:{}"}`.
        writes: Names of the objects that the call changes, such as `file:{file_id}`; `{}` parts are arguments, or
            fields of the answer.
        types: JSON type by argument, such as `integer` or `array`, for the model that fills it in; `string` where
            nothing is said, and `number` for an amount.
    """

    name: str
    effect: Effect
    act: Act
    arguments: Mapping[str, Role]
    returns: Returns = field(default_factory=Returns)
    required: frozenset[str] = frozenset()
    attends: frozenset[str] = frozenset()
    exposes: Mapping[str, str] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    about: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
