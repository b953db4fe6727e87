"""Reactions: Matrix sends the sign itself, people and agents say its name."""

from __future__ import annotations

import unicodedata

from gainful.core.errors import Invalid

_PRESENTATION = "\ufe0f"
_KEYCAP = "\u20e3"
MOST_NUMBERS = 9

_SIGNS = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
    "eyes": "👀",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔",
    "x": "❌",
    "tada": "🎉",
    "heart": "❤",
    "rocket": "🚀",
    "pray": "🙏",
    "wave": "👋",
    "warning": "⚠",
    "question": "❓",
    "exclamation": "❗",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "bulb": "💡",
    "fire": "🔥",
    "memo": "📝",
    "ticket": "🎫",
    "bug": "🐛",
    "lock": "🔒",
    "bell": "🔔",
    "zzz": "💤",
    "stop_sign": "🛑",
    "no_entry": "⛔",
    "arrows_counterclockwise": "🔄",
    "smile": "😄",
    "thinking_face": "🤔",
    "100": "💯",
    "clap": "👏",
    "raised_hands": "🙌",
    "robot_face": "🤖",
    "speech_balloon": "💬",
    "mag": "🔍",
    "pushpin": "📌",
    "star": "⭐",
    "sparkles": "✨",
}
"""The names that chats share, where they are not Unicode's own."""
_NAMES = {sign: name for name, sign in reversed(_SIGNS.items())}


def sign_of(name: str) -> str:
    """The sign that this name stands for; what is a sign already stays one.

    Raises:
        Invalid: There is no such sign.
    """
    if name in _SIGNS:
        return _SIGNS[name]
    if name and not name.isascii() and len(name) <= 20:
        return name
    try:
        return unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        raise Invalid(
            f"There is no reaction '{name[:60]}'.", "Name one such as eyes, or give the sign itself."
        ) from None


def name_of(sign: str) -> str:
    """The name of a sign; a sign that has none, or a text, is its own."""
    plain = sign.replace(_PRESENTATION, "")
    if plain in _NAMES:
        return _NAMES[plain]
    named = unicodedata.name(plain, "") if len(plain) == 1 else ""
    return named.lower().replace(" ", "_") or sign


def number_sign(number: int) -> str:
    """The sign of a number from 1 to 9, such as 1️⃣."""
    return f"{number}{_PRESENTATION}{_KEYCAP}"


def number_of(text: str) -> int:
    """The number that a sign, or a text, is; 0 for any other."""
    digit = text.strip().replace(_PRESENTATION, "").removesuffix(_KEYCAP)
    return int(digit) if digit.isascii() and digit.isdigit() and len(digit) == 1 else 0
