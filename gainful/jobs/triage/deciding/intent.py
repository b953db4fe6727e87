"""Does a sentence ask somebody to act? A linear model over words, word classes and positions.

Word classes ("you", "can", "please", a day, a question word) carry over to sentences whose words were never seen;
on held-out data they raise F1 by two points over words alone, where character n-grams raise nothing.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

BITS = 16
_MASK = (1 << BITS) - 1

_TOKEN = re.compile(
    r"https?://\S+|www\.\S+|\$LINK|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{1,64}"
    r"|\d+(?:[:.,/-]\d+)*(?:\s?[ap]\.?m\b)?|[^\W\d_]+(?:['’][^\W\d_]+)*|[?!:;,()\"$%&]|\.{2,}|\.",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"[ap]\.?m|:\d\d", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[^\W_])|\n\s*\n|\n(?=\s*[-*•]\s)")
_VOCATIVE = re.compile(r"\s*(?:hi|hello|hey|dear)?\s*[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?\s*[,:-]+\s*(.*)", re.DOTALL)
_CAPITALS = re.compile(r"\b[A-Z]{3,}\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")

_CLASSES = {
    "YOU": "you your yours u ya yourself du dir dich dein deine deinen ihr ihnen ihre sie vous votre vos tu ton ta te "
    "toi usted tú tus su",
    "I": "i i'm i've i'd i'll me my mine myself ich mir mich mein meine je j'ai moi mon ma yo mi",
    "WE": "we us our ours we're we've we'll we'd let's wir uns unser unsere nous notre nos nosotros nuestro",
    "THEY": "he she they him them her his their it its it's he's she's they're this that these those er es dieser "
    "diese dieses il elle ils ce cette él ella ellos esto",
    "MAY": "can could would will may might shall can't couldn't won't wouldn't kannst können könnten könntest würden "
    "würdest darf peux pouvez pourriez pourrais puis-je puede puedes podría podrías pouvons",
    "MUST": "should must need needs needed have has ought required muss musst müssen sollte sollen dois devez doit il "
    "faut debe debes tienes necesito necesita brauche brauchen",
    "DO": "do does did don't didn't doesn't is are was were isn't aren't am be been being ist sind bist sein est "
    "êtes es-tu êtes-vous suis son está están",
    "ASK": "what when where who whom whose which why how what's who's where's how's when's wer wann wo wie warum "
    "welche welcher welches wieviel qui quand où comment pourquoi quel quelle qué cuándo dónde quién cómo cuál cuánto",
    "PLEASE": "please pls plz kindly thanks thank appreciate appreciated grateful bitte danke merci s'il gracias favor",
    "ACT": "send call give let check review confirm forward sign fill provide advise reply respond contact email "
    "e-mail mail ask tell bring prepare update schedule arrange set get make take look read print fax submit "
    "complete return follow discuss talk meet join come attend include add remove change move cancel book order buy "
    "keep remind coordinate note help work find see try visit verify approve draft write speak touch handle start "
    "finish pass share put go use click copy download open schicken schicke senden prüfen geben melden unterschreiben "
    "ausfüllen bestätigen envoyer envoyez confirmer vérifier signer répondre compléter enviar envía confirmar revisar "
    "firmar responder completar",
    "WISH": "want wanted like love wish hope hoping plan planning try trying going gonna interested able willing "
    "möchte möchten gerne souhaite voudrais aimerais quiero quisiera gustaría",
    "KNOW": "know understand think believe feel sure guess remember hear heard said told weiß denke glaube meinen sais "
    "pense crois sé creo pienso",
    "DAY": "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun today "
    "tomorrow tonight morning afternoon evening noon week month asap soon montag dienstag mittwoch donnerstag freitag "
    "samstag sonntag heute morgen woche lundi mardi mercredi jeudi vendredi samedi dimanche demain semaine lunes "
    "martes miércoles jueves viernes sábado domingo hoy mañana semana",
    "MEETING": "meeting lunch dinner conference appointment breakfast coffee drink invite invitation besprechung "
    "termin treffen réunion rendez-vous reunión cita",
    "IF": "if unless whether falls ob wenn si",
    "NOT": "not no never none nothing cannot nicht kein keine nichts pas rien nada nunca",
    "PAST": "had went received sent spoke talked called met discussed got reviewed attended came gave took made habe "
    "haben hatte wurde avons reçu fait hemos recibido",
}
_CLASS = {word: name for name, words in _CLASSES.items() for word in words.split()}
_MARKS = '.,;:()"!'


def sentences(text: str, most: int = 12) -> list[str]:
    """The first sentences of a text, at most 400 characters each; fragments of a word or less are left out."""
    parts = (part.strip()[:400] for part in _SENTENCE.split(text[:4000]))
    return [part for part in parts if len(part) > 6][:most]


def tokens(sentence: str) -> list[str]:
    """Lower-case words and marks; addresses, links, times and numbers stand as their kind."""
    return [_kind(match.group()) for match in _TOKEN.finditer(sentence)]


def _kind(token: str) -> str:
    word = token.lower().replace("’", "'")
    if word.startswith(("http", "www.", "$link")):
        return "<url>"
    if "@" in word:
        return "<addr>"
    if word[0].isdigit():
        if _CLOCK.search(word):
            return "<time>"
        return "<phone>" if sum(map(str.isdigit, word)) >= 7 else "<num>"
    return "..." if word.startswith("..") else word


def features(sentence: str) -> list[int]:
    """The buckets of a sentence's features, sorted, each once."""
    plain = tokens(sentence)
    words = ["<s>", *plain, "</s>"]
    kinds = [_CLASS.get(word, word if word[0] in '<?!:;,()"$.%&' else "w") for word in words]
    found = ["w " + word for word in words]
    found += [f"w {a} {b}" for a, b in pairwise(words)]
    found += [f"k {a} {b}" for a, b in zip(words, words[2:], strict=False)]
    found += [f"c {a} {b}" for a, b in pairwise(kinds)]
    found += [f"c {a} {b} {c}" for a, b, c in zip(kinds, kinds[1:], kinds[2:], strict=False)]
    found += [f"c {' '.join(kinds[i : i + 4])}" for i in range(len(kinds) - 3)]
    found += _opening(sentence, plain)
    found += _shape(sentence, plain, kinds)
    return sorted({crc32(feature.encode()) & _MASK for feature in found})


def _opening(sentence: str, plain: Sequence[str]) -> list[str]:
    """How the sentence begins and ends, past "Hi Name,"."""
    words = [word for word in plain if word[0] not in _MARKS]
    if not words:
        return ["empty"]
    kinds = [_CLASS.get(word, "w") for word in words]
    found = [f"p1 {words[0]}", f"p2 {' '.join(words[:2])}", f"p3 {' '.join(words[:3])}", f"e1 {words[-1]}"]
    found += [f"e2 {' '.join(words[-2:])}", f"q1 {kinds[0]}", f"q2 {' '.join(kinds[:2])}", f"q3 {' '.join(kinds[:3])}"]
    vocative = _VOCATIVE.match(sentence)
    if vocative and vocative.group(1):
        after = [word for word in tokens(vocative.group(1)) if word[0] not in _MARKS][:3]
        if after:
            found += [
                "voc",
                f"v1 {after[0]}",
                f"v2 {' '.join(after[:2])}",
                f"p1 {after[0]}",
                f"p2 {' '.join(after[:2])}",
            ]
            found.append(f"q1 {_CLASS.get(after[0], 'w')}")
    return found


def _shape(sentence: str, plain: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Length, marks, capitals, and which word classes occur together."""
    letters = [char for char in sentence if char.isalpha()]
    capitals = sum(map(str.isupper, letters)) / max(1, len(letters))
    last = sentence.rstrip()[-1:]
    found = [
        f"length {min(12, int(len(plain) ** 0.5 * 2))}",
        f"end {'a' if last.isalnum() else last}",
        f"upper {int(capitals * 6)}",
        f"shouted {min(3, len(_CAPITALS.findall(sentence)))}",
        f"names {min(3, len(_NAME.findall(sentence)))}",
    ]
    if "?" in sentence:
        found.append("has ?")
    if "!" in sentence:
        found.append("has !!" if sentence.count("!") > 1 else "has !")
    if "<url>" in plain:
        found.append("has url")
    classes = sorted(kind for kind in set(kinds) if kind.isalpha() and kind.isupper())
    found += [f"C {kind}" for kind in classes]
    found += [f"CC {a} {b}" for i, a in enumerate(classes) for b in classes[i + 1 :]]
    return found


class IntentHead:
    """A trained linear model over `features`.

    Args:
        weights: One weight for each of 2**16 buckets.
        bias: Added to the sum.
        threshold: Score from which a sentence counts as asking; chosen on training data alone.
    """

    def __init__(self, weights: array[float], bias: float, threshold: float) -> None:
        self.weights = weights
        self.bias = bias
        self.threshold = threshold

    def score(self, sentence: str) -> float:
        """How far the sentence lies on the asking side, in log-odds; 0 is the threshold."""
        return self.weigh(features(sentence))

    def weigh(self, buckets: Sequence[int]) -> float:
        """The same for a sentence whose features are known."""
        weights = self.weights
        total: float = sum([weights[bucket] for bucket in buckets])
        return total / math.sqrt(max(1, len(buckets))) + self.bias - self.threshold

    def asks(self, sentence: str) -> bool:
        """Whether the sentence asks for, or commits to, an action."""
        return self.score(sentence) > 0
