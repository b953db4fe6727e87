"""Who decides about a mail, cheapest means first: rules, the sender's history, the local model; else it stays open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gainful.core.errors import Invalid
from gainful.core.mail import Action, Decision, Mail, Means, Priority
from gainful.jobs.triage.deciding import features as featuring
from gainful.jobs.triage.deciding.calibration import Thresholds, proposal_key
from gainful.jobs.triage.deciding.facts import Facts, PersonRule, RuleInvalid
from gainful.jobs.triage.deciding.features import Features
from gainful.jobs.triage.deciding.history import contradicts, history_verdict
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.local_model import LocalModel
from gainful.jobs.triage.deciding.priority import priority_of
from gainful.jobs.triage.deciding.rules import Signs, Verdict, read_signs, rule_verdict

DRAFT_FROM = 0.8
"""Probability of an awaited answer from which a draft is worth its writing."""
JUDGING = 20
"""Corrections from which a sender has to be judged before its mail is put away."""
MODEL_TRUST = 1.2
TRUSTED_AFTER = 100
"""Corrections from which the model has its full say, `MODEL_TRUST`, in the verdicts of rules and history."""
_UNWANTED = frozenset({"newsletter", "receipt", "junk"})
_OWN_RULE = 0.99


class AnswerUnusable(Invalid):
    """A language model's answer names no label of this account, or no probability."""

    code = "answer-unusable"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the local means make of one mail.

    Args:
        decision: What was decided, or that nothing was.
        scores: To be stored with the decision: the local probability by label, each means' proposal, `quiet`.
        features: To be stored as well: what a correction of this mail teaches. Holds no text.
        ask: A language model is worth asking: undecided, written by a person, and something to read.
    """

    decision: Decision
    scores: Mapping[str, float]
    features: bytes
    ask: bool


class Cascade:
    """Decides one mail at a time. Reads the model, never changes it.

    Args:
        labels: The account's labels.
        model: The person's local model.
        thresholds: How sure each means has to be.
        person_rules: The person's own rules; the first that fits decides.

    Raises:
        RuleInvalid: A rule gives a label that the account does not have.
    """

    def __init__(
        self, labels: LabelSet, model: LocalModel, thresholds: Thresholds, person_rules: Sequence[PersonRule] = ()
    ) -> None:
        for rule in person_rules:
            if rule.label not in labels:
                raise RuleInvalid(
                    f"A rule ({rule}) gives the label '{rule.label}', which does not exist.",
                    f"Choose one of {', '.join(labels)}, or add the label.",
                )
        self._labels = labels
        self._model = model
        self._thresholds = thresholds
        self._person_rules = tuple(person_rules)

    def decide(self, mail: Mail, facts: Facts) -> Opinion:
        """What the local means make of a mail. Never raises for what a mail contains."""
        signs = read_signs(mail, facts)
        if mail.problem:
            return Opinion(_left(f"Could not be read in full: {mail.problem}", 0.0, Priority.LATER), {}, b"", ask=False)
        asking = featuring.asking(self._model.intent, mail) if not signs.bulk else featuring.Asking()
        seen = featuring.extract(mail, facts, signs.hints(), asking)
        scores = self._scores(seen)
        replies = self._replies(scores, signs, asking)
        stored = dict(scores)
        stored["quiet"] = self._quiet(scores, facts)
        own = self._own_rule(mail, signs)
        if own is not None:
            decision = self._decision(mail, facts, signs, own, Means.RULE, replies, stored["quiet"], own_rule=True)
            return Opinion(decision, stored, seen.to_bytes(), ask=False)
        proposals = self._proposals(mail, facts, signs, scores)
        stored.update({proposal_key(means, verdict.label): verdict.probability for means, verdict in proposals})
        for means, verdict in proposals:
            if verdict.probability >= self._thresholds.least(means, verdict.label):
                decision = self._decision(mail, facts, signs, verdict, means, replies, stored["quiet"])
                return Opinion(decision, stored, seen.to_bytes(), ask=False)
        return self._open(mail, facts, signs, scores, stored, seen, replies)

    def settle(
        self,
        opinion: Opinion,
        mail: Mail,
        facts: Facts,
        label: str,
        probability: float,
        needs_reply: float,
        reason: str,
    ) -> Opinion:
        """The opinion after a language model's answer. It may label and draft; it can never put mail away.

        The answer was made from text that a stranger wrote, so it earns no more than a contained effect.

        Raises:
            AnswerUnusable: The label is not the account's, or a probability is not between 0 and 1.
        """
        if label not in self._labels:
            raise AnswerUnusable(
                f"The answer gives the label '{label[:60]}'.", f"Expected one of {', '.join(self._labels)}."
            )
        if not (0 <= probability <= 1 and 0 <= needs_reply <= 1):
            raise AnswerUnusable("The answer's probabilities are not between 0 and 1.", "The mail stays undecided.")
        if probability < self._thresholds.least(Means.LANGUAGE, label):
            name = self._labels[label].name
            why = f"No means was sure enough; the language model's guess is {name} ({probability:.0%})"
            return replace(opinion, decision=replace(opinion.decision, reason=why), ask=False)
        signs = read_signs(mail, facts)
        verdict = Verdict(label, probability, reason)
        decision = self._decision(mail, facts, signs, verdict, Means.LANGUAGE, needs_reply, quiet=0.0)
        return replace(opinion, decision=decision, ask=False)

    def _scores(self, seen: Features) -> dict[str, float]:
        """The model's probabilities over the labels that the account has now."""
        scores = {key: value for key, value in self._model.scores(seen).items() if key in self._labels}
        total = sum(scores.values()) or 1.0
        return {key: value / total for key, value in scores.items()}

    def _quiet(self, scores: Mapping[str, float], facts: Facts) -> float:
        """How surely nobody misses the mail in the inbox: nothing is asked, and the person agreed about its sender.

        Some newsletters are dear to their reader, and only the reader can tell. So a sender's first mail is never put
        away, and once the person has begun to judge mail, only that of senders of whom they called something
        archivable.
        """
        agreed = any(key in self._labels and self._labels[key].archive for key in facts.sender.truths)
        if not agreed and (not facts.sender.received or self._model.corrections >= JUDGING):
            return 0.0
        return 1 - sum(value for key, value in scores.items() if self._labels[key].action)

    def _own_rule(self, mail: Mail, signs: Signs) -> Verdict | None:
        for rule in self._person_rules:
            # A forged sender must not profit from a rule that the person made for the real one.
            if rule.fits(mail) and not (signs.forged and rule.from_):
                return Verdict(rule.label, _OWN_RULE, f"Your own rule says so ({rule})")
        return None

    def _proposals(
        self, mail: Mail, facts: Facts, signs: Signs, scores: Mapping[str, float]
    ) -> list[tuple[Means, Verdict]]:
        found: list[tuple[Means, Verdict]] = []
        rule = rule_verdict(mail, facts, signs) or self._keyword_verdict(mail)
        if rule is not None and (rule.proof or not contradicts(facts.sender.truths, rule.label)):
            found.append((Means.RULE, self._weighed(rule, scores)))
        past = history_verdict(facts, signs)
        if past is not None and past.label in self._labels:
            found.append((Means.HISTORY, self._weighed(past, scores)))
        label = max(scores, key=lambda key: (scores[key], key))
        found.append((Means.LOCAL, Verdict(label, scores[label], self._local_reason(mail, label))))
        return found

    def _weighed(self, verdict: Verdict, scores: Mapping[str, float]) -> Verdict:
        """The verdict with the model's view of the text weighed in, the more the model was corrected.

        A sender's usual kind of mail says little about the one that, for once, asks for something.
        """
        if verdict.proof or verdict.to_others:
            return verdict
        trust = min(MODEL_TRUST, MODEL_TRUST * self._model.corrections / TRUSTED_AFTER)
        odds = _log_odds(verdict.probability) + trust * _log_odds(scores.get(verdict.label, 0.5))
        return replace(verdict, probability=1 / (1 + math.exp(-odds)))

    def _keyword_verdict(self, mail: Mail) -> Verdict | None:
        """What the keywords of the person's labels say, where exactly one label has a hit."""
        text = f"{mail.subject}\n{mail.text[:2000]}".casefold()
        hits = {key: word for key, label in self._labels.items() for word in label.keywords if word.casefold() in text}
        if len(hits) != 1:
            return None
        ((key, word),) = hits.items()
        return Verdict(key, 0.85, f"Contains '{word}', which you gave as a sign of {self._labels[key].name}")

    def _local_reason(self, mail: Mail, label: str) -> str:
        words = self._model.telling_words(mail, label)
        name = self._labels[label].name
        reads = f"Reads like mail you call {name}" if self._model.corrections else f"Reads like {name}"
        return reads + (f": “{'”, “'.join(words)}”" if words else "")

    def _replies(self, scores: Mapping[str, float], signs: Signs, asking: featuring.Asking) -> float:
        """Probability that the writer waits for an answer."""
        if not signs.by_person:
            return 0.02
        waits = scores.get("needs_reply", 0.0)
        other = scores.get("meeting", 0.0) + scores.get("todo", 0.0)
        asks = 1 / (1 + math.exp(-max(-20.0, min(20.0, asking.most))))
        return min(1.0, waits + other * asks)

    def _decision(
        self,
        mail: Mail,
        facts: Facts,
        signs: Signs,
        verdict: Verdict,
        means: Means,
        replies: float,
        quiet: float,
        own_rule: bool = False,
    ) -> Decision:
        label = self._labels[verdict.label]
        if verdict.label == "needs_reply":
            replies = max(replies, verdict.probability)
        elif not label.action and means is not Means.LANGUAGE:
            replies = min(replies, 1 - verdict.probability)
        also = [key for key in verdict.also if key in self._labels]
        if label.action and replies >= DRAFT_FROM and verdict.label != "needs_reply":
            also.append("needs_reply")
        labels = tuple(dict.fromkeys((verdict.label, *also)))
        sure = own_rule or quiet >= self._thresholds.least_quiet(means, verdict.label)
        action = Action.LABEL
        if label.archive and sure and not self.protected(facts, labels):
            action = Action.ARCHIVE
        elif "needs_reply" in labels and replies >= DRAFT_FROM and signs.by_person and not (signs.forged or signs.own):
            action = Action.DRAFT
        return Decision(
            labels=labels,
            probability=round(verdict.probability, 4),
            needs_reply=round(replies, 4),
            priority=priority_of(
                mail, facts, action=label.action, by_person=signs.by_person, unwanted=verdict.label in _UNWANTED
            ),
            action=action,
            decided_by=means,
            reason=verdict.reason,
        )

    def protected(self, facts: Facts, labels: Sequence[str]) -> bool:
        """Whether mail must never be put away: it asks for action, or comes from somebody the person cares about."""
        acts = any(self._labels[key].action for key in labels)
        return acts or facts.vip or facts.thread_mine or facts.sender.written_to or facts.sender.kept > 0

    def _open(
        self,
        mail: Mail,
        facts: Facts,
        signs: Signs,
        scores: Mapping[str, float],
        stored: Mapping[str, float],
        seen: Features,
        replies: float,
    ) -> Opinion:
        """Undecided: left in the inbox, and it says so."""
        guess = max(scores, key=lambda key: (scores[key], key))
        why = f"No means was sure enough; the best guess is {self._labels[guess].name} ({scores[guess]:.0%})"
        urgent = priority_of(mail, facts, action=True, by_person=signs.by_person, unwanted=guess in _UNWANTED)
        unwanted = scores.get("junk", 0.0) + scores.get("newsletter", 0.0)
        readable = bool(mail.text.strip() or mail.subject.strip())
        ask = signs.by_person and readable and not (signs.own or signs.forged or signs.spam_verdict) and unwanted < 0.5
        decision = replace(_left(why, replies, urgent), probability=round(scores[guess], 4))
        return Opinion(decision, stored, seen.to_bytes(), ask=ask)


def _log_odds(probability: float) -> float:
    kept = min(1 - 1e-6, max(1e-6, probability))
    return math.log(kept / (1 - kept))


def _left(reason: str, replies: float, priority: Priority) -> Decision:
    return Decision(
        labels=(),
        probability=0.0,
        needs_reply=round(replies, 4),
        priority=priority,
        action=Action.LEAVE,
        decided_by=Means.UNDECIDED,
        reason=reason,
    )
