"""What a page says: title, text in lines, links. Nothing is run, and nothing is fetched for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from gainful.sdk.markup import bounded

MOST_LINKS = 100
_NEVER_SHOWN = "script,style,template,object,iframe,svg,math,noscript,head,[hidden]"
_LINES = "p,div,tr,li,h1,h2,h3,h4,h5,h6,ul,ol,table,blockquote,pre,hr,section,article,header,footer,dt,dd,br,nav,main"
_MARK = "\ue000"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    Args:
        links: Their text and address, in order, each address once.
        cut: Whether only its beginning could be read.
    """

    title: str
    text: str
    links: list[dict[str, str]]
    cut: bool


def read_html(html: str, url: str) -> Page:
    """The page as text; `url` is what its links count from."""
    html = html.replace(_MARK, "")
    start = bounded(html)
    tree = LexborHTMLParser(start)
    title = tree.css_first("title")
    said = " ".join(title.text().split())[:300] if title is not None else ""
    for node in tree.css(_NEVER_SHOWN):
        node.decompose()
    links = _links(tree, url)
    for node in tree.css(_LINES):
        node.insert_before(_MARK)
        node.insert_after(_MARK)
    raw = tree.root.text(deep=True) if tree.root is not None else ""
    lines = (" ".join(line.split()) for line in raw.split(_MARK))
    return Page(said, "\n".join(line for line in lines if line), links, len(start) < len(html))


def read_text(text: str) -> Page:
    """A file that is text already."""
    return Page("", _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")), [], cut=False)


def decoded(body: bytes, content_type: str) -> str:
    """The body as text, by the charset that its header or its own beginning names; what does not fit is replaced."""
    found = _CHARSET.search(content_type) or _CHARSET.search(body[:2000].decode("latin-1"))
    try:
        return body.decode(found[1] if found else "utf-8", "replace")
    except (LookupError, ValueError):
        # Also names of codecs that are none for text.
        return body.decode("utf-8", "replace")


def _links(tree: LexborHTMLParser, url: str) -> list[dict[str, str]]:
    found: dict[str, str] = {}
    for node in tree.css("a[href]"):
        try:
            target = urljoin(url, (node.attributes.get("href") or "").strip()).partition("#")[0]
        except ValueError:
            continue
        if target.startswith(("http://", "https://")) and len(target) <= 2000 and target.isprintable():
            found.setdefault(target, " ".join(node.text(deep=True).split())[:100])
        if len(found) >= MOST_LINKS:
            break
    return [{"text": text, "url": target} for target, text in found.items()]
