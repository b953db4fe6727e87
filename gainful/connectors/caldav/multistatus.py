"""A WebDAV server's answer about several things at once, as XML (RFC 4918, 13): read without trusting it.

There are no document types in WebDAV, so that none is read: nothing can be defined, included or multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from gainful.sdk.calendar import CalendarUnreachable

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
DEEPEST = 40
MOST_NODES = 100_000

_FORM = "multistatus"


@dataclass
class Node:
    """An element.

    Args:
        name: Namespace and local name with a space between, such as `DAV: href`.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(self.pieces).strip()

    def all(self, namespace: str, name: str) -> Iterator[Node]:
        """Its direct children of this name."""
        return (child for child in self.children if child.name == f"{namespace} {name}")

    def first(self, namespace: str, name: str) -> Node | None:
        """The first direct child of this name."""
        return next(self.all(namespace, name), None)


@dataclass(frozen=True)
class Told:
    """What the server says of one thing.

    Args:
        href: Its address, as the server writes it.
        properties: By namespace and local name, those alone that the server gave.
    """

    href: str
    properties: dict[str, Node]

    def node(self, namespace: str, name: str) -> Node | None:
        """A property."""
        return self.properties.get(f"{namespace} {name}")

    def text(self, namespace: str, name: str) -> str:
        """The text of a property; empty without it."""
        found = self.node(namespace, name)
        return found.text if found is not None else ""

    def href_in(self, namespace: str, name: str) -> list[str]:
        """The addresses that a property holds."""
        found = self.node(namespace, name)
        return [one.text for one in found.all(DAV, "href")] if found is not None else []


def read(body: bytes) -> list[Told]:
    """What the server says, thing by thing.

    Raises:
        CalendarUnreachable: It is no such answer.
    """
    root = _tree(body)
    if root.name != f"{DAV} {_FORM}":
        raise _unreadable(f"it begins with {root.name[:60]!r}")
    return [_told(response) for response in root.all(DAV, "response")]


def _told(response: Node) -> Told:
    href = response.first(DAV, "href")
    given: dict[str, Node] = {}
    for part in response.all(DAV, "propstat"):
        status, prop = part.first(DAV, "status"), part.first(DAV, "prop")
        if prop is not None and (status is None or " 200" in status.text):
            given.update({one.name: one for one in prop.children})
    return Told(href.text if href is not None else "", given)


def _tree(body: bytes) -> Node:
    root = Node("")
    open_: list[Node] = [root]
    count = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_) > DEEPEST or count > MOST_NODES:
            raise _unreadable("it is nested too deeply, or has too many parts")
        node = Node(name, attributes)
        open_[-1].children.append(node)
        open_.append(node)

    def refuse(*_: object) -> None:
        raise _unreadable("it defines a document type")

    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_.pop()
    parser.CharacterDataHandler = lambda text: open_[-1].pieces.append(text)
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (ExpatError, ValueError, LookupError) as error:
        raise _unreadable("it is no XML") from error
    return root.children[0]


def _unreadable(reason: str) -> CalendarUnreachable:
    # Asked for by reading requests alone: nothing has happened there.
    return CalendarUnreachable(
        f"The calendar server answers in a way that cannot be read: {reason}.", "Check the address.", sent=False
    )
