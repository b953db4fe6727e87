"""What the writer wrote themselves, apart from what they quoted and how they signed. Linear in the text's length."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINES = 2000

# One alternative per language: en, de, fr, es, it, pt, nl, pl, sv/da/no, cs, fi, ru.
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb(?:\s+am\b.{0,80})?|a\s+écrit|écrit|escribió|ha\s+scritto|escreveu|schreef|napisał(?:\(a\)|a)?"
    r"|skrev|napsal(?:\(a\)|a)?|kirjoitti|написал(?:\(а\)|а)?|пишет)\s{0,3}:$",
    re.IGNORECASE,
)
_ATTRIBUTION_START = re.compile(
    r"(?:on|am|le|el|il|em|op|dnia|w dniu|den|dne|at|\d{1,4}[-./年]\s?\d|mon|tue|wed|thu|fri|sat|sun|.{1,80}<[^<>@ ]{1,80}@)",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[*\s>]{0,6}(?P<name>from|von|de|da|van|od|från|fra|från|lähettäjä|от|发件人|差出人|보낸 사람"
    r"|sent|gesendet|envoyé(?: le)?|enviado(?: el)?|inviato|verzonden|wysłano|skickat|sendt|odesláno"
    r"|date|datum|fecha|data|dato|дата|to|an|à|para|per|a|aan|do|till|til|komu|кому"
    r"|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|předmět|тема|cc|kopie|copie)"
    r"\s{0,2}\*{0,2}\s?:\*{0,2}(?:\s|$)",
    re.IGNORECASE,
)
_SENDER_FIELDS = frozenset("from von de da van od från fra lähettäjä от 发件人 差出人".split()) | {"보낸 사람"}
_ORIGINAL = re.compile(
    r"[-_*\s]{2,40}(?:original message|original appointment|ursprüngliche nachricht|message d['’]origine|mensaje original"
    r"|messaggio originale|mensagem original|oorspronkelijk bericht|reply message|antwort)[-_*:\s]{0,40}$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"[-_*>\s]{0,40}(?:begin )?(?:forwarded message|forwarded by .{1,80}|weitergeleitete nachricht|anfang der weitergeleiteten "
    r"nachricht|message transféré|début du message (?:transféré|réexpédié)|mensaje reenviado|inicio del mensaje reenviado"
    r"|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht|vidarebefordrat meddelande)\b.{0,60}$",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vs|doorst|pd|i)\s*:", re.IGNORECASE)
_RULE = re.compile(r"\s*[-_=*─]{20,}\s*$")
_DEVICE = re.compile(
    r"(?:sent (?:from|via|with) (?:my )?.{1,60}|get outlook for .{1,40}|(?:von meinem .{1,40} gesendet|gesendet (?:von|mit) .{1,60})"
    r"|envoyé (?:de|depuis) (?:mon|ma) .{1,40}|enviado desde (?:mi )?.{1,40}|inviato da(?:l mio)? .{1,40}"
    r"|verzonden vanaf mijn .{1,40}|skickat från min .{1,40}|sendt fra min .{1,40}|wysłano z .{1,40})$",
    re.IGNORECASE,
)
_DEVICE_NAMES = re.compile(
    r"iphone|ipad|android|blackberry|samsung|galaxy|outlook|mail|mobile|handy|phone|device|móvil|telefon|yahoo|gerät|treo|windows",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:(?:with )?(?:(?:best|kind|kindest|warm|warmest|many)\s+)?(?:regards|wishes)|best|all the best|cheers|sincerely(?: yours)?"
    r"|yours(?: (?:sincerely|truly|faithfully))?|respectfully|thanks(?: (?:and|&) (?:best |kind )?regards)?|thank you|many thanks"
    r"|mit (?:freundlichen|besten|lieben|herzlichen) grü(?:ß|ss)en|(?:viele|beste|liebe|herzliche|schöne|freundliche) grü(?:ß|ss)e"
    r"(?: aus .{1,30})?|gru(?:ß|ss)|grü(?:ß|ss)e|mfg|vg|lg|bien (?:cordialement|à vous)|(?:très )?cordialement|salutations|amicalement"
    r"|bonne journée|(?:un )?saludos?(?: cordiales)?|atentamente|cordiali saluti|saluti|met vriendelijke groet(?:en)?|groet(?:en|jes)?"
    r"|mvh|med vänliga hälsningar|hälsningar|med venlig hilsen|pozdrawiam|z poważaniem|atenciosamente|abraços|com os melhores cumprimentos)"
    r"[\s,.!\-–]{0,5}$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"(?:this|the (?:information|contents?)|diese|ce |este|confidential|disclaimer|vertraulich|important notice).{0,200}"
    r"(?:confidential|intended (?:solely|only|recipient|for)|privileged|vertraulich|confidentiel|confidencial|destinat)",
    re.IGNORECASE | re.DOTALL,
)
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
    is_quote = _quoted_lines(lines, bool(_FORWARD_SUBJECT.match(subject)))
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
        if _FORWARD.match(line):
            return flags[:index] + [False] * (len(lines) - index)
        if not flags[index]:
            if _ORIGINAL.match(line) or _header_block(lines, index):
                if forwarded:
                    return flags[:index] + [False] * (len(lines) - index)
                start = index - 1 if index and _RULE.match(lines[index - 1]) else index
                return flags[:start] + [True] * (len(lines) - start)
            length = _attribution(lines, index)
            if length:
                flags[index : index + length] = [True] * length
                following = next((i for i in range(index + length, len(lines)) if lines[i].strip()), None)
                if following is None or not flags[following]:
                    return flags[:index] + [True] * (len(lines) - index)
                index += length - 1
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
        if length == 1 and not _ATTRIBUTION_START.match(joined):
            return 0
        if joined.endswith(":") and _WROTE.search(joined[-120:]):
            return length if any(char.isdigit() for char in joined) or "@" in joined else 0
    return 0


def _header_block(lines: list[str], index: int) -> bool:
    """Whether the lines are the pasted head of a mail: a sender field first, two more within the next seven lines."""
    first = _FIELD.match(lines[index][:200])
    if not first or first.group("name").lower() not in _SENDER_FIELDS:
        return False
    names = {first.group("name").lower()}
    for line in lines[index + 1 : index + 8]:
        match = _FIELD.match(line[:200])
        if match:
            names.add(match.group("name").lower())
    return len(names) >= 3


def _split_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Own lines, and those of the signature or disclaimer at their end. Never takes everything."""
    for index, line in enumerate(lines):
        if index and line.rstrip() in ("--", "—", "__") and any(text.strip() for text in lines[:index]):
            return _split_closing(lines[:index], lines[index:])
    return _split_closing(lines, [])


def _split_closing(lines: list[str], signature: list[str]) -> tuple[list[str], list[str]]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.match(lines[end - 1]) or _is_device(lines[end - 1])):
        end -= 1
    end = _before_disclaimer(lines, end)
    for index in range(max(1, end - _MAX_SIGNATURE_LINES), end):
        after = lines[index + 1 : end]
        if _CLOSING.match(lines[index].strip()[:80]) and not any("?" in line or len(line) > 90 for line in after):
            end = index
            break
    if not any(line.strip() for line in lines[:end]):
        return lines, signature
    return lines[:end], lines[end:] + signature


def _is_device(line: str) -> bool:
    text = line.strip()[:120]
    return bool(_DEVICE.match(text) and _DEVICE_NAMES.search(text))


def _before_disclaimer(lines: list[str], end: int) -> int:
    """Where a closing paragraph of legal boiler-plate starts, else `end`."""
    start = end
    while start > 1 and end - start < 15 and lines[start - 1].strip():
        start -= 1
    if 1 < start < end and _DISCLAIMER.search(" ".join(lines[start:end])[:400]):
        while start and not lines[start - 1].strip():
            start -= 1
        return start
    return end
