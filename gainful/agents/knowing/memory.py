"""Finding among what an agent remembers: by the words that a question and a record share, the rare ones counting more.

The score is Okapi BM25. Source: Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from gainful.core.memory import Memory

SATURATION = 1.2
"""How soon further occurrences of a word in one record count no more: BM25's k1."""

LENGTH = 0.75
"""How much a long record has to be better than a short one: BM25's b."""


def best(query: str, records: Sequence[Memory], most: int) -> list[Memory]:
    """Those records that share a word with the query, the best first; of equally good ones the newer.

    A query without words finds the newest.
    """
    newest = sorted(records, key=lambda record: (record.at, record.id), reverse=True)
    wanted = sorted(set(words(query)))
    if not wanted:
        return newest[:most]
    texts = [Counter(words(record.text)) for record in newest]
    average = sum(text.total() for text in texts) / len(texts) if texts else 0.0
    often = {word: sum(word in text for text in texts) for word in wanted}
    scored = [
        (score, number)
        for number, text in enumerate(texts)
        if (score := sum(_weight(text, word, often[word], len(texts), average) for word in wanted)) > 0
    ]
    # The records are sorted by age already, and sorting keeps that order where scores are equal.
    return [newest[number] for _, number in sorted(scored, key=lambda one: -one[0])[:most]]


def _weight(text: Counter[str], word: str, often: int, records: int, average: float) -> float:
    """What one word of the query adds to a record's score."""
    times = text[word]
    if not times:
        return 0.0
    rarity = math.log(1 + (records - often + 0.5) / (often + 0.5))
    length = 1 - LENGTH + LENGTH * text.total() / average
    return rarity * times * (SATURATION + 1) / (times + SATURATION * length)


def words(text: str) -> list[str]:
    """The words of a text in small letters, without accents and the plural's ending.

    Of writing that puts no blanks between words, each two neighbouring signs.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    found: list[str] = []
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            found += [word[start : start + 2] for start in range(max(1, len(word) - 1))]
        else:
            found.append(word[:-1] if len(word) > 3 and word.endswith("s") else word)
    return found


_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
