"""A mail's bytes as a `Mail`: whatever the bytes are, in bounded time, nothing fetched, opened or run."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import collapse_rfc2231_value
from itertools import pairwise

from gainful.core.mail import Mail
from gainful.jobs.triage.reading.clean import HIDDEN, clean_line, clean_text, cut_names, tidy
from gainful.jobs.triage.reading.headers import (
    Block,
    Notes,
    addresses,
    decode_base64,
    decode_charset,
    decode_words,
    kept,
    message_ids,
    own_id,
    sent_date,
    shown,
    split_block,
)
from gainful.jobs.triage.reading.html import read_page
from gainful.jobs.triage.reading.phrases import STUB
from gainful.jobs.triage.reading.quotes import split_quotes
from gainful.sdk.markup import MAX_CHARACTERS

TOO_MUCH_MEMORY = "The mail could not be read: it needs too much memory."
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_TEXT = 20_000
MAX_ATTACHMENTS = 20
_MAX_PLAIN_BYTES = 250_000
_MAX_CANDIDATES = 10_000
_MAX_HTML_PARTS = 3

_PARAMETER_HEADER = 2000
_URL = re.compile(r"https?://[^\s<>\"')\]]{3,}|\bwww\.[^\s<>\"')\]]{3,}", re.IGNORECASE)
_CALENDAR_LINE = re.compile(r"^(METHOD|SUMMARY|DTSTART|DTEND|LOCATION)(?:;[^:\n]{0,200})?:(.{0,500})$", re.MULTILINE)
_ENRICHED_TAG = re.compile(r"<[^<>]{0,60}>")
_METHOD = re.compile(r"[A-Z]{3,20}")


@dataclass(slots=True)
class _State:
    """What the walk over the parts gathers."""

    raw: bytes
    notes: Notes
    parts: int = 0
    pages: int = 0
    links: int = 0
    method: str = ""
    attachments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    """One MIME part: its head, its type, and where its body lies in the raw mail."""

    block: Block
    kind: str
    head: Message
    start: int
    end: int
    depth: int

    def parameter(self, name: str) -> str:
        value = self.head.get_param(name)
        return "" if value is None else collapse_rfc2231_value(value, errors="replace")


def read_mail(raw: bytes, *, complete: bool = True) -> Mail:
    """The mail in `raw`, as far as it can be read; never raises. What is missing is named in `problem`.

    Args:
        raw: The whole message, or its header block alone.
        complete: False when `raw` holds only the headers, because the message is too large.
    """
    notes = Notes()
    try:
        return _read(raw, complete, notes)
    except MemoryError:
        return minimal_mail(raw, TOO_MUCH_MEMORY)
    except Exception as error:
        # Any bytes may come in; a mail that trips a defect here must still be listed, and left where it is.
        return minimal_mail(raw, f"The mail could not be read ({type(error).__name__}): only its headers are shown.")


def minimal_mail(raw: bytes, problem: str) -> Mail:
    """Sender, subject and Message-ID by plain slicing, for a mail that could not be read otherwise."""
    notes = Notes()
    try:
        block = split_block(raw[: 64 * 1024], 0, min(len(raw), 64 * 1024), notes)
        senders = addresses([block.first("from")[:500]], notes)
        name, address = senders[0] if senders else ("", "")
        subject = shown(block.first("subject")[:1000], 300, notes)
        identifier = own_id(block.first("message-id")[:1000])
    except Exception:
        return Mail(problem=problem)
    warnings = tuple(notes.warnings)
    return Mail(identifier, from_name=name, from_addr=address, subject=subject, problem=problem, warnings=warnings)


def thread_of(mail: Mail, fallback: str) -> str:
    """The conversation's id: root of References, else In-Reply-To, else the own Message-ID, else `fallback`."""
    return (mail.references[0] if mail.references else "") or mail.in_reply_to or mail.message_id or fallback


def _read(raw: bytes, complete: bool, notes: Notes) -> Mail:
    if b"\n" not in raw[: 64 * 1024] and b"\r" in raw[: 64 * 1024]:
        raw = raw.replace(b"\r", b"\n")
    state = _State(raw, notes)
    block = split_block(raw, 0, len(raw), notes)
    if not block.values:
        notes.fail("The mail is empty." if not raw.strip() else "The mail has no headers: its raw text is shown.")
    subject = shown(block.first("subject"), 300, notes)
    own, rest = "", ""
    if not complete:
        notes.fail("The mail is larger than 25 MiB: only the headers were read.")
    elif block.values:
        own, rest = _finished("\n\n".join(_walk(state, _part(block, len(raw), 0, notes))), subject, notes)
    else:
        own, rest = _finished(decode_charset(raw[:_MAX_PLAIN_BYTES], "", notes), subject, notes)
    senders = addresses(block.values.get("from", ())[:1], notes)
    if len(block.values.get("from", ())) > 1:
        notes.warn("more than one From field: the first counts")
    if len(block.first("from")) > 8 * 1024:
        notes.fail("The From field is longer than 8 KiB: only its start was read.")
    name, address = senders[0] if senders else ("", "")
    replies = addresses(block.values.get("reply-to", ())[:1], notes)
    return Mail(
        message_id=own_id(block.first("message-id")),
        in_reply_to=next(iter(message_ids(block.first("in-reply-to"))), ""),
        references=message_ids(block.first("references")),
        from_name=name,
        from_addr=address,
        reply_to=replies[0][1] if replies else "",
        to=cut_names((pair[1] for pair in addresses(block.values.get("to", ()), notes) if pair[1]), 200),
        cc=cut_names((pair[1] for pair in addresses(block.values.get("cc", ()), notes) if pair[1]), 200),
        subject=subject,
        sent_at=sent_date(block.first("date"), notes),
        headers=kept(block, notes),
        text=own,
        quoted=rest,
        calendar_method=state.method,
        attachments=cut_names(state.attachments, MAX_ATTACHMENTS),
        links=state.links or len(set(_URL.findall(own))),
        problem=notes.problem,
        warnings=tuple(notes.warnings),
    )


def _finished(text: str, subject: str, notes: Notes) -> tuple[str, str]:
    """The writer's own text and the rest, cleaned, at most 20,000 characters each."""
    cleaned, hidden = clean_text(text, 2 * MAX_TEXT)
    if hidden:
        notes.warn(HIDDEN)
    if "-----BEGIN PGP MESSAGE-----" in cleaned[:2000]:
        notes.warn("encrypted")
    split = split_quotes(tidy(cleaned), subject)
    if len(text) > 2 * MAX_TEXT or len(split.own) > MAX_TEXT or len(split.rest) > MAX_TEXT:
        notes.warn(f"long text: only the first {MAX_TEXT:,} characters were kept")
    return split.own[:MAX_TEXT], split.rest[:MAX_TEXT]


def _part(block: Block, end: int, depth: int, notes: Notes) -> _Part:
    head = Message()
    head["content-type"] = decode_words(block.first("content-type")[:_PARAMETER_HEADER], notes).replace("\n", " ")
    disposition = block.first("content-disposition")[:_PARAMETER_HEADER]
    if disposition:
        head["content-disposition"] = decode_words(disposition, notes).replace("\n", " ")
    kind = head.get_content_type()
    return _Part(block, kind, head, block.body, end, depth)


def _walk(state: _State, part: _Part) -> list[str]:
    """The texts of the part and of what it contains, in order; everything else is noted in `state`."""
    state.parts += 1
    if state.parts > MAX_PARTS:
        state.notes.fail(f"The mail has more than {MAX_PARTS} parts: only the first were read.")
        return []
    if part.depth > MAX_DEPTH:
        state.notes.fail(f"The mail is nested deeper than {MAX_DEPTH} levels: the inner parts were not read.")
        return []
    if part.kind.startswith("multipart/"):
        return _multipart(state, part)
    if part.kind in ("message/rfc822", "message/global"):
        return _inner_mail(state, part)
    if part.kind in ("text/calendar", "application/ics"):
        return _calendar(state, part)
    name = _file_name(state, part)
    attached = part.head.get_content_disposition() == "attachment" or (
        name and part.kind not in ("text/plain", "text/html")
    )
    if not part.kind.startswith("text/") or attached:
        _note_attachment(state, part, name)
        return []
    if name:
        state.attachments.append(name)
    return [_page(state, part)] if part.kind == "text/html" else [_plain(state, part)]


def _multipart(state: _State, part: _Part) -> list[str]:
    if part.kind == "multipart/encrypted":
        state.notes.warn("encrypted")
    children = list(_children(state, part))
    if not children:
        state.notes.warn("a multipart without parts was read as text")
        return [_plain(state, part)]
    if part.kind == "multipart/alternative":
        return _alternative(state, children)
    if part.kind == "multipart/report":
        children = children[:2]
    return [text for child in children for text in _walk(state, child)]


def _children(state: _State, part: _Part) -> Iterator[_Part]:
    """The parts between the boundary lines; also those of a multipart that never closes."""
    boundary = part.parameter("boundary").rstrip()
    if not boundary or len(boundary) > 200:
        return
    ends = list(_boundaries(state, part, boundary.encode("utf-8", "surrogateescape")))
    if ends and not ends[-1][2]:
        state.notes.warn("a multipart without its closing boundary")
        ends.append((part.end, part.end, True))
    for (_, start, closed), (stop, _, _) in pairwise(ends):
        if closed:
            break
        yield _part(_child_block(state, start, stop), stop, part.depth + 1, state.notes)


def _child_block(state: _State, start: int, stop: int) -> Block:
    if state.raw.startswith((b"\n", b"\r\n"), start):
        return Block({}, min(stop, start + (1 if state.raw.startswith(b"\n", start) else 2)))
    return split_block(state.raw, start, stop, state.notes)


def _boundaries(state: _State, part: _Part, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each boundary line starts and ends, and whether it closes; at most one more than the parts allowed."""
    raw, mark = state.raw, b"\n--" + boundary
    position = (
        part.start - 1 if raw.startswith(mark[1:], part.start) else raw.find(mark, max(0, part.start - 1), part.end)
    )
    found = 0
    for _ in range(_MAX_CANDIDATES):
        if position < -1 or (position == -1 and not raw.startswith(mark[1:])) or found > MAX_PARTS:
            return
        after = position + len(mark)
        line_end = raw.find(b"\n", after, part.end)
        line_end = part.end if line_end < 0 else line_end
        rest = raw[after : min(line_end, after + 80)].rstrip()
        if rest in (b"", b"--"):
            found += 1
            yield max(position, part.start), min(line_end + 1, part.end), rest == b"--"
            if rest == b"--":
                return
        position = raw.find(mark, max(line_end, after), part.end)
        if position < 0:
            return
    state.notes.fail("The mail has too many lines like a part's boundary: only the first parts were read.")


def _alternative(state: _State, children: list[_Part]) -> list[str]:
    """The plain text where it says something, else the richest of the others; calendars count beside either."""
    plain = [child for child in children if child.kind == "text/plain"]
    rich = [child for child in children if child.kind not in ("text/plain", "text/calendar")]
    texts = [text for child in plain for text in _walk(state, child)]
    said = "\n".join(texts).strip()
    if rich and _is_stub(said, sum(child.end - child.start for child in rich)):
        richer = [text for child in rich[-2:] for text in _walk(state, child)]
        texts = richer if len("".join(richer)) > len(said) / 2 else texts
    elif rich:
        # Passed over as text, but files inside (a related image, an invitation) still count.
        for child in rich:
            _walk_files(state, child)
    return texts + [text for child in children if child.kind == "text/calendar" for text in _walk(state, child)]


def _is_stub(said: str, rich_size: int) -> bool:
    if not said:
        return True
    return len(said) < 400 and (bool(STUB.search(said)) or (len(said) < 60 and rich_size > 1500))


def _walk_files(state: _State, part: _Part) -> None:
    """Note the files of a part whose text is not wanted."""
    if part.kind.startswith("multipart/") and part.depth <= MAX_DEPTH and state.parts <= MAX_PARTS:
        for child in _children(state, part):
            state.parts += 1
            _walk_files(state, child)
    elif part.kind == "text/calendar":
        _walk(state, part)
    elif not part.kind.startswith("text/"):
        _note_attachment(state, part, _file_name(state, part))


def _inner_mail(state: _State, part: _Part) -> list[str]:
    """A mail inside the mail: a forward, so its head and text count as text."""
    if _encoding(part) == "base64":
        _note_attachment(state, part, _file_name(state, part))
        return []
    if name := _file_name(state, part):
        state.attachments.append(name)
    block = split_block(state.raw, part.start, part.end, state.notes)
    head = [
        f"{label}: {value}"
        for label, field_name in (("From", "from"), ("Date", "date"), ("Subject", "subject"))
        if (value := shown(block.first(field_name)[:1000], 200, state.notes))
    ]
    inner = _walk(state, _part(block, part.end, part.depth + 1, state.notes))
    return ["---------- Forwarded message ----------\n" + "\n".join(head), *inner]


def _encoding(part: _Part) -> str:
    return part.block.first("content-transfer-encoding").strip(" \"';").lower()


def _content(state: _State, part: _Part, most: int) -> bytes:
    """The part's decoded bytes, at most `most`; no more of the raw mail is touched than that needs."""
    encoding = _encoding(part)
    end = min(part.end, part.start + (3 * most if encoding == "quoted-printable" else most * 3 // 2))
    data = state.raw[part.start : end]
    if encoding == "base64":
        return decode_base64(data)[:most]
    if encoding == "quoted-printable":
        return a2b_qp(data)[:most]
    return data[:most]


def _plain(state: _State, part: _Part) -> str:
    data = _content(state, part, _MAX_PLAIN_BYTES)
    text = decode_charset(data, part.parameter("charset"), state.notes).replace("\r\n", "\n")
    if part.parameter("format").lower() == "flowed":
        text = _unflowed(text, part.parameter("delsp").lower() == "yes")
    if part.kind in ("text/enriched", "text/richtext"):
        text = _ENRICHED_TAG.sub("", text)
    return text


def _unflowed(text: str, delete_space: bool) -> str:
    """Text with soft line breaks joined (RFC 3676): a line that ends in a space goes on in the next."""
    out: list[str] = []
    for line in text.split("\n"):
        soft = bool(out) and out[-1].endswith(" ") and out[-1] != "-- " and line != "-- "
        if soft and out[-1].startswith(">") == line.startswith(">"):
            out[-1] = (out[-1][:-1] if delete_space else out[-1]) + line.lstrip("> ")
        else:
            out.append(line)
    return "\n".join(out)


def _page(state: _State, part: _Part) -> str:
    state.pages += 1
    if state.pages > _MAX_HTML_PARTS:
        state.notes.warn(f"only the first {_MAX_HTML_PARTS} HTML parts were read")
        return ""
    data = _content(state, part, MAX_CHARACTERS)
    page = read_page(decode_charset(data, part.parameter("charset"), state.notes))
    state.links += page.links
    if page.hidden:
        state.notes.warn("hidden text in the HTML was left out")
    if page.cut:
        state.notes.warn("large HTML: only its start was read")
    return page.text


def _calendar(state: _State, part: _Part) -> list[str]:
    """Summary, time and place of an invitation; its method goes to `state`."""
    data = _content(state, part, _MAX_PLAIN_BYTES)
    text = decode_charset(data, part.parameter("charset"), state.notes).replace("\r\n", "\n").replace("\n ", "")
    event = text.find("BEGIN:VEVENT")
    found: dict[str, str] = {}
    for match in _CALENDAR_LINE.finditer(
        text if event < 0 else text[:event].split("BEGIN:VTIMEZONE")[0] + text[event:]
    ):
        found.setdefault(match.group(1), match.group(2).replace("\\,", ",").replace("\\n", " ").strip())
    method = (part.parameter("method") or found.pop("METHOD", "")).strip().upper()
    if not state.method and _METHOD.fullmatch(method):
        state.method = method
    name = _file_name(state, part)
    if name:
        state.attachments.append(name)
    lines = [
        f"{key}: {value}"
        for key, value in (
            ("Event", found.get("SUMMARY", "")),
            ("Start", found.get("DTSTART", "")),
            ("End", found.get("DTEND", "")),
            ("Place", found.get("LOCATION", "")),
        )
        if value
    ]
    return ["\n".join(lines)] if lines else []


def _file_name(state: _State, part: _Part) -> str:
    name = part.head.get_filename("") or ""
    cleaned, warnings = clean_line(decode_words(name[:1000], state.notes), 400)
    state.notes.warn(*warnings)
    base = re.split(r"[/\\]", cleaned)[-1].strip(". ")
    return base if len(base) <= 120 else f"{base[:100]}…{base[-15:]}"


def _note_attachment(state: _State, part: _Part, name: str) -> None:
    smime = part.kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    if smime and part.parameter("smime-type").lower() not in ("signed-data", "certs-only"):
        state.notes.warn("encrypted")
    elif smime:
        state.notes.warn("signed container that was not opened")
    inline_image = part.kind.startswith("image/") and part.block.first("content-id")
    if inline_image and part.head.get_content_disposition() != "attachment":
        return
    if part.kind.endswith(("-signature", "/pgp-encrypted")):
        return
    state.attachments.append(name or clean_line(part.kind, 80)[0])
