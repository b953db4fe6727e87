"""Answers in chats: what whoever asked shows of what came of them.

The rule. The asker's 👍 on the answer, or a message of thanks below it, accepts it; their 👎 or the same question again
rejects it. Within the horizon of three days after the answer, either of these undoes what they had accepted. Nobody
else's sign counts, and no other word: whoever asks something else has got an answer before.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

HORIZON = timedelta(days=3)

GOOD = frozenset(
    {"+1", "thumbsup", "white_check_mark", "heavy_check_mark", "tada", "heart", "👍", "✅", "✔", "🎉", "❤"}
)
BAD = frozenset({"-1", "thumbsdown", "x", "negative_squared_cross_mark", "👎", "❌", "✖"})
"""Reactions that judge an answer, as Slack names them and as they are. Others say nothing about it."""

SAME = 0.6
"""Share of all words of two messages that they must have in common to be the same question."""

FEWEST = 3
"""Words of a question; shorter ones are alike by chance."""

LONGEST_THANKS = 6
"""Words of a message that is nothing but thanks."""

_DRESS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""What may follow an emoji and changes its look alone."""

_MENTION = re.compile(r"<[@!#][^>\s]*>|@\w[\w.:-]*")
_WORD = re.compile(r"\w+(?:'\w+)?")
_THANKS = frozenset({"thanks", "thx", "ty", "cheers", "danke", "merci", "gracias", "grazie", "obrigado"})
_BUT = frozenset({"but", "no", "not", "still", "however", "wrong", "aber", "nicht", "nein", "falsch", "mais", "pas"})

Sense = Literal["good", "bad", "again", ""]


def sense_of_reaction(name: str) -> Sense:
    """What a reaction says of the answer that it is on."""
    plain = name.strip(":").rstrip(_DRESS).partition("::")[0]
    return "good" if plain in GOOD else "bad" if plain in BAD else ""


def sense_of_message(asked: str, said: str) -> Sense:
    """What the asker's message below an answer says of it.

    Args:
        asked: The question that was answered.
    """
    words, before = _words(said), set(_words(asked))
    if 0 < len(words) <= LONGEST_THANKS and _thanks(words) and "?" not in said and not _BUT.intersection(words):
        return "good"
    both = before | set(words)
    if min(len(before), len(set(words))) >= FEWEST and len(before.intersection(words)) >= SAME * len(both):
        return "again"
    return ""


def _thanks(words: list[str]) -> bool:
    return bool(_THANKS.intersection(words)) or words[:2] == ["thank", "you"]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_MENTION.sub(" ", text))]
