"""Markdown as HTML: the few marks that chats share. Everything else is text, and no HTML of anybody comes through.

Source: spec.matrix.org, client-server API v1.11: m.room.message msgtypes, which tags clients show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import escape

# Each mark reaches at most this far: a text full of openings would else be searched to its end from each of them.
_REACH = 400
_INLINE = re.compile(
    rf"""
    `(?P<code>[^`\n]{{1,{_REACH}}})`
    | \[(?P<name>[^\[\]\n]{{1,{_REACH}}})\]\((?P<url>(?:https?://|mailto:)[^\s()<>"]{{1,2000}})\)
    | \*\*(?=\S)(?P<strong>.{{1,{_REACH}}}?)(?<=\S)\*\*
    | (?<![\w*])\*(?=[^\s*])(?P<star>[^*\n]{{1,{_REACH}}}?)(?<=\S)\*(?![\w*])
    | (?<!\w)_(?=[^\s_])(?P<bar>[^_\n]{{1,{_REACH}}}?)(?<=\S)_(?!\w)
    | ~~(?=\S)(?P<gone>[^~\n]{{1,{_REACH}}}?)(?<=\S)~~
    """,
    re.VERBOSE,
)
_TAGS = {"strong": "strong", "star": "em", "bar": "em", "gone": "del"}
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_BULLET = re.compile(r"\s{0,8}[-*+]\s+(\S.*)")
_NUMBER = re.compile(r"\s{0,8}(\d{1,4})[.)]\s+(\S.*)")
_QUOTE = re.compile(r">\s?(.*)")
_DEEPEST = 4


def html_of(text: str) -> str:
    """The text as HTML; empty when it is as good without."""
    lines = text.splitlines()
    html = "".join(_blocks(lines))
    plain = "<p>" + "</p><p>".join("<br>".join(map(escape, part)) for part in _paragraphs(lines)) + "</p>"
    return "" if html == plain else html


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            part.append(line)
        elif part:
            yield part
            part = []


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
        elif lines[at].lstrip().startswith("```"):
            end = _until(lines, at + 1, lambda line: line.strip() == "```")
            yield f"<pre><code>{escape(chr(10).join(lines[at + 1 : end]))}\n</code></pre>"
            at = end + 1
        else:
            kind = _kind(lines[at])
            end = _until(lines, at + 1, partial(_is_other, kind))
            yield _block(kind, lines[at:end])
            at = end


def _until(lines: list[str], start: int, ends: Callable[[str], bool]) -> int:
    return next((at for at in range(start, len(lines)) if ends(lines[at])), len(lines))


def _is_other(kind: str, line: str) -> bool:
    return not line.strip() or _kind(line) != kind


def _kind(line: str) -> str:
    for kind, pattern in (("heading", _HEADING), ("ul", _BULLET), ("ol", _NUMBER), ("quote", _QUOTE)):
        if pattern.fullmatch(line):
            return kind
    return "code" if line.lstrip().startswith("```") else "text"


def _block(kind: str, lines: list[str]) -> str:
    if kind == "heading":
        return "".join(_heading(line) for line in lines)
    if kind == "ul":
        return "<ul>" + "".join(f"<li>{_inline(_group(_BULLET, line, 1))}</li>" for line in lines) + "</ul>"
    if kind == "ol":
        first = int(_group(_NUMBER, lines[0], 1))
        start = f' start="{first}"' if first != 1 else ""
        return f"<ol{start}>" + "".join(f"<li>{_inline(_group(_NUMBER, line, 2))}</li>" for line in lines) + "</ol>"
    if kind == "quote":
        return "<blockquote>" + "<br>".join(_inline(_group(_QUOTE, line, 1)) for line in lines) + "</blockquote>"
    return "<p>" + "<br>".join(_inline(line) for line in lines) + "</p>"


def _heading(line: str) -> str:
    level = len(_group(_HEADING, line, 1))
    return f"<h{level}>{_inline(_group(_HEADING, line, 2))}</h{level}>"


def _group(pattern: re.Pattern[str], line: str, number: int) -> str:
    found = pattern.fullmatch(line)
    return str(found[number]) if found else line


def _inline(text: str, depth: int = 0) -> str:
    if depth >= _DEEPEST:
        return escape(text)
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[at : found.start()]), _marked(found, depth)]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _marked(found: re.Match[str], depth: int) -> str:
    kind = str(found.lastgroup)
    if kind == "code":
        return f"<code>{escape(found['code'])}</code>"
    if kind == "url":
        return f'<a href="{escape(found["url"])}">{_inline(found["name"], depth + 1)}</a>'
    return f"<{_TAGS[kind]}>{_inline(found[kind], depth + 1)}</{_TAGS[kind]}>"
