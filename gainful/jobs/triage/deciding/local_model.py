"""A small model of one person's mail: one linear head per label, joined by softmax, learning from each correction.

Pure standard library: scikit-learn would add 200 MB to the install and cannot be updated by one example for less than
a refit. Weights lie in flat float arrays, one per label; what was learned is stored as the difference to the prior.
"""

from __future__ import annotations

import json
import math
import random
import struct
import zlib
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from gainful.core.errors import Broken
from gainful.core.mail import Mail
from gainful.jobs.triage.deciding import intent
from gainful.jobs.triage.deciding.features import BITS, Features, FeaturesCorrupt, bucket_of, word_features

BUCKETS = 1 << BITS
_PRIOR_MAGIC = b"GTP1"
_STATE_MAGIC = b"GTM1"
_NEW_BIAS = -2.5
_RATE = 0.15
_FIRST_SQUARE = 0.003
_FIRST_MOVED = array("f", [_FIRST_SQUARE])[0]
_REHEARSED = 8
_REMEMBERED = 400


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
    return unpack_prior((files("gainful.jobs.triage.deciding.prior") / "weights.bin").read_bytes())


class LocalModel:
    """The labels' probabilities for one person's mail. Deterministic; learns one correction at a time."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._bias = {key: bias for key, (bias, _) in prior.heads.items()}
        self._weights = {key: weights[:] for key, (_, weights) in prior.heads.items()}
        self._moved = array("f", [_FIRST_SQUARE]) * BUCKETS
        self._memory: list[tuple[Features, str]] = []
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
        groups = features.groups
        odds = {}
        for key, weights in self._weights.items():
            total = self._bias[key]
            for buckets, value in groups:
                total += sum([weights[bucket] for bucket in buckets]) * value
            odds[key] = total
        return odds

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
        """Take in that a mail with these features has this label, also one never seen before.

        A few earlier corrections are rehearsed with each new one, so that the last word does not drown the others.
        """
        mail = _read(features)
        if label not in self._bias:
            self._bias[label] = _NEW_BIAS
            self._weights[label] = array("f", bytes(4 * BUCKETS))
        chance = random.Random(self.corrections)  # noqa: S311 -- which examples are rehearsed is no secret
        self._step(mail, label)
        for earlier, its_label in chance.sample(self._memory, min(_REHEARSED, len(self._memory))):
            self._step(earlier, its_label)
        self._memory.append((mail, label))
        del self._memory[:-_REMEMBERED]
        self.corrections += 1

    def _step(self, mail: Features, label: str) -> None:
        """One gradient step. Buckets that were moved before move less, so rare words are learned at once.

        Source: Duchi, Hazan and Singer, JMLR 12 (2011), adaptive gradients; one sum of squares for all labels.
        """
        pulls = {key: (key == label) - probability for key, probability in self.scores(mail).items()}
        square = sum([pull * pull for pull in pulls.values()])
        moved = self._moved
        for buckets, value in mail.groups:
            for bucket in buckets:
                moved[bucket] += square * value * value
            rates = [_RATE * value / math.sqrt(moved[bucket]) for bucket in buckets]
            for key, pull in pulls.items():
                weights = self._weights[key]
                for bucket, rate in zip(buckets, rates, strict=True):
                    weights[bucket] += pull * rate
        for key, pull in pulls.items():
            self._bias[key] += 0.05 * pull

    def to_bytes(self) -> bytes:
        """What was learned, as the difference to the shipped prior."""
        changed = [bucket for bucket in range(BUCKETS) if self._moved[bucket] > _FIRST_MOVED]
        parts = [struct.pack(f"<{len(changed)}H", *changed)]
        parts += [
            struct.pack(f"<{len(changed)}f", *[table[bucket] for bucket in changed])
            for table in (self._moved, *self._weights.values())
        ]
        remembered = [(label, mail.to_bytes()) for mail, label in self._memory]
        memory = [[label, len(raw)] for label, raw in remembered]
        about = {"corrections": self.corrections, "changed": len(changed), "biases": self._bias, "memory": memory}
        head = json.dumps(about).encode()
        parts += [raw for _, raw in remembered]
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
        except (ValueError, KeyError, TypeError, struct.error, zlib.error, FeaturesCorrupt) as error:
            raise ModelCorrupt("The stored mail model is damaged.", rebuild) from error
        return model

    def _restore(self, body: bytes) -> None:
        (size,) = struct.unpack_from("<I", body)
        header = json.loads(body[4 : 4 + size])
        at = 4 + size
        count = int(header["changed"])
        changed = struct.unpack_from(f"<{count}H", body, at)
        at += 2 * count
        tables = [self._moved]
        for key, bias in header["biases"].items():
            self._bias[key] = float(bias)
            self._weights.setdefault(key, array("f", bytes(4 * BUCKETS)))
            tables.append(self._weights[key])
        for table in tables:
            for bucket, value in zip(changed, struct.unpack_from(f"<{count}f", body, at), strict=True):
                table[bucket] = value
            at += 4 * count
        for label, length in header["memory"]:
            self._memory.append((Features.from_bytes(body[at : at + length]), str(label)))
            at += length
        self.corrections = int(header["corrections"])


def _read(features: Features | bytes) -> Features:
    return Features.from_bytes(features) if isinstance(features, bytes) else features
