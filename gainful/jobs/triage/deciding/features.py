"""A mail as numbers: hashed features that a model can learn from after the text is gone.

Words stand as buckets of a 16-bit hash, so what is kept holds no text; somebody who has the digest of a word may still
guess that it occurred, so features are as confidential as a subject line and stay in the person's own database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from gainful.core.errors import Broken
from gainful.core.mail import Mail
from gainful.jobs.triage.deciding import intent
from gainful.jobs.triage.deciding.facts import Facts, domain_of

BITS = 16
_MASK = (1 << BITS) - 1
_VERSION = 3
_TEXT_CHARACTERS = 2000
_WORDS = 260

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[?!€$£%]")
_BREAK = re.compile(r"\n\s*\n|[.?!:;,]\s")


class FeaturesCorrupt(Broken):
    """Stored features cannot be read."""

    code = "features-corrupt"


@dataclass(frozen=True, slots=True)
class Features:
    """The hashed features of one mail.

    Args:
        words: Buckets of words and word pairs, sorted, each once.
        asks: Buckets of the two sentences that ask most: word classes, order, opening; sorted, each once.
        signs: Buckets of everything else: headers, sender, history; sorted, each once.
    """

    words: tuple[int, ...]
    asks: tuple[int, ...]
    signs: tuple[int, ...]

    @property
    def groups(self) -> list[tuple[tuple[int, ...], float]]:
        """The non-empty groups with the value of each of their features.

        A group's length does not depend on how much the mail says. What is said weighs more than who says it and how
        it came: machines and people alike send news and requests from one address.
        """
        weighed = ((self.words, 1.4), (self.asks, 1.4), (self.signs, 0.8))
        return [(group, weight * len(group) ** -0.5) for group, weight in weighed if group]

    def to_bytes(self) -> bytes:
        """A compact form: version, then the lists as counts and differences."""
        return bytes([_VERSION]) + _packed(self.words) + _packed(self.asks) + _packed(self.signs)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Features:
        """The features that `to_bytes` wrote.

        Raises:
            FeaturesCorrupt: Another version, cut short, or not features at all.
        """
        if not raw or raw[0] != _VERSION:
            raise FeaturesCorrupt("Stored mail features are of an unknown version.", "Run the triage again.")
        words, at = _unpacked(raw, 1)
        asks, at = _unpacked(raw, at)
        signs, at = _unpacked(raw, at)
        if at != len(raw):
            raise FeaturesCorrupt("Stored mail features are damaged.", "Run the triage again.")
        return cls(words, asks, signs)


def _packed(buckets: tuple[int, ...]) -> bytes:
    out = bytearray()
    last = 0
    for number in (len(buckets), *buckets):
        step = number if not out else number - last
        last = number if out else 0
        while step > 127:
            out.append(step & 127 | 128)
            step >>= 7
        out.append(step)
    return bytes(out)


def _unpacked(raw: bytes, at: int) -> tuple[tuple[int, ...], int]:
    count, at = _number(raw, at)
    buckets, last = [], 0
    for _ in range(count):
        step, at = _number(raw, at)
        last += step
        if last > _MASK:
            raise FeaturesCorrupt("Stored mail features are damaged.", "Run the triage again.")
        buckets.append(last)
    return tuple(buckets), at


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while at < len(raw) and shift < 32:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise FeaturesCorrupt("Stored mail features are cut short.", "Run the triage again.")


@dataclass(frozen=True, slots=True)
class Asking:
    """How a mail's sentences ask.

    Args:
        most: Highest log-odds of a sentence asking for something.
        mean: Their mean.
        buckets: Intent features of the two sentences that ask most.
    """

    most: float = -4.0
    mean: float = -4.0
    buckets: tuple[int, ...] = ()


def extract(mail: Mail, facts: Facts, hints: Iterable[str], asking: Asking) -> Features:
    """The features of one mail.

    Args:
        hints: What the rules noticed, such as `automated` or `money`.
        asking: How the writer's sentences ask.
    """
    noticed = list(hints)
    writer = "p" if "by person" in noticed else "m"
    found = word_features(mail)
    # "please" from a machine means something else than from a person, so single words stand a second time with both.
    found += [f"{writer} {word[2:]}" for word in found if word.count(" ") == 1]
    words = set(map(bucket_of, found))
    signs = set(map(bucket_of, sign_features(mail, facts, noticed, asking)))
    return Features(tuple(sorted(words)), asking.buckets, tuple(sorted(signs)))


def bucket_of(feature: str) -> int:
    """Where a feature's weight lies. Two features may share a bucket; at 16 bits that is rare within one mail."""
    return crc32(feature.encode(errors="replace")) & _MASK


def word_features(mail: Mail) -> list[str]:
    """Words and pairs of neighbours; those of the subject twice, once as the subject's own."""
    subject = _words(mail.subject[:300])
    found = ["s " + word for word in subject] + ["t " + word for word in subject]
    found += [f"s {a} {b}" for a, b in pairwise(subject)]
    left = _WORDS
    for part in _BREAK.split(mail.text[:_TEXT_CHARACTERS]):
        words = _words(part)[:left]
        left -= len(words)
        found += ["t " + word for word in words]
        found += [f"t {a} {b}" for a, b in pairwise(words)]
        if left <= 0:
            break
    return found


def _words(text: str) -> list[str]:
    return ["0" if word.isdigit() else word.lower().replace("’", "'")[:24] for word in _WORD.findall(text)]


def sign_features(mail: Mail, facts: Facts, hints: Iterable[str], asking: Asking) -> list[str]:
    """Everything but the words: headers, addressing, sender, history, size, how the mail asks."""
    found = ["hint " + hint for hint in hints]
    found += _addressing(mail, facts)
    found += _sender(mail, facts)
    length = len(mail.text)
    found += [
        f"length {min(9, length.bit_length() - 4) if length > 15 else 0}",
        f"links {min(4, mail.links.bit_length())}",
        f"asks most {_step(asking.most)}",
        f"asks mean {_step(asking.mean)}",
        f"questions {min(3, mail.text[:_TEXT_CHARACTERS].count('?'))}",
    ]
    found += ["attached " + name.rpartition(".")[2].lower()[:8] for name in mail.attachments[:5]]
    if mail.calendar_method:
        found.append("calendar " + mail.calendar_method.lower()[:10])
    if mail.in_reply_to:
        found.append("reply")
    if mail.subject[:4].lower() in ("fwd:", "fw: ", "wg: ", "tr: "):
        found.append("forward")
    return found


def _step(score: float) -> int:
    return max(-4, min(4, round(score)))


def _addressing(mail: Mail, facts: Facts) -> list[str]:
    to_me = any(address in facts.owner for address in mail.to)
    cc_me = any(address in facts.owner for address in mail.cc)
    direct = (
        "alone" if to_me and len(mail.to) + len(mail.cc) == 1 else "to" if to_me else "cc" if cc_me else "not named"
    )
    known = "known" if facts.sender.written_to or facts.thread_mine else "unknown"
    found = ["direct " + direct, f"direct {direct} {known}", f"people {min(5, len(mail.to) + len(mail.cc))}"]
    if any(mail.from_addr == address for address in facts.owner):
        found.append("own mail")
    return found


def _sender(mail: Mail, facts: Facts) -> list[str]:
    sender, domain = facts.sender, domain_of(mail.from_addr)
    same = any(domain == domain_of(address) for address in facts.owner)
    found = [
        "from " + mail.from_addr,
        "domain " + domain,
        "local " + mail.from_addr.partition("@")[0],
        "colleague" if same else "outsider",
        f"received {min(5, sender.received.bit_length())}",
        f"replied {min(3, sender.replied.bit_length())}",
    ]
    found += _leaning("sender", sender.truths) + _leaning("domain", sender.domain_truths)
    found += _leaning("thread", facts.thread_truths)
    for sign, holds in (("vip", facts.vip), ("thread mine", facts.thread_mine), ("written to", sender.written_to)):
        if holds:
            found.append(sign)
    if mail.reply_to and domain_of(mail.reply_to) != domain:
        found.append("answers go elsewhere")
    return found


def _leaning(what: str, truths: Mapping[str, int]) -> list[str]:
    """Which labels the person gave before, and how unanimously."""
    total = sum(truths.values())
    found = []
    for label, count in truths.items():
        if count:
            found.append(f"{what} was {label}")
            if count == total:
                found.append(f"{what} always {label} {min(3, count)}")
    return found


def asking(head: intent.IntentHead, mail: Mail) -> Asking:
    """How the writer's sentences, and a subject that is a question, ask for something."""
    parts = intent.sentences(mail.text)
    if mail.subject.rstrip().endswith("?") or not parts:
        parts.append(mail.subject[:300])
    read = [(head.weigh(buckets), buckets) for buckets in map(intent.features, parts)]
    read.sort(key=lambda item: -item[0])
    # The sentence model's buckets are told apart from those of words by a fixed step through the hash space.
    found = {(bucket * 40503 + 1) & _MASK for _, buckets in read[:2] for bucket in buckets}
    scores = [score for score, _ in read]
    return Asking(scores[0], sum(scores) / len(scores), tuple(sorted(found)))
