"""What a feed says. Its text is a stranger's: nothing in it is followed, and no document can grow while it is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from xml.etree import ElementTree

from gainful.core.errors import Invalid

LONGEST = 2000
"""Characters of one entry's text."""
_TAG = re.compile(r"<[^<>]{0,2000}>")


class FeedUnreadable(Invalid):
    """The document is no feed."""

    code = "feed-unreadable"


def entries_of(document: bytes) -> list[dict[str, str]]:
    """The entries of an RSS or Atom document as they stand there: title, link, text and time, which may be empty.

    Raises:
        FeedUnreadable: It is neither.
    """
    # Entities can make a document of a kilobyte one of gigabytes; no feed needs its own.
    if b"<!doctype" in document.lower() or b"<!entity" in document.lower():
        raise FeedUnreadable("The feed declares entities of its own.", "Tell its publisher, or leave it out.")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 -- without entities
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FeedUnreadable(f"The feed is no XML: {error}"[:200] + ".", "Check its address.") from None
    found = [node for node in root.iter() if _name(node) in ("item", "entry")]
    if not found and _name(root) not in ("rss", "feed", "RDF"):
        raise FeedUnreadable(f"The document is a '{_name(root)[:40]}', not a feed.", "Check its address.")
    return [_entry(node) for node in found]


def _entry(node: ElementTree.Element) -> dict[str, str]:
    parts: dict[str, str] = {}
    for child in node:
        parts.setdefault(_name(child), child.get("href") or "".join(child.itertext()))
    text = parts.get("description") or parts.get("summary") or parts.get("content") or parts.get("encoded") or ""
    at = parts.get("pubDate") or parts.get("published") or parts.get("updated") or parts.get("date") or ""
    return {
        "title": _plain(parts.get("title", ""))[:300],
        "link": parts.get("link", "").strip()[:2000],
        "text": _plain(text)[:LONGEST],
        "at": _when(at.strip()),
    }


def _name(node: ElementTree.Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _plain(text: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", text)).split())


def _when(text: str) -> str:
    """The time in UTC as ISO 8601; empty where it cannot be read."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            continue
    return ""
