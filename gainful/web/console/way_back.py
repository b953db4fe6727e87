"""Where a page that says "that did not work" leads: to where its reader came from, and to the pages around."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Match, Route

from gainful.web.console.menu import Item
from gainful.web.console.rendering import render


@dataclass(frozen=True, slots=True)
class Way:
    """A link that leads on."""

    title: str
    to: str


def ways_on(request: Request, menu: Sequence[Item], pages: Iterable[Route]) -> tuple[Way, ...]:
    """The links of a page that failed, the likeliest first; there is at least one.

    Args:
        pages: What can be opened. A link must lead to none but these: neither elsewhere nor to the next failure.
    """
    asked = _address(request.url.path, request.url.query)
    ways = [Way(f"Go to {item.title}", item.to) for item in menu if _is_below(request.url.path, item.to)]
    before = _before(request, pages)
    if before and before != asked:
        names = {item.to: item.title for item in menu}
        back = Way(f"Back to {names.get(before, 'the page before')}", before)
        ways = [back, *(way for way in ways if way.to != before)]
    return tuple(ways) or (Way("Go to Today", "/"),)


def stray(request: Request, status: int, title: str, said: str, next_move: str) -> Response:
    """Something said to somebody who is not signed in: to a browser as a page that leads on, else as a line."""
    return _line_or_page(request, status, title, said, next_move, Way("Sign in", "/sign-in"))


def away(request: Request) -> Response:
    """The same where nobody can be known, since the database cannot be used; it leads to the same page again."""
    said, again = "The database cannot be used now, so nothing can be shown or done.", "Try again in a moment."
    way = Way("Try again", _address(request.url.path, request.url.query))
    if request.method != "GET":
        again = "When it answers, see whether what you sent was done before you send it again."
        way = Way("Go to Today", "/")
    answer = _line_or_page(request, 503, "Not now", said, again, way)
    answer.headers["retry-after"] = "5"
    return answer


def _line_or_page(request: Request, status: int, title: str, said: str, next_move: str, way: Way) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(f"{said}\n", status)
    values = {"title": title, "said": said, "next_move": next_move, "way": way}
    return HTMLResponse(render("stray.html", values), status)


def _before(request: Request, pages: Iterable[Route]) -> str:
    """The page that the reader came from; empty where it is none of ours, or the browser does not say."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    ours = came.netloc == request.headers.get("host") and _opens(came.path, pages)
    return _address(came.path, came.query) if ours else ""


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _is_below(path: str, page: str) -> bool:
    return page != "/" and (path == page or path.startswith(f"{page}/"))


def _opens(path: str, pages: Iterable[Route]) -> bool:
    asked = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(page.matches(asked)[0] is Match.FULL for page in pages)
