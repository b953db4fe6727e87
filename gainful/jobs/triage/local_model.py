"""A small model of one person's mail: one linear head per label, joined by softmax, learning from each correction.

Pure standard library: scikit-learn would add 200 MB to the install and cannot be updated by one example for less than
a refit. Weights lie in flat float arrays, one per label; what was learned is stored as the difference to the prior.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from gainful.core.errors import Broken
from gainful.core.mail import Mail
from gainful.jobs.triage import intent
from gainful.jobs.triage.features import BITS, Features, bucket_of, word_features

BUCKETS = 1 << BITS
_PRIOR_MAGIC = b"GTP1"
_STATE_MAGIC = b"GTM1"
_NEW_BIAS = -2.5
_RATE = 0.6
_PASSES = 3


class ModelCorrupt(Broken):
    """A stored model cannot be read."""

    code = "model-corrupt"


class Prior:
    """The shipped weights: where learning starts.

    Args:
        heads: By label key: bias and one weight per bucket.
        intent: The sentence model.
        about: Version, provenance and split rule, as written by `tools/train_prior.py`.
    """

    def __init__(
        self,
        heads: Mapping[str, tuple[float, array[float]]],
        intent_head: intent.IntentHead,
        about: Mapping[str, object],
        digest: bytes,
    ) -> None:
        self.heads = heads
        self.intent = intent_head
        self.about = about
        self.digest = digest


def pack_prior(
    heads: Mapping[str, tuple[float, Sequence[float]]], intent_head: intent.IntentHead, about: Mapping[str, object]
) -> bytes:
    """The shipped form: a JSON header, then each head as 8-bit steps of its largest weight, deflated."""
    tables: list[tuple[str, float, Sequence[float]]] = [(key, bias, weights) for key, (bias, weights) in heads.items()]
    tables.append(("", intent_head.bias, intent_head.weights))
    scales = [max(map(abs, weights)) / 127 or 1.0 for _, _, weights in tables]
    header = {
        "about": dict(about),
        "tables": [{"key": k, "bias": b, "scale": s} for (k, b, _), s in zip(tables, scales, strict=True)],
        "threshold": intent_head.threshold,
    }
    body = b"".join(
        array("b", [round(weight / scale) for weight in weights]).tobytes()
        for (_, _, weights), scale in zip(tables, scales, strict=True)
    )
    head = json.dumps(header, sort_keys=True).encode()
    return _PRIOR_MAGIC + struct.pack("<I", len(head)) + head + zlib.compress(body, 9)


def unpack_prior(raw: bytes) -> Prior:
    """The prior that `pack_prior` wrote.

    Raises:
        ModelCorrupt: The bytes are something else, or damaged.
    """
    try:
        if raw[:4] != _PRIOR_MAGIC:
            raise ValueError("magic")
        (size,) = struct.unpack_from("<I", raw, 4)
        header = json.loads(raw[8 : 8 + size])
        body = zlib.decompress(raw[8 + size :])
        tables = header["tables"]
        if len(body) != BUCKETS * len(tables):
            raise ValueError("length")
        heads = {}
        for number, table in enumerate(tables):
            steps = array("b", body[number * BUCKETS : (number + 1) * BUCKETS])
            scale = float(table["scale"])
            heads[str(table["key"])] = (float(table["bias"]), array("f", [step * scale for step in steps]))
        bias, weights = heads.pop("")
        head = intent.IntentHead(weights, bias, float(header["threshold"]))
    except (ValueError, KeyError, TypeError, struct.error, zlib.error) as error:
        raise ModelCorrupt("The shipped mail model cannot be read.", "Install Gainful again.") from error
    return Prior(heads, head, header["about"], sha256(raw).digest()[:8])


@lru_cache(maxsize=1)
def shipped_prior() -> Prior:
    """The prior that comes with this version, read once."""
    return unpack_prior((files("gainful.jobs.triage.prior") / "weights.bin").read_bytes())


class LocalModel:
    """The labels' probabilities for one person's mail. Deterministic; learns one correction at a time."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._bias = {key: bias for key, (bias, _) in prior.heads.items()}
        self._weights = {key: weights[:] for key, (_, weights) in prior.heads.items()}
        self.corrections = 0
        """How many corrections it has learned from."""

    @classmethod
    def prior(cls) -> LocalModel:
        """A model that knows only what was shipped."""
        return cls(shipped_prior())

    @property
    def intent(self) -> intent.IntentHead:
        """The sentence model."""
        return self._prior.intent

    @property
    def labels(self) -> frozenset[str]:
        """The labels it knows: the shipped ones and those it was corrected to."""
        return frozenset(self._bias)

    def scores(self, features: Features | bytes) -> dict[str, float]:
        """The probability of each label, adding up to 1."""
        odds = self._odds(_read(features))
        top = max(odds.values())
        raised = {key: math.exp(value - top) for key, value in odds.items()}
        total = sum(raised.values())
        return {key: value / total for key, value in raised.items()}

    def _odds(self, features: Features) -> dict[str, float]:
        words, signs = features.words, features.signs
        by_words, by_signs = _norm(words), _norm(signs)
        return {
            key: self._bias[key]
            + sum([weights[bucket] for bucket in words]) * by_words
            + sum([weights[bucket] for bucket in signs]) * by_signs
            for key, weights in self._weights.items()
        }

    def telling_words(self, mail: Mail, label: str, most: int = 2) -> list[str]:
        """The words of a mail that speak most for a label against the others; letters and spaces only."""
        own = self._weights.get(label)
        if own is None:
            return []
        rest = [weights for key, weights in self._weights.items() if key != label]
        weighed: dict[str, float] = {}
        for feature in word_features(mail):
            word = feature[2:]
            if len(word) > 3 and word.replace(" ", "").isalpha():
                bucket = bucket_of(feature)
                lead = own[bucket] - sum([weights[bucket] for weights in rest]) / max(1, len(rest))
                weighed[word] = max(weighed.get(word, 0.0), lead)
        best = sorted(weighed, key=lambda word: (-weighed[word], word))
        return [word for word in best[:most] if weighed[word] > 0.05]

    def learn(self, features: Features | bytes, label: str) -> None:
        """Take in that a mail with these features has this label, also one never seen before."""
        mail = _read(features)
        if label not in self._bias:
            self._bias[label] = _NEW_BIAS
            self._weights[label] = array("f", bytes(4 * BUCKETS))
        by_words, by_signs = _norm(mail.words), _norm(mail.signs)
        for _ in range(_PASSES):
            for key, probability in self.scores(mail).items():
                step = _RATE * ((key == label) - probability)
                weights = self._weights[key]
                for buckets, size in ((mail.words, step * by_words), (mail.signs, step * by_signs)):
                    for bucket in buckets:
                        weights[bucket] += size
                self._bias[key] += 0.1 * step
        self.corrections += 1

    def to_bytes(self) -> bytes:
        """What was learned, as the difference to the shipped prior."""
        tables, parts = [], []
        for key, weights in self._weights.items():
            base = self._base(key)
            changed = [bucket for bucket in range(BUCKETS) if weights[bucket] != base[bucket]]
            tables.append({"key": key, "bias": self._bias[key], "changed": len(changed)})
            parts.append(struct.pack(f"<{len(changed)}H", *changed))
            parts.append(struct.pack(f"<{len(changed)}f", *[weights[bucket] for bucket in changed]))
        head = json.dumps({"corrections": self.corrections, "tables": tables}).encode()
        body = zlib.compress(struct.pack("<I", len(head)) + head + b"".join(parts), 6)
        return _STATE_MAGIC + self._prior.digest + struct.pack("<I", zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, raw: bytes) -> LocalModel:
        """The model that `to_bytes` wrote, on top of the prior of this version.

        Raises:
            ModelCorrupt: Damaged, or learned on top of another prior; `prior()` and the stored corrections rebuild it.
        """
        prior = shipped_prior()
        rebuild = "Rebuild it from the stored corrections."
        if raw[:4] != _STATE_MAGIC or len(raw) < 16:
            raise ModelCorrupt("The stored mail model cannot be read.", rebuild)
        if raw[4:12] != prior.digest:
            raise ModelCorrupt("The stored mail model was learned on top of another version's weights.", rebuild)
        if struct.unpack_from("<I", raw, 12)[0] != zlib.crc32(raw[16:]):
            raise ModelCorrupt("The stored mail model is damaged.", rebuild)
        model = cls(prior)
        try:
            model._restore(zlib.decompress(raw[16:]))
        except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
            raise ModelCorrupt("The stored mail model is damaged.", rebuild) from error
        return model

    def _restore(self, body: bytes) -> None:
        (size,) = struct.unpack_from("<I", body)
        header = json.loads(body[4 : 4 + size])
        at = 4 + size
        for table in header["tables"]:
            key, count = str(table["key"]), int(table["changed"])
            buckets = struct.unpack_from(f"<{count}H", body, at)
            values = struct.unpack_from(f"<{count}f", body, at + 2 * count)
            at += 6 * count
            weights = self._base(key)[:]
            for bucket, value in zip(buckets, values, strict=True):
                weights[bucket] = value
            self._bias[key], self._weights[key] = float(table["bias"]), weights
        self.corrections = int(header["corrections"])

    def _base(self, key: str) -> array[float]:
        known = self._prior.heads.get(key)
        return known[1] if known else array("f", bytes(4 * BUCKETS))


def _norm(buckets: Sequence[int]) -> float:
    return 1 / math.sqrt(len(buckets)) if buckets else 0.0


def _read(features: Features | bytes) -> Features:
    return Features.from_bytes(features) if isinstance(features, bytes) else features
