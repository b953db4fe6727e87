"""A reply draft as a message for the drafts folder: threaded, in the mail's language, never copied to anybody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gainful.core.ids import stable_id
from gainful.core.mail import Mail
from gainful.jobs.triage.reading.clean import clean_line, clean_text

MAX_BODY = 20_000
MAX_ASKS = 8
_MAX_REFERENCES = 20

_ADDRESS = re.compile(r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_REPLY_PREFIX = re.compile(r"(?:(?:re|aw|antw|sv|odp|rif|ref|rép|vs)(?:\[\d{1,3}\])?\s{0,3}:\s*)+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,2}[.)])\s)")
_WEB = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_GIVEN_NAME = re.compile(r"[^\W\d_][^\W\d_'’-]{1,19}(?:-[^\W\d_]{2,15})?")
_TITLES = frozenset(("dr", "prof", "mr", "mrs", "ms", "herr", "frau", "mme", "sr", "sra", "dipl", "ing"))
_NOT_A_NAME = re.compile(
    r"\b(?:team|support|info|sales|service|billing|no-?reply|newsletter|office|admin|notifications?|alerts?"
    r"|kundenservice|gmbh|inc|ltd|llc|ag|sarl|via|mailer|daemon|hr|it|help(?:desk)?)\b|[@\d|/:]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Manners:
    """How one language greets, signs and asks, and the short words it is recognised by."""

    hello: str
    regards: str
    asks: re.Pattern[str]
    words: frozenset[str]


def _manners(hello: str, regards: str, asks: str, words: str) -> _Manners:
    return _Manners(hello, regards, re.compile(rf"\b(?:{asks})", re.IGNORECASE), frozenset(words.split(",")))


_LANGUAGES = {
    "en": _manners(
        "Hello",
        "Best regards,",
        r"please\b|(?:could|can|would|will) you\b|let (?:me|us) know\b|i need you to\b|send (?:me|us)\b",
        "the,and,you,is,for,that,with,this,have,are,please,would,from,can,we,your,not,our",
    ),
    "de": _manners(
        "Guten Tag",
        "Viele Grüße",
        r"bitte\b|(?:können|könnten|würden) sie\b|(?:kannst|könntest|würdest) du\b|(?:sagen sie|gib) (?:mir|uns)\b",
        "der,die,das,und,ist,nicht,ich,sie,wir,mit,für,auf,ein,eine,bitte,den,dem,zu,haben,können",
    ),
    "fr": _manners(
        "Bonjour",
        "Cordialement,",
        r"s['’]il (?:vous|te) pla[iî]t|merci de\b|(?:pouvez|pourriez)[- ]vous\b|peux-tu\b|veuillez\b",
        "le,la,les,des,et,est,vous,nous,pour,avec,une,que,dans,merci,pas,sur,votre,je,bonjour",
    ),
    "es": _manners(
        "Hola",
        "Un saludo,",
        r"por favor|(?:podr[ií]as?|puedes?|podéis)\b|le ruego\b|necesito que\b|av[ií]same\b",
        "el,los,las,que,para,con,una,por,está,usted,gracias,del,hola,nos,como,pero,puede,muy",
    ),
    "it": _manners(
        "Buongiorno",
        "Cordiali saluti,",
        r"per favore|(?:potresti|potrebbe|puoi|può)\b|fammi sapere\b|la prego\b",
        "il,che,per,con,una,sono,della,non,gli,grazie,questo,ciao,anche,alla,nel,ho,buongiorno",
    ),
    "nl": _manners(
        "Hallo",
        "Met vriendelijke groet,",
        r"(?:kun|kan|kunt|zou) (?:je|jij|u)\b|graag\b|alstublieft|alsjeblieft|laat (?:me|mij|ons) weten\b",
        "het,een,van,dat,niet,voor,met,zijn,wij,jij,ook,naar,graag,bedankt,heeft,kunnen,deze",
    ),
    "pt": _manners(
        "Olá",
        "Atenciosamente,",
        r"por favor|(?:poderia|pode|podes)\b|me avise\b|preciso que\b",
        "os,uma,não,com,para,você,por,obrigado,obrigada,está,mais,dos,são,isso,nós,muito,pela",
    ),
}


def draft_message_id(mail_id: str, owner_addr: str) -> str:
    """The draft's Message-ID: the same for the same mail and owner, so that a repeated append can be found.

    Args:
        mail_id: The id of the mail that is answered.
        owner_addr: The address the draft is written from.
    """
    match = _ADDRESS.fullmatch(owner_addr.strip())
    domain = match.group(2).lower() if match else "gainful.invalid"
    part = mail_id if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", mail_id) else stable_id("mail", repr(mail_id))
    return f"<gainful.{part}.{stable_id('draft', repr(mail_id), repr(owner_addr.strip().lower()))}@{domain}>"


def compose(
    mail: Mail,
    *,
    owner_addr: str,
    owner_name: str,
    mail_id: str,
    now: datetime,
    body: str | None = None,
    asks: Sequence[str] | None = None,
) -> bytes:
    """A reply draft to `mail` as an RFC 5322 message, to the sender alone.

    Where Reply-To leads to another domain than From, the draft follows it, as any mail program would, but its first
    line says so: a forged sender is most often used to steer the answer elsewhere.

    Args:
        mail_id: Our id of the mail; it becomes part of the Message-ID and the field `X-Gainful-Draft`.
        now: The draft's date, aware.
        body: The text of the answer; without one, a skeleton with every question quoted and room below it.
        asks: Sentences that ask for something; found by `find_asks` when None.
    """
    message = EmailMessage(policy=SMTP)
    sender = _mailbox(owner_name, owner_addr)
    if sender is not None:
        message["From"] = sender
    recipient = _recipient(mail)
    if recipient is not None:
        message["To"] = recipient
    message["Subject"] = f"Re: {_REPLY_PREFIX.sub('', clean_line(mail.subject, 250)[0], count=1)}".strip()
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["X-Gainful-Draft"] = clean_line(mail_id.encode("ascii", "ignore").decode(), 60)[0]
    text = body if body is not None else _skeleton(mail, owner_name, find_asks(mail) if asks is None else asks)
    notes = _notes(mail, recipient)
    text = clean_text("\n".join([*notes, "", text] if notes else [text]), MAX_BODY)[0]
    message.set_content(text.rstrip() + "\n", charset="utf-8", cte="quoted-printable")
    return _thread_fields(mail, draft_message_id(mail_id, owner_addr)) + message.as_bytes()


def language_of(mail: Mail) -> str:
    """The mail's language as a two-letter code among those drafts are written in; `en` where nothing tells."""
    words = [word.lower() for word in _WORD.findall(f"{mail.subject}\n{mail.text[:3000]}")]
    counts = {code: sum(word in manners.words for word in words) for code, manners in _LANGUAGES.items()}
    best = max(counts, key=lambda code: counts[code])
    if counts[best] >= 2:
        return best
    stated = mail.headers.get("content-language", "")[:2].lower()
    return stated if stated in _LANGUAGES else "en"


def find_asks(mail: Mail) -> tuple[str, ...]:
    """The sentences of the mail that ask its reader for something, at most eight, in order."""
    pattern = _LANGUAGES[language_of(mail)].asks
    found: list[str] = []
    for paragraph in _PARAGRAPH.split(mail.text[:MAX_BODY]):
        for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
            words = _WEB.sub("", sentence).strip()
            if 5 <= len(words) <= 400 and (words.rstrip("\"')").endswith("?") or pattern.search(words)):
                found.append(sentence.lstrip("-*• "))
    return tuple(dict.fromkeys(found))[:MAX_ASKS]


def _mailbox(name: str, address: str) -> Address | None:
    match = _ADDRESS.fullmatch(address.strip())
    if not match or ".." in address or match.group(1).startswith(".") or match.group(1).endswith("."):
        return None
    return Address(clean_line(name, 100)[0], match.group(1), match.group(2).lower())


def _recipient(mail: Mail) -> Address | None:
    name = mail.from_name if mail.reply_to in ("", mail.from_addr) else ""
    return _mailbox(name, mail.reply_to) or _mailbox(mail.from_name, mail.from_addr)


def _notes(mail: Mail, recipient: Address | None) -> list[str]:
    """What the person must know before sending; they delete it."""
    if recipient is None:
        return ["[No address to answer to could be read. Add one, and delete this line before sending.]"]
    if mail.from_addr and recipient.domain != mail.from_addr.rpartition("@")[2]:
        sender = clean_line(mail.from_addr, 200)[0]
        return [
            f"[This answer goes to {recipient.addr_spec}, as the mail asks for, not to its sender {sender}. "
            "Check that both belong together, and delete this line before sending.]"
        ]
    return []


def _thread_fields(mail: Mail, message_id: str) -> bytes:
    """Message-ID, In-Reply-To and References, one id a line.

    Written by hand: the standard library folds an id longer than 76 characters into encoded words, which breaks the
    thread. Nothing but checked ids gets here.
    """
    lines = [f"Message-ID: {message_id}"]
    if _MESSAGE_ID.fullmatch(mail.message_id):
        lines += [f"In-Reply-To: {mail.message_id}", "References: " + "\r\n ".join(_references(mail))]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _references(mail: Mail) -> list[str]:
    """The conversation so far (RFC 5322, 3.6.4): its root and the latest, the answered mail last."""
    earlier = mail.references or ((mail.in_reply_to,) if mail.in_reply_to else ())
    chain = [ref for ref in earlier if _MESSAGE_ID.fullmatch(ref) and ref != mail.message_id]
    return [*chain[:1], *chain[1:][2 - _MAX_REFERENCES :], mail.message_id]


def _skeleton(mail: Mail, owner_name: str, asks: Sequence[str]) -> str:
    manners = _LANGUAGES[language_of(mail)]
    name = _given_name(mail.from_name)
    lines = [f"{manners.hello} {name}," if name else f"{manners.hello},", ""]
    for ask in asks[:MAX_ASKS]:
        lines += [f"> {clean_line(ask, 400)[0]}", "", "", ""]
    if not asks:
        lines += ["", ""]
    return "\n".join([*lines, manners.regards, clean_line(owner_name, 100)[0]])


def _given_name(full_name: str) -> str:
    """The name to greet with, or an empty string when this is no person's name."""
    name = clean_line(full_name, 100)[0]
    if not name or _NOT_A_NAME.search(name):
        return ""
    last, comma, first = name.partition(",")
    words = [
        word for word in (first if comma and first.strip() else last).split() if word.rstrip(".").lower() not in _TITLES
    ]
    return words[0] if words and _GIVEN_NAME.fullmatch(words[0]) and words[0][0].isupper() else ""
