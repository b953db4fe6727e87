"""When the person should look: from the label, words of urgency, deadlines in the text, and who wrote."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from gainful.core.mail import Mail, Priority
from gainful.jobs.triage.deciding.facts import Facts

_URGENT = re.compile(
    r"\b(?:urgent(?:ly)?|asap|immediately|right away|as soon as possible|emergency|outage|"
    r"dringend|sofort|umgehend|urgente?|tout de suite|lo antes posible)\b",
    re.IGNORECASE,
)
_TODAY = re.compile(
    r"\b(?:today|tonight|this (?:morning|afternoon|evening)|within the hour|by noon|eod|end of (?:the )?day|cob|heute"
    r"|aujourd'hui|ce soir|hoy|esta tarde)\b",
    re.IGNORECASE,
)
_TOMORROW = re.compile(r"\b(?:tomorrow|morgen|demain|mañana)\b", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"\b(?:by|until|before|due|on|this|bis|am|avant|d'ici|el|antes del)\s+"
    r"(monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th|\.)?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?)\b",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = (
    ("monday", "montag", "lundi", "lunes"),
    ("tuesday", "dienstag", "mardi", "martes"),
    ("wednesday", "mittwoch", "mercredi", "miércoles"),
    ("thursday", "donnerstag", "jeudi", "jueves"),
    ("friday", "freitag", "vendredi", "viernes"),
    ("saturday", "samstag", "samedi", "sábado"),
    ("sunday", "sonntag", "dimanche", "domingo"),
)


def nearest_deadline(text: str, written: datetime) -> date | None:
    """The earliest day named in the text that is not before the day it was written, or None.

    Words like "today" count from the day of writing. Days of the week mean the next one.
    """
    day = written.date()
    found = []
    if _TODAY.search(text):
        found.append(day)
    if _TOMORROW.search(text):
        found.append(day + timedelta(days=1))
    for name in _WEEKDAY.findall(text):
        number = next(i for i, names in enumerate(_DAYS) if name.lower() in names)
        found.append(day + timedelta(days=(number - day.weekday()) % 7))
    found += _calendar_days(text, day)
    return min((when for when in found if when >= day), default=None)


def _calendar_days(text: str, written: date) -> list[date]:
    parts = [(int(year), int(month), int(number)) for year, month, number in _ISO.findall(text)]
    for number, month, other_month, other_number in _DAY_MONTH.findall(text):
        index = _MONTHS.index((month or other_month).lower()) + 1
        year = written.year + (1 if index < written.month - 6 else 0)
        parts.append((year, index, int(number or other_number)))
    days = []
    for year, month, number in parts:
        try:
            days.append(date(year, month, number))
        except ValueError:  # 31 June is a slip of the writer's, not a deadline
            continue
    return days


def priority_of(mail: Mail, facts: Facts, *, action: bool, by_person: bool, unwanted: bool) -> Priority:
    """When to look at a mail.

    Args:
        action: Its label asks the person to act, or nothing is known.
        by_person: A person wrote it.
        unwanted: Bulk, receipt or junk: never urgent, whatever it shouts.
    """
    if unwanted and not facts.vip:
        return Priority.NONE
    text = f"{mail.subject}\n{mail.text[:2000]}"
    written = mail.sent_at or facts.now
    deadline = nearest_deadline(text, min(written, facts.now))
    left = (deadline - facts.now.date()).days if deadline else None
    trusted = facts.vip or facts.sender.written_to or facts.thread_mine
    if action:
        pressing = bool(_URGENT.search(text)) or (left is not None and left <= 0)
        if pressing and (trusted or not by_person):
            return Priority.NOW
        if pressing or facts.vip or (left is not None and left <= 2):
            return Priority.TODAY
        direct = any(address in facts.owner for address in mail.to)
        return Priority.TODAY if trusted and direct else Priority.LATER
    if facts.vip:
        return Priority.TODAY
    return Priority.LATER if by_person else Priority.NONE
