"""A tool made of its declaration and two functions; what all of them check is checked here.

    Operation(declared("files")["files.read"], read, nothing_left)

A call gets here only with a grant for this very tool, with every argument that the declaration requires, none that it
does not name, and each of the JSON type that it declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gainful.core.errors import Broken, Invalid
from gainful.core.tool import Role, ToolSpec
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found


class ArgumentInvalid(Invalid):
    """A tool was called with an argument that it does not have, without one that it needs, or with one of the wrong
    kind."""

    code = "argument-invalid"


Do = Callable[[Grant, Mapping[str, Json]], Json]
Look = Callable[[str, Mapping[str, Json]], Found | None]


def nothing_left(key: str, arguments: Mapping[str, Json]) -> Found:  # noqa: ARG001 -- the same for every call
    """What became of a call that leaves nothing behind: it can simply be made again."""
    return Found(done=False)


def nobody_knows(key: str, arguments: Mapping[str, Json]) -> None:
    """What became of a call whose other side cannot be asked: a person has to look."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A `Tool` whose call is `do` and whose find is `look`. Arguments given as null count as left out."""

    spec: ToolSpec
    do: Do
    look: Look = nobody_knows

    def call(self, grant: Grant, arguments: Mapping[str, Json]) -> Json:
        """What `do` answers.

        Raises:
            ArgumentInvalid: The arguments are not as declared; nothing has happened.
            Broken: The grant is for another tool.
        """
        if grant.tool != self.spec.name:
            raise Broken(f"A grant for '{grant.tool}' does not allow {self.spec.name}.", "Please report this.")
        return self.do(grant, checked(self.spec, arguments))

    def find(self, key: str, arguments: Mapping[str, Json]) -> Found | None:
        """What `look` tells."""
        return self.look(key, checked(self.spec, arguments))


def checked(spec: ToolSpec, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments that were given, all of them as declared.

    Raises:
        ArgumentInvalid: One is missing, unknown, or of another type.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    for name in sorted(set(given) - set(spec.arguments)):
        raise ArgumentInvalid(
            f"{spec.name} has no argument '{name[:60]}'.", f"It has: {', '.join(sorted(spec.arguments)) or 'none'}."
        )
    for name in sorted(spec.required - set(given)):
        raise ArgumentInvalid(f"{spec.name} needs '{name}'.", "Call it again with that argument.")
    for name, value in given.items():
        wanted = type_of(spec, name)
        if not _is(value, wanted):
            raise ArgumentInvalid(
                f"{spec.name} takes '{name}' as {wanted}, and was given {_kind(value)}.", "Call it again with that."
            )
    return given


def type_of(spec: ToolSpec, argument: str) -> str:
    """The JSON type of an argument, as a schema names it."""
    return spec.types.get(argument, "number" if spec.arguments[argument] is Role.AMOUNT else "string")


def texts(value: Json, argument: str) -> list[str]:
    """A list of texts that an argument holds.

    Raises:
        ArgumentInvalid: Something else is in it.
    """
    if value is not None and not (isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)):
        raise ArgumentInvalid(f"'{argument}' is a list of texts, and holds something else.", "Give texts alone.")
    return list(value or ())


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}


def _is(value: Json, wanted: str) -> bool:
    # In Python a truth value is a number; in JSON it is not.
    return isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))


def _kind(value: Json) -> str:
    return next((name for name in ("boolean", *_TYPES) if _is(value, name)), "something else")
