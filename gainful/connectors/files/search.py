"""Finds the passages of text files that have most to do with some words. Reads them anew each time; keeps no index.

search("How many days of leave do I have?", store.files("handbook"), limit=5)
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_FILES = 2000
MOST_OCTETS = 32 * 1024 * 1024
SHORTEST, LONGEST = 400, 1200
"""Characters of a passage: paragraphs are joined up to the first, and cut at the second."""

MOST_WORDS = 30
_WORD = re.compile(r"\w{2,60}")
_BREAK = re.compile(r"\n[ \t]*\n")
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75
"""k1 and b of BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of a file.

    Args:
        start: Octet at which it begins, for reading on from there.
    """

    path: str
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, the best first.

    Args:
        files: How many were looked through.
        cut: Whether there were more files than are looked through.
    """

    found: list[Passage]
    files: int
    cut: bool


@dataclass(frozen=True, slots=True)
class _Counted:
    """A passage that holds some of the words: how often each."""

    passage: Passage
    counts: Counter[str]


def search(words: str, files: Iterable[tuple[str, bytes]], limit: int) -> Hits:
    """The passages in which the rarest of these words stand most often. What is no text is passed over.

    Args:
        files: Path and content.
    """
    stems = _stems(words)
    counted: list[_Counted] = []
    passages = length = octets = number = 0
    cut = False
    for path, content in files:
        octets += len(content)
        cut = number == MOST_FILES or octets > MOST_OCTETS
        if cut:
            break
        number += 1
        for passage in _passages(path, content):
            passages, length = passages + 1, length + len(passage.text)
            counts = _counts(stems, passage.text.casefold())
            if counts:
                counted.append(_Counted(passage, counts))
    return Hits(_best(counted, passages, length, limit), number, cut)


def _stems(words: str) -> list[str]:
    """What words must begin with to count: without the last letters, so that `holidays` finds `holiday`."""
    found = _WORD.findall(words.casefold())
    return list(dict.fromkeys(word if len(word) < 5 else word[: max(4, len(word) - 2)] for word in found))[:MOST_WORDS]


def _counts(stems: Sequence[str], text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    present = [stem for stem in stems if stem in text]
    for word, times in Counter(_WORD.findall(text) if present else ()).items():
        for stem in present:
            if word.startswith(stem) and len(word) <= len(stem) + (4 if len(stem) >= 4 else 0):
                found[stem] += times
    return found


def _best(counted: Sequence[_Counted], passages: int, length: int, limit: int) -> list[Passage]:
    having = Counter(stem for one in counted for stem in one.counts)
    rarity = {stem: math.log(1 + (passages - times + 0.5) / (times + 0.5)) for stem, times in having.items()}
    mean = length / passages if passages else 1.0

    def score(one: _Counted) -> float:
        size = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(one.passage.text) / mean)
        return sum(
            rarity[stem] * times * (_SATURATION + 1) / (times + size) for stem, times in sorted(one.counts.items())
        )

    # Of equals the one that comes first in the files: the same question has the same answer.
    ranked = sorted(((score(one), -place, one) for place, one in enumerate(counted)), key=lambda one: one[:2])
    return [one.passage for _, _, one in ranked[::-1][:limit]]


def _passages(path: str, content: bytes) -> Iterator[Passage]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return
    octet = at = 0
    for end in _ends(text):
        part = text[at:end]
        if part.strip():
            lead = len(part) - len(part.lstrip())
            yield Passage(path, octet + len(part[:lead].encode()), part.strip())
        octet, at = octet + len(part.encode()), end


def _ends(text: str) -> Iterator[int]:
    """Where passages end: after paragraphs that are long enough together, before a heading, and at the latest place."""
    begun = 0
    for found in _BREAK.finditer(text):
        end = found.end()
        while end - begun > LONGEST:
            begun = _cut(text, begun)
            yield begun
        if end - begun >= SHORTEST or text.startswith("#", end):
            yield end
            begun = end
    while len(text) - begun > LONGEST:
        begun = _cut(text, begun)
        yield begun
    yield len(text)


def _cut(text: str, begun: int) -> int:
    """A place to cut what has no paragraphs: after a line, a word, or anywhere."""
    latest = begun + LONGEST
    for mark in ("\n", " "):
        found = text.rfind(mark, begun + SHORTEST, latest)
        if found >= 0:
            return found + 1
    return latest
