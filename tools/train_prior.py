"""Trains the shipped prior of the local model: `python tools/train_prior.py --data ../shared/data/email`.

Needs only the standard library and takes about a minute. It writes `gainful/jobs/triage/deciding/prior/weights.bin`,
with the provenance and the split rule in its header. Training twice writes the same bytes.

Trained from
- Parakweet EmailIntentDataSet (Apache-2.0): does a sentence ask for an action? Only sentences that `is_held_out` does
  not keep back: SHA-256 of the case-folded text with single spaces, first 32 bits modulo 100 below 22 is held out.
  Near-duplicates (the same sentence with another name) may lie on both sides.
- SpamAssassin's unit-test mails (Apache-2.0): `spam` as junk, same split rule over the file's bytes.
- the seed mail in `prior_seeds.py`, written for this.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding import features as featuring
from gainful.jobs.triage.deciding import intent
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory
from gainful.jobs.triage.deciding.features import Features
from gainful.jobs.triage.deciding.local_model import BUCKETS, pack_prior
from gainful.jobs.triage.deciding.rules import read_signs
from gainful.jobs.triage.reading.mime import read_mail
from tools.prior_seeds import KINDS, KNOWING, SMALL_TALK, Kind

VERSION = 1
HELD_OUT_PERCENT = 22
OWNER = "me@example.org"
TARGET = Path(__file__).resolve().parent.parent / "gainful/jobs/triage/deciding/prior/weights.bin"
LABELS = ("needs_reply", "todo", "meeting", "fyi", "update", "newsletter", "receipt", "junk")


def is_held_out(text: str | bytes) -> bool:
    """Whether a text belongs to the test part: decided by its hash alone, so that every machine agrees."""
    raw = text if isinstance(text, bytes) else " ".join(text.casefold().split()).encode()
    return int(sha256(raw).hexdigest()[:8], 16) % 100 < HELD_OUT_PERCENT


def read_intent(data: Path) -> list[tuple[str, bool]]:
    """All labelled sentences with whether they ask for an action."""
    lines = (data / "intent" / "parakweet_dev.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
    return [(text, label == "1") for label, _, text in rows]


def train_intent(rows: Sequence[tuple[str, bool]], *, rounds: int = 14, seed: int = 7) -> intent.IntentHead:
    """A logistic regression on log-count ratios (NB-SVM's scaling), averaged over its second half, with its threshold.

    Source: Wang and Manning, ACL 2012, for the scaling by log-count ratios.
    """
    examples = [(intent.features(text), asks) for text, asks in rows]
    weights, bias = _fit_intent(examples, rounds, seed)
    scored: list[tuple[float, bool]] = []
    for fold in range(5):  # the threshold is chosen on predictions for sentences the weights have not seen
        inside = [example for i, example in enumerate(examples) if i % 5 != fold]
        fold_weights, fold_bias = _fit_intent(inside, rounds, seed)
        outside = [example for i, example in enumerate(examples) if i % 5 == fold]
        scored += [(_score(fold_weights, fold_bias, buckets), asks) for buckets, asks in outside]
    return intent.IntentHead(weights, bias, best_threshold(scored))


def _score(weights: array[float], bias: float, buckets: Sequence[int]) -> float:
    return float(sum([weights[b] for b in buckets]) / len(buckets) ** 0.5) + bias


def _fit_intent(examples: Sequence[tuple[list[int], bool]], rounds: int, seed: int) -> tuple[array[float], float]:
    scale = _ratios(examples)
    raw = array("f", bytes(4 * BUCKETS))
    mean = array("f", bytes(4 * BUCKETS))
    bias, bias_mean, taken = 0.0, 0.0, 0
    order = list(range(len(examples)))
    chance = random.Random(seed)
    decay = 1 - 2e-5
    for number in range(rounds):
        chance.shuffle(order)
        rate = 0.5 / (1 + 0.25 * number)
        for index in order:
            buckets, asks = examples[index]
            size = 1 / len(buckets) ** 0.5
            total = sum([raw[b] * scale[b] for b in buckets]) * size + bias
            step = rate * ((0.97 if asks else 0.03) - 1 / (1 + math.exp(-total)))
            for b in buckets:
                raw[b] = raw[b] * decay + step * size * scale[b]
            bias += 0.1 * step
        if number >= rounds // 2:
            taken += 1
            bias_mean += bias
            for b in range(BUCKETS):
                mean[b] += raw[b]
    return array("f", [m * s / taken for m, s in zip(mean, scale, strict=True)]), bias_mean / taken


def _ratios(examples: Sequence[tuple[list[int], bool]]) -> list[float]:
    """For each bucket the square root of how far its log-count ratio lies from 0: telling features learn faster."""
    counts = {True: array("f", [0.5]) * BUCKETS, False: array("f", [0.5]) * BUCKETS}
    for buckets, asks in examples:
        for b in buckets:
            counts[asks][b] += 1
    totals = {side: sum(1 for _, asks in examples if asks == side) for side in (True, False)}
    return [
        math.sqrt(abs(math.log((yes / totals[True]) / (no / totals[False]))) + 0.05)
        for yes, no in zip(counts[True], counts[False], strict=True)
    ]


def best_threshold(scored: Sequence[tuple[float, bool]]) -> float:
    """The score above which F1-yes and macro-F1 together are highest."""
    ordered = sorted(scored, reverse=True)
    positives = sum(asks for _, asks in ordered)
    best, hits = (-1.0, 0.0), 0
    for taken, (score, asks) in enumerate(ordered, 1):
        hits += asks
        yes, macro = f1_figures(hits, taken, positives, len(ordered))
        best = max(best, (yes + macro, score - 1e-6))
    return best[1]


def f1_figures(hits: int, taken: int, positives: int, total: int) -> tuple[float, float]:
    """F1 of "asks" and the mean of both classes' F1."""
    yes = 2 * hits / (taken + positives) if taken + positives else 0.0
    negatives, left = total - positives, total - taken
    right = negatives - (taken - hits)
    no = 2 * right / (left + negatives) if left + negatives else 0.0
    return yes, (yes + no) / 2


# --- the labels' heads ----------------------------------------------------------------------------------------------


def seed_mails(chance: random.Random) -> list[tuple[Mail, Facts, str, float]]:
    """The seed lines as mails, each in several outfits: sender, headers, history."""
    found = []
    for kind in KINDS:
        for line in kind.lines.strip().splitlines():
            subject, _, text = line.partition(" | ")
            for _ in range(6):
                body = _padded(kind, text, chance)
                found.append((*_dressed(kind, subject, body, chance), kind.label, kind.weight))
    return found


def _padded(kind: Kind, text: str, chance: random.Random) -> str:
    """A person's line with small talk around it, and with a piece of news where something is asked."""
    if kind.name != "person":
        return text
    parts = [text]
    for _ in range(chance.choice([0, 0, 1, 2])):
        parts.insert(chance.randrange(len(parts) + 1), chance.choice(SMALL_TALK.strip().splitlines()))
    if kind.label != "fyi" and chance.random() < 0.3:
        news = chance.choice(KNOWING.strip().splitlines()).partition(" | ")[2]
        parts.insert(chance.randrange(len(parts) + 1), news)
    return " ".join(parts)


_NAMES = ["lena", "omar", "pia", "jon", "ruth", "sven", "tara", "igor", "mei", "hugo"]
_SENDERS = {
    "person": _NAMES,
    "stranger": ["promo", "director", "office", "support", "mrs.grace", "service", "winner"],
    "machine": ["noreply", "no-reply", "notifications", "alerts", "system", "bot", "jenkins"],
    "bulk": ["news", "newsletter", "hello", "team", "marketing", "offers", "digest"],
    "trade": ["orders", "billing", "receipts", "noreply", "invoice", "shipping", "booking"],
}


def _dressed(kind: Kind, subject: str, text: str, chance: random.Random) -> tuple[Mail, Facts]:
    sort = kind.name.partition(" ")[0]
    local = chance.choice(_SENDERS[sort])
    inside = sort == "person" and chance.random() < 0.5
    domain = "example.org" if inside else f"{chance.randrange(10**6)}.example.com"
    headers: dict[str, str] = {}
    if kind.name == "bulk":
        headers["list-unsubscribe"] = "<https://example.com/u>"
        if chance.random() < 0.5:
            headers["precedence"] = "bulk"
    if sort == "machine" and chance.random() < 0.6:
        headers["auto-submitted"] = "auto-generated"
    if sort in ("machine", "trade") and chance.random() < 0.25:
        headers["list-unsubscribe"] = "<https://example.com/u>"
    if sort == "stranger" and chance.random() < 0.5:
        headers["authentication-results"] = "mx; spf=fail; dkim=none; dmarc=fail"
    greeting = chance.choice(["", "Hi,\n\n", "Hello,\n\n"]) if sort == "person" else ""
    reply = sort == "person" and chance.random() < 0.4
    mail = Mail(
        from_addr=f"{local}@{domain}",
        to=(OWNER,) if sort != "person" or chance.random() < 0.8 else ("all@example.org",),
        cc=("kim@example.org",) if sort == "person" and chance.random() < 0.3 else (),
        subject=("Re: " if reply and not subject.startswith("re:") else "") + subject,
        in_reply_to="<a@b>" if reply else "",
        text=greeting + text,
        headers=headers,
        links={"person": 0, "bulk": 12, "trade": 4, "machine": 2, "stranger": chance.randrange(4)}[sort],
    )
    known = sort == "person" and chance.random() < 0.7
    sender = SenderHistory(received=chance.randrange(8) if sort != "stranger" else 0, written_to=known)
    facts = Facts(frozenset({OWNER}), sender, reply and known, False, datetime(2026, 1, 5, tzinfo=UTC))
    return mail, facts


def spam_mails(data: Path) -> list[tuple[Mail, Facts, str, float]]:
    """SpamAssassin's spam samples, those not held out."""
    found = []
    for path in sorted((data / "mime" / "sa").glob("*spam*")):
        raw = path.read_bytes()
        if not is_held_out(raw):
            facts = Facts(frozenset({OWNER}), SenderHistory(), False, False, datetime(2026, 1, 5, tzinfo=UTC))
            found.append((read_mail(raw), facts, "junk", 0.5))
    return found


def train_heads(
    mails: Sequence[tuple[Mail, Facts, str, float]], head: intent.IntentHead, *, rounds: int = 12, seed: int = 11
) -> dict[str, tuple[float, array[float]]]:
    """One linear head per label, joined by softmax, each averaged over the second half of the rounds."""
    examples = [(_features(mail, facts, head), label, weight) for mail, facts, label, weight in mails]
    weights = {key: array("f", bytes(4 * BUCKETS)) for key in LABELS}
    mean = {key: array("f", bytes(4 * BUCKETS)) for key in LABELS}
    bias = dict.fromkeys(LABELS, 0.0)
    counts = {key: sum(w for _, label, w in examples if label == key) for key in LABELS}
    chance = random.Random(seed)
    order = list(range(len(examples)))
    for number in range(rounds):
        chance.shuffle(order)
        rate = 0.6 / (1 + 0.3 * number)
        for index in order:
            mail, label, weight = examples[index]
            balance = weight * len(examples) / len(LABELS) / counts[label]
            _step(weights, bias, mail, label, rate * min(2.0, balance))
        if number >= rounds // 2:
            for key in LABELS:
                mean[key] = array("f", [m + w for m, w in zip(mean[key], weights[key], strict=True)])
    taken = rounds - rounds // 2
    return {key: (bias[key], array("f", [m / taken for m in mean[key]])) for key in LABELS}


def _features(mail: Mail, facts: Facts, head: intent.IntentHead) -> Features:
    signs = read_signs(mail, facts)
    asking = featuring.asking(head, mail) if not signs.bulk else featuring.Asking()
    return featuring.extract(mail, facts, signs.hints(), asking)


def _step(weights: dict[str, array[float]], bias: dict[str, float], mail: Features, label: str, rate: float) -> None:
    groups = mail.groups
    odds = {
        key: bias[key] + sum(sum([table[b] for b in group]) * size for group, size in groups)
        for key, table in weights.items()
    }
    top = max(odds.values())
    raised = {key: math.exp(value - top) for key, value in odds.items()}
    total = sum(raised.values())
    for key, table in weights.items():
        target = 0.93 if key == label else 0.01  # softened: seeds are clearer than real mail
        step = rate * (target - raised[key] / total)
        for group, size in groups:
            for b in group:
                table[b] = table[b] * 0.9999 + step * size
        bias[key] += 0.05 * step


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the shipped prior.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TARGET)
    chosen = parser.parse_args()
    rows = read_intent(chosen.data)
    train = [row for row in rows if not is_held_out(row[0])]
    head = train_intent(train)
    mails = [*seed_mails(random.Random(3)), *spam_mails(chosen.data)]
    heads = train_heads(mails, head)
    about = {
        "version": VERSION,
        "split": "held out: int(sha256(case-folded text, single spaces).hexdigest()[:8], 16) % 100 < 22",
        "trained_on": {"parakweet sentences": len(train), "mails": len(mails)},
        "provenance": [
            "Parakweet EmailIntentDataSet 055f6285, Apache-2.0, train part",
            "apache/spamassassin f7fe7b82 t/data/spam, Apache-2.0, train part",
            "tools/prior_seeds.py",
        ],
    }
    packed = pack_prior(heads, head, about)
    chosen.out.write_bytes(packed)
    right = [(head.asks(text), asks) for text, asks in rows if is_held_out(text)]
    hits = sum(said and asks for said, asks in right)
    figures = f1_figures(hits, sum(s for s, _ in right), sum(a for _, a in right), len(right))
    print(f"{len(packed):,} bytes; intent on {len(right)} held out: F1-yes {figures[0]:.3f}, macro {figures[1]:.3f}")


if __name__ == "__main__":
    main()
