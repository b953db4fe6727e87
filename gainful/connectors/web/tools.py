"""The tool `web.fetch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gainful.connectors.web.errors import PageRefused, PageUnreachable, PageUnreadable
from gainful.connectors.web.page import Page, decoded, read_html, read_text
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import ToolUnreachable

LONGEST = 20_000
"""Characters of text in one answer."""

LIMITS = Limits(size=4 * 1024 * 1024)
"""Of one page."""

Open = Callable[[], HttpClient]
_HTML = ("text/html", "application/xhtml+xml")
_TEXT = ("text/", "application/json", "application/xml", "application/yaml", "application/toml")


def web_tools(connect: Open) -> list[Operation]:
    """The tool, by a client that reaches the hosts it may reach; each call has one of its own."""

    def fetch(_grant: Grant, given: Mapping[str, Json]) -> Json:
        start = given.get("start", 0)
        if start < 0:
            raise PageUnreadable(f"A page has no character {start}.", "Start at 0 or later.")
        answer = _fetched(connect, given["url"])
        return _answer(answer, _page(answer), start)

    # Whoever lost the answer of a GET may ask again: it changes nothing.
    return [Operation(declared("web")["web.fetch"], fetch, nothing_left)]


def _fetched(connect: Open, url: str) -> Answer:
    try:
        with connect() as http:
            answer = http.request("GET", url, headers={"accept": "text/html, text/*, application/json;q=0.9"})
    except ToolUnreachable as error:
        # Nothing can have changed there, so nobody has to look.
        raise PageUnreachable(error.what, error.next_move, retry_after=error.retry_after, sent=False) from error
    if answer.status >= 500:
        raise PageUnreachable(f"{url[:200]} has trouble (HTTP {answer.status}).", "Try again later.", sent=False)
    if answer.status >= 400:
        raise PageRefused(f"{url[:200]} is not given (HTTP {answer.status}).", "Check the address.")
    return answer


def _page(answer: Answer) -> Page:
    content_type = answer.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _HTML:
        return read_html(decoded(answer.body, content_type), answer.url)
    if kind.startswith(_TEXT) or kind.endswith(("+json", "+xml")):
        return read_text(decoded(answer.body, content_type, html=False))
    raise PageUnreadable(f"{answer.url[:200]} is no text, but {kind[:60] or 'unnamed'!r}.", "Fetch a page or text.")


def _answer(answer: Answer, page: Page, start: int) -> Json:
    end = start + LONGEST
    return {
        "url": answer.url,
        "status": answer.status,
        "title": page.title,
        "text": page.text[start:end],
        "links": page.links if start == 0 else [],
        "next": end if end < len(page.text) else None,
        "cut": page.cut,
    }
