"""The header block of a mail, read with bounds everywhere.

The standard library's structured header parser takes seconds for 20,000 addresses and overflows its stack on nested
comments, so fields are split and decoded here in one pass over at most 64 KiB; only dates are left to `email.utils`.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gainful.jobs.triage.reading.clean import ascii_domain, clean_line, imitates

MAX_BLOCK = 64 * 1024
MAX_FIELDS = 1000
MAX_ADDRESS_FIELD = 8 * 1024
MAX_ADDRESSES = 200
MAX_REFERENCES = 100
_MAX_VALUE = 16 * 1024
_MAX_SHOWN = 500

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_FIRST_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.?|[()<>,;:]|[^"()<>,;:\\]+', re.DOTALL)
_CHARSET = re.compile(rb"charset\s{0,5}=\s{0,5}\"?([A-Za-z0-9_.:+-]{1,40})", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MESSAGE_ID = re.compile(r"<([^<>]{1,998})>")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>(),;:\"]+")
_DKIM_DOMAIN = re.compile(r"(?:^|;)\s*d\s*=\s*([^\s;]{1,253})", re.IGNORECASE)

# fmt: off
_KEPT = frozenset((
    "list-unsubscribe", "list-unsubscribe-post", "list-id", "list-post", "precedence", "auto-submitted",
    "x-auto-response-suppress", "authentication-results", "received-spf", "return-path", "x-mailer", "user-agent",
    "importance", "x-priority", "x-spam-flag", "x-spam-status", "feedback-id", "content-language", "sender",
    "delivered-to",
))
# fmt: on

# Names that senders use for a charset and Python does not know, or that browsers read as a superset (WHATWG).
_CHARSETS = {
    "": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "windows-874": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
}
# Python codecs that are no charset of mail; some take quadratic time, some run escapes.
_NO_CHARSET = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_CHARSET_NAME = re.compile(r"[a-z0-9_.:+-]{1,40}")


@dataclass(slots=True)
class Notes:
    """What was odd about one mail, gathered while it is read."""

    problem: str = ""
    warnings: dict[str, None] = field(default_factory=dict)

    def warn(self, *texts: str) -> None:
        """Add warnings, each once, at most 20."""
        for text in texts:
            if len(self.warnings) < 20:
                self.warnings[text[:200]] = None

    def fail(self, problem: str) -> None:
        """Record why the mail cannot be read in full; the first reason stays."""
        self.problem = self.problem or problem


@dataclass(frozen=True, slots=True)
class Block:
    """A header block: field values by lower-case name in order of appearance, and where the body starts."""

    values: dict[str, list[str]]
    body: int

    def first(self, name: str) -> str:
        """The topmost value of the field, or an empty string."""
        found = self.values.get(name)
        return found[0] if found else ""


def split_block(raw: bytes, start: int, end: int, notes: Notes) -> Block:
    """The header block at `start`, at most 64 KiB of it; `body` is the offset behind its empty line."""
    while raw.startswith((b"\n", b"\r\n"), start, end) and start < end:
        start += 1 if raw.startswith(b"\n", start) else 2
    if raw.startswith((b"From ", b">From "), start, end):
        start = _line_end(raw, start, end)
    if not _FIRST_FIELD.match(raw, start, min(end, start + 300)):
        return Block({}, start)
    stop, body = _block_end(raw, start, end)
    if stop - start > MAX_BLOCK:
        notes.fail(f"The header block is larger than {MAX_BLOCK // 1024} KiB: only its start was read.")
        stop = start + MAX_BLOCK
    values: dict[str, list[str]] = {}
    charset = _block_charset(raw, start, stop)
    for count, (name, value) in enumerate(_fields(raw[start:stop])):
        if count >= MAX_FIELDS:
            notes.fail(f"The mail has more than {MAX_FIELDS} header fields: only the first were read.")
            break
        values.setdefault(name, []).append(_to_text(value, charset, notes))
    return Block(values, body)


def _line_end(raw: bytes, start: int, end: int) -> int:
    found = raw.find(b"\n", start, end)
    return end if found < 0 else found + 1


def _block_end(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the block stops and where the body starts: at the first empty line, or the first line that is no field."""
    unix, dos = raw.find(b"\n\n", start, end), raw.find(b"\n\r\n", start, end)
    if unix < 0 and dos < 0:
        stop, body = end, end
    elif dos < 0 or 0 <= unix < dos:
        stop, body = unix + 1, unix + 2
    else:
        stop, body = dos + 1, dos + 3
    position, limit = start, min(stop, start + MAX_BLOCK)
    while position < limit:
        if raw[position] not in b" \t" and not _FIRST_FIELD.match(raw, position, min(stop, position + 300)):
            return position, position
        position = _line_end(raw, position, stop)
    return stop, body


def _fields(block: bytes) -> Iterator[tuple[str, bytes]]:
    """Each field's lower-case name and unfolded value, cut to 16 KiB."""
    lines: list[bytes] = []
    for line in [*block.split(b"\n"), b"end:"]:
        if line[:1] in (b" ", b"\t") and lines:
            lines.append(b" " + line.strip())
            continue
        if lines and (match := _FIELD.match(b"".join(lines)[:_MAX_VALUE])):
            yield match.group(1).decode("ascii").lower(), match.group(2).strip()
        lines = [line.rstrip(b"\r")]


def _block_charset(raw: bytes, start: int, stop: int) -> str:
    """The charset the mail's own type names: what its raw 8-bit headers are most likely written in."""
    match = _CHARSET.search(raw, start, stop)
    return match.group(1).decode("ascii") if match else ""


def _to_text(value: bytes, charset: str, notes: Notes) -> str:
    """A raw value as text. 8-bit bytes are against the rules, but common: UTF-8, else the body's charset."""
    if value.isascii():
        return value.decode("ascii")
    notes.warn("8-bit characters in a header")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return decode_charset(value, charset or "cp1252", notes)


def decode_charset(data: bytes, charset: str, notes: Notes) -> str:
    """`data` as text. An unknown charset, or bytes it does not have, give replacement characters and a warning."""
    asked = charset.strip(" \"'").lower()
    name = _CHARSETS.get(asked, asked)
    if not _known(name):
        notes.warn(f"unknown charset {clean_line(asked, 40)[0]!r}")
        name = "utf-8"
    try:
        return data.decode(name)
    except (UnicodeError, ValueError, LookupError, AssertionError):
        pass
    if name == "utf-8":
        notes.warn("bytes that are not in the stated charset")
        return data.decode("cp1252", "replace")
    try:
        text = data.decode(name, "replace")
    except (UnicodeError, ValueError, LookupError, AssertionError):
        text = data.decode("utf-8", "replace")
    notes.warn("bytes that are not in the stated charset")
    return text


def _known(name: str) -> bool:
    if name in ("utf-8", "cp1252"):
        return True
    if not _CHARSET_NAME.fullmatch(name):
        return False
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return info.name.replace("-", "_") not in _NO_CHARSET and getattr(info, "_is_text_encoding", True)


def decode_words(value: str, notes: Notes) -> str:
    """`value` with its encoded words decoded (RFC 2047). Words of one charset that touch are joined before decoding."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending, charset, position = b"", "", 0
    for match in _WORD.finditer(value):
        gap = value[position : match.start()]
        touching = bool(pending) and not gap.strip()
        if not (touching and match.group(1).lower() == charset):
            pieces.append(decode_charset(pending, charset, notes) if pending else "")
            pending = b""
        if not touching:
            pieces.append(gap)
        charset = match.group(1).lower()
        pending += _word_bytes(charset, match.group(2), match.group(3))
        position = match.end()
    pieces.append(decode_charset(pending, charset, notes) if pending else "")
    pieces.append(value[position:])
    return "".join(pieces)


def _word_bytes(charset: str, encoding: str, text: str) -> bytes:
    try:
        # Raw 8-bit characters inside an encoded word came in as Windows-1252 or so: back to the bytes they were.
        data = text.encode("utf-8" if charset == "utf-8" else "latin-1")
    except UnicodeEncodeError:
        data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return decode_base64(data)


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def decode_base64(data: bytes) -> bytes:
    """The bytes behind base64 text, whatever its padding; foreign characters are skipped."""
    data = data.translate(None, _NOT_BASE64)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def shown(value: str, limit: int, notes: Notes) -> str:
    """A header text as a reader may see it: decoded, one line, nothing hidden, at most `limit` characters."""
    text, warnings = clean_line(decode_words(value, notes), limit)
    notes.warn(*warnings)
    return text


def addresses(values: Iterable[str], notes: Notes) -> list[tuple[str, str]]:
    """Names and lower-case addresses of an address field: at most 200 from at most 8 KiB.

    A name is decoded after the split, so that an encoded word can never become an address.
    """
    found: list[tuple[str, str]] = []
    for value in values:
        if len(value) > MAX_ADDRESS_FIELD:
            notes.warn(f"an address list longer than {MAX_ADDRESS_FIELD // 1024} KiB was cut")
            value = value[:MAX_ADDRESS_FIELD]
        for entry in _entries(value):
            if len(found) >= MAX_ADDRESSES:
                notes.warn(f"only the first {MAX_ADDRESSES} addresses were read")
                return found
            found.append(_mailbox(entry, notes))
    return [pair for pair in found if pair != ("", "")]


@dataclass(slots=True)
class _Entry:
    """The pieces of one entry of an address field."""

    phrase: str = ""
    bare: str = ""
    """The phrase as written, quotes included: what counts where no brackets are."""
    comment: str = ""
    angle: str = ""
    bracketed: bool = False


def _entries(value: str) -> Iterator[_Entry]:
    """The entries of a field in one pass over it: quoted strings, nested comments, brackets, groups (RFC 5322)."""
    entry, depth, inside = _Entry(), 0, False
    for match in _LEXEME.finditer(value + ","):
        lexeme = match.group()
        if depth or lexeme == "(":
            depth += (lexeme == "(") - (lexeme == ")")
            entry.comment += _ESCAPED.sub(r"\1", lexeme) if depth and lexeme != "(" else ""
        elif lexeme in ",;":
            yield entry
            entry, inside = _Entry(), False
        elif inside:
            inside = lexeme != ">"
            entry.angle = "" if lexeme == ":" else entry.angle + lexeme.strip(">")
        elif lexeme == "<":
            inside = entry.bracketed = True
        elif lexeme == ":":
            entry = _Entry()
        elif lexeme != ">":
            entry.bare += lexeme
            entry.phrase += _ESCAPED.sub(r"\1", lexeme[1:].removesuffix('"')) if lexeme[0] == '"' else lexeme
    if depth:
        yield entry


def _mailbox(entry: _Entry, notes: Notes) -> tuple[str, str]:
    phrase, raw = entry.phrase, entry.angle
    if not entry.bracketed:
        raw = next((word for word in entry.bare.split(" ") if "@" in word), "")
        raw = entry.bare if entry.bare.lstrip().startswith('"') else raw
        phrase = entry.phrase.replace(raw, "", 1) if raw else entry.phrase
    address = _address(raw, notes)
    name = shown(phrase, 200, notes) or shown(entry.comment, 200, notes)
    if not entry.bracketed and raw == entry.bare and address:
        name = shown(entry.comment, 200, notes)
    other = _ADDRESS.search(name)
    if address and other and other.group().lower() != address:
        notes.warn(f"the name of {address} shows another address")
    return name, address


def _address(raw: str, notes: Notes) -> str:
    text, warnings = clean_line(raw, 320)
    notes.warn(*warnings)
    local, at, domain = text.lower().rpartition("@")
    local, domain = local.strip(), "".join(domain.split()).rstrip(".")
    if not (at and local and domain) or (" " in local and not local.startswith('"')):
        return ""
    domain = ascii_domain(domain)
    if imitates(domain):
        notes.warn(f"mixed or look-alike scripts in the domain {domain}")
    return f"{local}@{domain}"


def message_ids(value: str) -> tuple[str, ...]:
    """The Message-IDs in a value, with brackets; of more than 100 the root and the latest 99."""
    found = [f"<{''.join(text.split())}>" for text in _MESSAGE_ID.findall(value)]
    found = [clean_line(text, 1000)[0] for text in dict.fromkeys(found)]
    return tuple(found if len(found) <= MAX_REFERENCES else [found[0], *found[1 - MAX_REFERENCES :]])


def own_id(value: str) -> str:
    """The mail's own Message-ID with brackets; brackets are added where the sender left them out."""
    found = message_ids(value)
    if found:
        return found[0]
    bare = clean_line(value, 998)[0].strip("<> ")
    return f"<{bare}>" if bare and " " not in bare else ""


def sent_date(value: str, notes: Notes) -> datetime | None:
    """The Date field as an aware UTC instant, or None and a warning when it is none or outside 1970 … 2100."""
    if not value:
        return None
    try:
        parsed = parsedate_to_datetime(value[:128])
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        if 1970 <= moment.year < 2100:
            return moment
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        pass
    notes.warn(f"bad date {clean_line(value, 60)[0]!r}")
    return None


def kept(block: Block, notes: Notes) -> dict[str, str]:
    """The fields that rules look at, topmost value each, at most 500 characters; of DKIM the signing domains only."""
    found = {
        name: shown(values[0][: 4 * _MAX_SHOWN], _MAX_SHOWN, notes)
        for name, values in block.values.items()
        if name in _KEPT or name.startswith("x-gainful-")
    }
    domains = [
        match.group(1).lower()
        for value in block.values.get("dkim-signature", ())[:20]
        for match in [_DKIM_DOMAIN.search(value)]
        if match
    ]
    if domains:
        found["dkim-signature"] = clean_line(" ".join(dict.fromkeys(domains)), _MAX_SHOWN)[0]
    return found
