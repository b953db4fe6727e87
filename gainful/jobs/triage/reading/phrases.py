"""How mail programs and people introduce quotes, forwards and signatures, in the languages that were collected.

Every pattern is bounded, so that matching one line takes time proportional to its length.
"""

from __future__ import annotations

import re


def _any(*choices: str) -> str:
    return "(?:" + "|".join(choices) + ")"


# en, de, fr, es, it, pt, nl, pl, sv/da/no, cs, fi, ru.
WROTE = re.compile(
    _any(
        "wrote",
        "writes",
        r"schrieb(?:\s.{1,80})?",
        r"(?:a\s+)?écrit",
        "escribió",
        r"ha\s+scritto",
        "escreveu",
        r"schreef(?:\s.{1,80})?",
        r"napisał(?:\(a\)|a)?",
        r"skrev(?:\s.{1,80})?",
        r"napsal(?:\(a\)|a)?",
        "kirjoitti",
        r"написал(?:\(а\)|а)?",
        "пишет",
    )
    + r"\s{0,3}:$",
    re.IGNORECASE,
)

ATTRIBUTION_START = re.compile(
    r"(?:on|am|le|el|il|em|op|dnia|w dniu|den|dne|at|mon|tue|wed|thu|fri|sat|sun)\b"
    r"|\d{1,4}[-./年]\s?\d|.{1,80}<[^<>@ ]{1,80}@",
    re.IGNORECASE,
)

SENDER_FIELDS = frozenset(
    ("from", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "от", "发件人", "差出人", "보낸 사람")
)

FIELD = re.compile(
    r"[*\s>]{0,6}(?P<name>"
    + "|".join(sorted(SENDER_FIELDS))
    + "|sent|gesendet|envoyé(?: le)?|enviado(?: el)?|inviato|verzonden|wysłano|skickat|sendt|odesláno|отправлено"
    + "|date|datum|fecha|data|dato|дата|to|an|à|para|per|a|aan|do|till|til|komu|кому"
    + "|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|předmět|тема|cc|kopie|copie)"
    + r"\s{0,2}\*{0,2}\s?:\*{0,2}(?:\s|$)",
    re.IGNORECASE,
)

ORIGINAL = re.compile(
    r"[-_*\s]{2,40}"
    + _any(
        "original message",
        "original appointment",
        "ursprüngliche nachricht",
        "message d['’]origine",
        "mensaje original",
        "messaggio originale",
        "mensagem original",
        "oorspronkelijk bericht",
        "reply message",
    )
    + r"[-_*:\s]{0,40}$",
    re.IGNORECASE,
)

FORWARD = re.compile(
    r"[-_*>\s]{0,40}(?:begin )?"
    + _any(
        "forwarded message",
        "forwarded by .{1,80}",
        "(?:anfang der )?weitergeleiteten? nachricht",
        "(?:début du )?message (?:transféré|réexpédié)",
        "(?:inicio del )?mensaje reenviado",
        "(?:inizio )?messaggio inoltrato",
        "mensagem encaminhada",
        "doorgestuurd bericht",
        "vidarebefordrat meddelande",
    )
    + r"\b.{0,60}$",
    re.IGNORECASE,
)

FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vs|doorst|pd|i)\s*:", re.IGNORECASE)

RULE = re.compile(r"\s*[-_=*─]{20,}\s*$")

DEVICE = re.compile(
    _any(
        "sent (?:from|via|with) (?:my )?.{1,60}",
        "get outlook for .{1,40}",
        "von meinem .{1,40} gesendet",
        "gesendet (?:von|mit) .{1,60}",
        "envoyé (?:de|depuis) (?:mon|ma) .{1,40}",
        "enviado desde (?:mi )?.{1,40}",
        "inviato da(?:l mio)? .{1,40}",
        "verzonden vanaf mijn .{1,40}",
        "skickat från min .{1,40}",
        "sendt fra min .{1,40}",
        "wysłano z .{1,40}",
    )
    + "$",
    re.IGNORECASE,
)

DEVICE_NAMES = re.compile(
    "iphone|ipad|android|blackberry|samsung|galaxy|outlook|mail|mobile|handy|phone|device|móvil|telefon|yahoo|gerät"
    "|windows|tablet",
    re.IGNORECASE,
)

CLOSING = re.compile(
    _any(
        r"(?:with )?(?:(?:best|kind|kindest|warm|warmest|many)\s+)?(?:regards|wishes)",
        "best|all the best|cheers|respectfully",
        "sincerely(?: yours)?|yours(?: (?:sincerely|truly|faithfully))?",
        "thanks(?: (?:and|&) (?:best |kind )?regards)?|thank you|many thanks",
        "mit (?:freundlichen|besten|lieben|herzlichen) grü(?:ß|ss)en",
        "(?:viele|beste|liebe|herzliche|schöne|freundliche) grü(?:ß|ss)e(?: aus .{1,30})?",
        "gru(?:ß|ss)|grü(?:ß|ss)e|mfg|vg|lg",
        "bien (?:cordialement|à vous)|(?:très )?cordialement|salutations|amicalement|bonne journée",
        "(?:un )?saludos?(?: cordiales)?|atentamente",
        "cordiali saluti|saluti",
        "met vriendelijke groet(?:en)?|groet(?:en|jes)?",
        "mvh|med vänliga hälsningar|hälsningar|med venlig hilsen",
        "pozdrawiam|z poważaniem|atenciosamente|abraços|com os melhores cumprimentos",
    )
    + r"[\s,.!\-–]{0,5}$",
    re.IGNORECASE,
)

SIGNED = re.compile(r"\s?[-–—]{1,2}\s?[^\W\d_][\w.'’]{1,20}(?: [^\W\d_][\w.'’]{0,20}){0,2}$")

DISCLAIMER = re.compile(
    "(?:this|the information|the contents?|diese|ce |este|confidential|disclaimer|vertraulich|important notice).{0,200}"
    "(?:confidential|intended (?:solely|only|recipient|for)|privileged|vertraulich|confidentiel|confidencial"
    "|destinat)",
    re.IGNORECASE | re.DOTALL,
)

LIST_FOOTER = re.compile("mailing list|unsubscribe|mailman/listinfo", re.IGNORECASE)

STUB = re.compile(
    "view (?:this (?:e-?mail|message|newsletter) )?(?:it )?(?:online|in (?:your|a|the) (?:web ?)?browser)"
    "|html (?:e-?mail|version|format)|(?:does|do) not (?:support|display)"
    "|im browser (?:ansehen|anzeigen|öffnen)|dans (?:votre|un) navigateur|en (?:su|tu) navegador",
    re.IGNORECASE,
)
