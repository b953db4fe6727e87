"""What the writer wrote themselves, apart from what they quoted and how they signed. Linear in the text's length."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.jobs.triage.reading import phrases

MAX_LINES = 2000
_MAX_SIGNATURE_LINES = 12


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two: `own` words, and the `rest` (quotes, signature, disclaimer)."""

    own: str
    rest: str


def split_quotes(text: str, subject: str = "") -> Split:
    """The writer's own words and the rest. What a forward carries counts as own: it is what the mail is about."""
    lines = text.split("\n", MAX_LINES)
    tail = lines.pop() if len(lines) > MAX_LINES else ""
    is_quote = _quoted_lines(lines, bool(phrases.FORWARD_SUBJECT.match(subject)))
    own = [line for line, quoted in zip(lines, is_quote, strict=True) if not quoted]
    rest = [line for line, quoted in zip(lines, is_quote, strict=True) if quoted]
    own, signature = _split_signature(own)
    if not any(line.strip() for line in own) and not any(is_quote):
        own, signature = lines, []
    return Split("\n".join(own).strip(), "\n".join([*rest, *signature, tail]).strip())


def _quoted_lines(lines: list[str], forwarded: bool) -> list[bool]:
    """For each line, whether it is a quote or introduces one."""
    flags = [line.lstrip().startswith((">", "|>")) for line in lines]
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        if phrases.FORWARD.match(line):
            return flags[:index] + [False] * (len(lines) - index)
        if not flags[index]:
            if phrases.ORIGINAL.match(line) or _header_block(lines, index):
                if forwarded:
                    return flags[:index] + [False] * (len(lines) - index)
                start = index - 1 if index and phrases.RULE.match(lines[index - 1]) else index
                return flags[:start] + [True] * (len(lines) - start)
            length = _attribution(lines, index)
            if length:
                following = next((i for i in range(index + length, len(lines)) if lines[i].strip()), None)
                if following is None or not flags[following]:
                    return flags[:index] + [True] * (len(lines) - index)
                flags[index:following] = [True] * (following - index)
                index = following
        index += 1
    return flags


def _attribution(lines: list[str], index: int) -> int:
    """How many lines from `index` on are one "On … wrote:", 0 when none is."""
    joined = ""
    for length in range(1, 5):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1].strip()
        if not line or len(joined) + len(line) > 400 or (length > 1 and line.startswith(">")):
            return 0
        joined = f"{joined} {line}".strip()
        if length == 1 and not phrases.ATTRIBUTION_START.match(joined):
            return 0
        if joined.endswith(":") and phrases.WROTE.search(joined[-120:]):
            return length if any(char.isdigit() for char in joined) or "@" in joined else 0
    return 0


def _header_block(lines: list[str], index: int) -> bool:
    """Whether the lines are the pasted head of a mail: three fields within eight lines, the sender among them."""
    if ":" not in lines[index][:40] or not phrases.FIELD.match(lines[index][:200]):
        return False
    matches = [phrases.FIELD.match(line[:200]) for line in lines[index : index + 8]]
    names = {match.group("name").lower() for match in matches if match}
    return len(names) >= 3 and bool(names & phrases.SENDER_FIELDS)


def _split_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Own lines, and those of the signature or disclaimer at their end. Never takes everything."""
    begun = False
    for index, line in enumerate(lines):
        footer = phrases.RULE.match(line) and phrases.LIST_FOOTER.search(" ".join(lines[index + 1 : index + 3])[:300])
        if begun and (footer or line.rstrip() in ("--", "—", "__")):
            return _split_closing(lines[:index], lines[index:])
        begun = begun or bool(line.strip())
    return _split_closing(lines, [])


def _split_closing(lines: list[str], signature: list[str]) -> tuple[list[str], list[str]]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or phrases.RULE.match(lines[end - 1]) or _is_device(lines[end - 1])):
        end -= 1
    end = _before_disclaimer(lines, end)
    for index in range(max(1, end - _MAX_SIGNATURE_LINES), end):
        after = lines[index + 1 : end]
        if phrases.CLOSING.match(lines[index].strip()[:80]) and not any(
            "?" in line or len(line) > 90 for line in after
        ):
            end = index
            break
    else:
        if end > 2 and not lines[end - 2].strip() and phrases.SIGNED.match(lines[end - 1][:80]):
            end -= 1
    if not any(line.strip() for line in lines[:end]):
        return lines, signature
    return lines[:end], lines[end:] + signature


def _is_device(line: str) -> bool:
    text = line.strip()[:120]
    return bool(phrases.DEVICE.match(text) and phrases.DEVICE_NAMES.search(text))


def _before_disclaimer(lines: list[str], end: int) -> int:
    """Where a closing paragraph of legal boiler-plate starts, else `end`."""
    start = end
    while start > 1 and end - start < 15 and lines[start - 1].strip():
        start -= 1
    if 1 < start < end and phrases.DISCLAIMER.search(" ".join(lines[start:end])[:400]):
        while start and not lines[start - 1].strip():
            start -= 1
        return start
    return end
