"""The text of an HTML mail as its reader sees it: no hidden parts, quotes marked by `>`, nothing fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gainful.sdk.markup import bounded

_NEVER_SHOWN = "script,style,head,title,template,object,iframe,svg,math,select,textarea,[hidden]"
_OWN_LINE = "p,div,tr,li,h1,h2,h3,h4,h5,h6,ul,ol,table,blockquote,pre,hr,section,article,header,footer,dt,dd,center"
_PARAGRAPH = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "ul", "ol"))
_QUOTES = "blockquote,div.gmail_quote,div.yahoo_quoted,div.moz-forward-container"
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0*)?\s*(?:[a-z%]{0,4})\s*(?:;|!|$)|max-(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_COLOR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_WHITE = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "#fefefe"})
_FORWARDED = re.compile(
    r"forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado", re.IGNORECASE
)
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_AROUND_BREAK = re.compile(r" *\ue000[\ue000 ]*")

_LINE, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKS = str.maketrans(dict.fromkeys((_LINE, _OPEN, _CLOSE), ""))


@dataclass(frozen=True, slots=True)
class Page:
    """What an HTML part says.

    Args:
        text: Lines as shown; quoted lines start with `>`.
        links: How many links lead to the web.
        hidden: Whether text was there that a reader does not see.
        cut: Whether the part was too large or too deep and only its start was read.
    """

    text: str
    links: int
    hidden: bool
    cut: bool


def read_page(html: str) -> Page:
    """The visible text of `html`, read in time proportional to its size."""
    html = html.translate(_MARKS) if not html.isascii() else html
    start = bounded(html)
    tree = LexborHTMLParser(start)
    links = sum((node.attributes.get("href") or "").lstrip()[:4].lower() == "http" for node in tree.css("a[href]"))
    for node in tree.css(_NEVER_SHOWN):
        node.decompose()
    hidden = _drop_hidden(tree)
    _mark_quotes(tree)
    _mark_lines(tree)
    root = tree.root
    raw = root.text(deep=True) if root is not None else ""
    return Page(_lay_out(raw), links, hidden, len(start) < len(html))


def _drop_hidden(tree: LexborHTMLParser) -> bool:
    """Take out what inline styles hide; True when that held any text."""
    found = False
    for node in tree.css("[style],font[color]"):
        style = node.attributes.get("style") or ""
        if _INVISIBLE.search(style) or (_is_white(node, style) and not _on_colour(node)):
            found = found or bool(node.text(deep=True).strip())
            node.decompose()
    return found


def _is_white(node: LexborNode, style: str) -> bool:
    match = _COLOR.search(style)
    color = match.group(1) if match else (node.attributes.get("color") or "")
    return _plain(color) in _WHITE


def _on_colour(node: LexborNode) -> bool:
    """Whether the node or one of its nearest 12 ancestors has a background that is not white."""
    current: LexborNode | None = node
    for _ in range(12):
        if current is None:
            break
        attributes = current.attributes
        match = _BACKGROUND.search(attributes.get("style") or "")
        background = match.group(1) if match else (attributes.get("bgcolor") or attributes.get("background") or "")
        if background and _plain(background) not in _WHITE | {"transparent", "none", "inherit"}:
            return True
        current = current.parent
    return False


def _plain(color: str) -> str:
    return color.replace(" ", "").lower()


def _mark_quotes(tree: LexborHTMLParser) -> None:
    """Put marks around quoted blocks. A forward is what its mail is about, so it is no quote."""
    for node in tree.css(_QUOTES):
        if not _FORWARDED.search(node.text(deep=True)[:300]) and "moz-forward" not in (
            node.attributes.get("class") or ""
        ):
            node.insert_before(_OPEN)
            node.insert_after(_CLOSE)


def _mark_lines(tree: LexborHTMLParser) -> None:
    for node in tree.css("br"):
        node.insert_after(_LINE)
    for node in tree.css("td,th"):
        node.insert_after(" ")
    for node in tree.css(_OWN_LINE):
        mark = _LINE * 2 if node.tag in _PARAGRAPH else _LINE
        node.insert_before(mark)
        node.insert_after(mark)


def _lay_out(raw: str) -> str:
    """Text with marks as lines, quoted ones prefixed by `>`."""
    depth = 0
    out: list[str] = []
    text = _SPACE.sub(" ", raw)
    text = _AROUND_BREAK.sub(lambda match: "\n" * min(2, match.group().count(_LINE)), text)
    for line in text.replace(_OPEN, f"\n{_OPEN}").replace(_CLOSE, f"{_CLOSE}\n").split("\n"):
        depth += line.count(_OPEN)
        words = line.replace(_OPEN, "").replace(_CLOSE, "").strip()
        out.append(f"> {words}" if depth > 0 and words else words)
        depth -= line.count(_CLOSE)
    return "\n".join(out).strip()
