"""Strangers' text made safe to show: nothing invisible, nothing that steers a terminal or reorders a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

HIDDEN = "hidden characters"
BREAKS = "line break inside a header"

# Characters a reader cannot see or that change the order of what they see (Unicode UTS #55 and UAX #9): bidi
# controls, zero-width characters, fillers, tag characters and variation selectors (both used to smuggle bytes past
# a reader), controls other than tab and line feed, lone surrogates (they cannot be stored as UTF-8).
_HIDDEN = (
    "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_SUSPECT = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\ufe00-\ufe0f\ud800-\udfff{_HIDDEN}]")
_SUSPECT_ASCII = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SPACES = re.compile(r"[ \t\u00a0]+")
_BLANK_LINES = re.compile(r"\n[ \t\n]*\n")
# Padding behind which bulk mail hides the start of its text from previews; common and harmless.
_PADDING = re.compile("(?<![^\\s\u00ad\u034f\u200b-\u200d\ufeff])[\u00ad\u034f\u200b-\u200d\ufeff]+")
_QUIET = frozenset("\u00ad\u034f")

# Cyrillic and Greek letters that look like Latin ones; a name made only of these imitates a Latin name.
_LOOKALIKES = frozenset("абвеһіјкӏмнопрсԁѕтуԛхѵԝьүєαβεικνορτυχγωη")
_RIVAL_SCRIPTS = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN"})


def _seen(text: str, found: list[bool]) -> str:
    """`text` without suspect characters; `found` gets an entry when one was worth a warning."""

    def swap(match: re.Match[str]) -> str:
        char = match.group()
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if char in "\r\x0c\x0b\x1c\x1d\x1e\x85":
            return "\n"
        if "\ud800" <= char <= "\udfff":
            return "\ufffd"
        if char == "\ufe0f" and before > "\u2000" and not "\ufe00" <= after <= "\ufe0f":
            return ""
        # Joiners are part of emoji and of Arabic or Indic words; between other letters they only split words.
        if char in "\u200c\u200d" and before > "\u0600" and after > "\u0600" and after not in _HIDDEN:
            return char
        if char not in _QUIET:
            found.append(True)
        return ""

    return _SUSPECT.sub(swap, text)


def clean_text(text: str, limit: int) -> tuple[str, bool]:
    """`text` as a reader may see it, at most `limit` characters, and whether hidden characters were taken out."""
    text = text[:limit].replace("\r\n", "\n")
    found: list[bool] = []
    if (_SUSPECT_ASCII if text.isascii() else _SUSPECT).search(text):
        text = _seen(_PADDING.sub("", text), found)
    return text, bool(found)


def clean_line(text: str, limit: int) -> tuple[str, list[str]]:
    """One line of at most `limit` characters without hidden characters, and warnings about what was taken out."""
    warnings = []
    stripped = text.strip()
    if "\n" in stripped or "\r" in stripped:
        warnings.append(BREAKS)
    cleaned, hidden = clean_text(stripped[: 4 * limit], 4 * limit)
    if hidden:
        warnings.append(HIDDEN)
    return " ".join(cleaned.split())[:limit].rstrip(), warnings


def tidy(text: str) -> str:
    """`text` with runs of blanks and of empty lines made single, lines stripped at their end."""
    lines = (line.rstrip() for line in _SPACES.sub(" ", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def cut_names(names: Iterable[str], most: int) -> tuple[str, ...]:
    """The first `most` different entries of `names`, in order."""
    return tuple(dict.fromkeys(names))[:most]


def ascii_domain(domain: str) -> str:
    """The domain in its ASCII form (`xn--…`), so that one domain has one spelling; unchanged where that fails."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii") if len(domain) <= 253 else domain
    except UnicodeError:
        return domain


def imitates(domain: str) -> bool:
    """Whether a label of the domain mixes scripts, or is made of look-alikes of Latin letters alone."""
    return any(_label_imitates(label) for label in domain[:253].split("."))


def _label_imitates(label: str) -> bool:
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return True
    elif label.isascii():
        return False
    letters = [char for char in label if char.isalpha()]
    scripts = {unicodedata.name(char, "?").split(" ")[0] for char in letters}
    if "LATIN" in scripts or any(char.isascii() for char in letters):
        return bool(scripts & _RIVAL_SCRIPTS)
    return len(scripts & _RIVAL_SCRIPTS) > 1 or (bool(letters) and all(char in _LOOKALIKES for char in letters))
