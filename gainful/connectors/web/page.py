"""What a page says: title, text in lines, links. Nothing is run, and nothing is fetched for it."""

from __future__ import annotations

import codecs
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
# By Python's own names. Others are none of the web's, and some take hours for a hostile page: punycode, idna.
_CHARSETS = re.compile(
    r"ascii|iso8859-[0-9]+|cp125[0-8]|cp874|cp866|koi8-[ru]|mac-roman|utf-8|utf-16(-[lb]e)?"
    r"|shift_jis|cp932|euc_jp|iso2022_jp|gb2312|gbk|gb18030|big5|big5hkscs|euc_kr|cp949"
)
_BROWSERS_READ = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932"}
"""What these mean on the web (WHATWG Encoding Standard)."""

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


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
    said = _CONTROL.sub(" ", " ".join(title.text().split()))[:300] if title is not None else ""
    for node in tree.css(_NEVER_SHOWN):
        node.decompose()
    links = _links(tree, url)
    for node in tree.css("td,th"):
        node.insert_after(" ")
    for node in tree.css(_LINES):
        node.insert_before(_MARK)
        node.insert_after(_MARK)
    raw = tree.root.text(deep=True) if tree.root is not None else ""
    lines = (" ".join(_CONTROL.sub(" ", line).split()) for line in raw.split(_MARK))
    return Page(said, "\n".join(line for line in lines if line), links, len(start) < len(html))


def read_text(text: str) -> Page:
    """A file that is text already."""
    return Page("", _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")), [], cut=False)


def decoded(body: bytes, content_type: str, *, html: bool = True) -> str:
    """The body as text, by the mark at its beginning, its header, or what the page says; what does not fit is replaced.

    Args:
        html: Whether the body may name its own charset.
    """
    for mark, name in _MARKS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    found = _CHARSET.search(content_type) or (_CHARSET.search(body[:2000].decode("latin-1")) if html else None)
    return body.decode(_charset(found[1]) if found else "utf-8", "replace")


def _charset(name: str) -> str:
    """The charset of this name; UTF-8 for one that is none."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return _BROWSERS_READ.get(known, known) if _CHARSETS.fullmatch(known) else "utf-8"


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
