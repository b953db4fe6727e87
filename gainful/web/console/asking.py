"""What a page is asked, and what it may answer. A page is a function of the first that gives the second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gainful.app import Gainful
from gainful.app.console import Access, Right, SignedIn
from gainful.core.errors import Invalid


class PageMissing(Invalid):
    """There is nothing at this address, or not for this person."""

    code = "page-missing"


class FormInvalid(Invalid):
    """A form was sent without something that it needs, or with what cannot be."""

    code = "form-invalid"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of somebody who is signed in.

    Args:
        path: The parts of the address that vary.
        query: What stands behind the question mark.
        form: What was sent.
    """

    app: Gainful
    access: Access
    who: SignedIn
    now: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def sent(self, name: str, longest: int = 10_000) -> str:
        """A field of the form, without blanks around it.

        Raises:
            FormInvalid: It is missing, empty or too long.
        """
        value = self.form.get(name, "").strip()
        if not value or len(value) > longest:
            raise FormInvalid(f"'{name}' is missing or too long.", "Fill it in, and send it again.")
        return value


@dataclass(frozen=True, slots=True)
class Shown:
    """A page.

    Args:
        template: File of its template.
        live: The page is drawn anew when one of these moves on: `approvals`, `runs`, `deployments`, `agents`.
    """

    template: str
    values: Mapping[str, Any]
    status: int = 200
    live: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Another page, which says something once."""

    to: str
    say: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be kept."""

    name: str
    content: str
    kind: str = "text/csv; charset=utf-8"


Answer = Shown | Moved | File
Handler = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Page:
    """One line of the table of routes. What is not in the table is not there.

    Args:
        right: Without it the page is refused.
        name: For tests and the docs.
    """

    method: str
    path: str
    right: Right
    handler: Handler

    @property
    def name(self) -> str:
        """What it is called in lists: `GET /runs/{run}`."""
        return f"{self.method} {self.path}"
