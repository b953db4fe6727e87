"""What stands in the menu for somebody."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.app import Gainful
from gainful.app.console import Right, SignedIn
from gainful.web.approval_desk import desk_of


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu.

    Args:
        key: Pressed after `g` it leads there.
        count: How much waits there; zero shows nothing.
    """

    title: str
    to: str
    key: str
    count: int = 0


_ITEMS = (
    ("Today", "/", "t", Right.LOOK),
    ("Approvals", "/approvals", "a", Right.ANSWER),
    ("Agents", "/agents", "g", Right.LOOK),
    ("Runs", "/runs", "r", Right.OPERATE),
    ("Deployments", "/deployments", "d", Right.LOOK),
    ("Books", "/books", "b", Right.LOOK),
    ("Audit queue", "/audits", "q", Right.AUDIT),
    ("Settings", "/settings", "s", Right.LOOK),
)


def menu_of(who: SignedIn, app: Gainful) -> list[Item]:
    """The pages that they may open."""
    waiting = desk_of(app, who).count() if who.may(Right.ANSWER) else 0
    counts = {"/approvals": waiting}
    return [Item(title, to, key, counts.get(to, 0)) for title, to, key, right in _ITEMS if who.may(right)]
