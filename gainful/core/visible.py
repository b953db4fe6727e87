"""Text made safe to judge by eye: what hides, reorders or imitates is shown by name.

    visible("invoice\u202efdp.exe")     # 'invoice⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩fdp.exe'
    suspicious("pаypal.example")        # ["'pаypal.example' mixes Latin and Cyrillic letters.", …]

Ordinary text in any script stays as it is: a French narrow space before a colon, a Persian non-joiner between letters,
an emoji's own selector. Source for the kinds of deception: Unicode Technical Reports 36 and 39.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_KEPT = frozenset("\n\t")

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
"""Letters, marks and symbols that show nothing, whatever their category says: fillers, the blank Braille cell."""

_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_NAMELESS = {
    "\x00": "NULL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x0b": "LINE TABULATION",
    "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
_KINDS = {"Cc": "CONTROL CHARACTER", "Cs": "SURROGATE", "Co": "PRIVATE USE", "Cn": "UNASSIGNED"}

_MOST_MARKS = 4
"""Combining marks on one letter beyond which they cover other text; ordinary writing needs three at most."""

_RIVALS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
"""Scripts that share shapes with each other; a word holds letters of one of them."""

_LIKE_LATIN = frozenset(
    # Cyrillic, Greek and Armenian letters that pass for Latin ones in common fonts.
    "асԁеһіјӏорԛѕԝхуѵАВЕІЈКМНОРЅТХУҮԌԜαγικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲϳցհոսօզԼՕՍ"
)
_DOTS = "\uff0e\u3002\uff61\u2024"
_SLASHES = "\u2044\u2215\u29f8\uff0f"
_WORD = re.compile(r"[^\W\d_]+")
# Begun only where a word begins, and without a way back: a hostile text takes no longer than another.
_NAME = re.compile(rf"(?<![\w\-])[\w\-]++(?:[.{_DOTS}@\uff20][\w\-]++)++")
_AUTHORITY = re.compile(r"://([^\s/?#]++)")
_LOOKALIKE_SEPARATOR = re.compile(rf"[A-Za-z0-9][{_DOTS}{_SLASHES}\uff20][A-Za-z0-9]")


def visible(text: str) -> str:
    """The text with every character that hides, reorders or imitates white space shown as `⟨U+… NAME⟩`.

    Line ends and tabs stay. What it answers is itself visible: asked again, it changes nothing.
    """
    plain = text.replace("\r\n", "\n")
    if plain.isascii() and plain.replace("\n", "").replace("\t", "").isprintable():
        return plain
    return "".join(_shown(char) if hides else char for char, hides in _judged(plain))


def hidden(text: str) -> list[str]:
    """The names of the characters that `visible` would show by name, each once, in order."""
    return list(dict.fromkeys(_name(char) for char, hides in _judged(text.replace("\r\n", "\n")) if hides))


def suspicious(text: str) -> list[str]:
    """Sentences about what in this text may deceive its reader; none for ordinary text."""
    found = []
    names = hidden(text)
    if names:
        found.append(f"It holds characters that do not show: {', '.join(names)}.")
    for word in dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", text))):
        found.extend(_about_word(word))
    for name in dict.fromkeys(_NAME.findall(text)):
        found.extend(_about_name(name))
    for authority in dict.fromkeys(_AUTHORITY.findall(text)):
        if "@" in authority:
            host = visible(authority.rpartition("@")[2])
            found.append(f"The address leads to '{host}', not to what stands before the @.")
    return list(dict.fromkeys(found))


# --- hidden characters ---


def _judged(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it hides something where it stands."""
    marks = 0
    before = ""
    for index, char in enumerate(text):
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        after = text[index + 1] if index + 1 < len(text) else ""
        hides = marks > _MOST_MARKS or _hides(char, before, "" if after in _INVISIBLE else after)
        yield char, hides
        # What is shown by name is no neighbour that could make the next character an ordinary one.
        before = "" if hides else char


def _hides(char: str, before: str, after: str) -> bool:
    if char in _KEPT or " " <= char <= "~":
        return False
    if char in "\ufe0e\ufe0f":
        # An emoji, or a keycap's digit, with its own selector.
        return not (before and (unicodedata.category(before) in ("So", "Sm") or before in "0123456789#*‼⁉〰〽"))
    if char == "\u200c":
        return not (_joins(before) and _joins(after))
    if char == "\u200d":
        return not (_pictures(before) and unicodedata.category(after or " ") in ("So", "Sm", "Sk"))
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180f":
        return True
    category = unicodedata.category(char)
    if category == "Zs":
        return not _ordinary_space(char, before, after)
    return category in _HIDING or char in _INVISIBLE


def _joins(char: str) -> bool:
    """Whether it is a letter of a script that is written with non-joiners."""
    return bool(char) and unicodedata.name(char, "").startswith(("ARABIC LETTER", "DEVANAGARI", "BENGALI", "MALAYALAM"))


def _pictures(char: str) -> bool:
    return bool(char) and (unicodedata.category(char) in ("So", "Sm", "Sk") or char == "\ufe0f")


def _ordinary_space(char: str, before: str, after: str) -> bool:
    """Whether this space is what good typography puts here: before French signs, in numbers, between kanji."""
    if char in "\u00a0\u202f":
        return after in tuple("?!:;»%€$£°") or before == "«" or (before.isalnum() and after.isalnum())
    if char == "\u3000":
        return any(
            unicodedata.east_asian_width(near) in ("W", "F") for near in (before, after) if near not in ("", char)
        )
    return False


def _name(char: str) -> str:
    return unicodedata.name(char, "") or _NAMELESS.get(char) or _KINDS.get(unicodedata.category(char), "UNNAMED")


def _shown(char: str) -> str:
    return f"⟨U+{ord(char):04X} {_name(char)}⟩"


# --- letters that imitate ---


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _about_word(word: str) -> Iterator[str]:
    scripts = {script for char in word if (script := _script(char)) in _RIVALS}
    # µm and Ωm are units: a Greek letter that no Latin one resembles deceives nobody.
    units = scripts == {"LATIN", "GREEK"} and not any(_script(c) == "GREEK" and c in _LIKE_LATIN for c in word)
    if len(scripts) > 1 and not units:
        names = " and ".join(script.capitalize() for script in _RIVALS if script in scripts)
        yield f"'{visible(word)}' mixes {names} letters."
    if any(_script(char) == "MATHEMATICAL" for char in word):
        yield f"'{visible(word)}' is written in mathematical signs that read '{unicodedata.normalize('NFKC', word)}'."


def _about_name(name: str) -> Iterator[str]:
    """What is odd about something that reads as a domain or an address."""
    if _LOOKALIKE_SEPARATOR.search(name):
        yield f"'{visible(name)}' holds a sign that only looks like a dot, a slash or an @."
    labels = re.split(rf"[.@\uff20{_DOTS}]", name)
    for label in labels:
        if label.lower().startswith("xn--"):
            yield f"'{visible(name)}' is an encoded name{_decoded(label[4:])}."
        elif not label.isascii() and all(char in _LIKE_LATIN or not char.isalpha() for char in label):
            yield f"'{visible(name)}' is written with letters that only look like Latin ones."
        elif any(_script(char) == "FULLWIDTH" for char in label):
            yield f"'{visible(name)}' is written with wide letters; it may be read as another name."


def _decoded(label: str) -> str:
    try:
        return f"; it stands for '{visible(label.encode('ascii').decode('punycode'))}'"
    except (UnicodeError, ValueError, OverflowError):
        return ""
