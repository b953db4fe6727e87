"""Asks the language model about mails that stayed undecided, and puts its answers through the cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gainful.core.mail import Action, Decided, Mail
from gainful.jobs.triage import learn
from gainful.jobs.triage.act import Writer
from gainful.jobs.triage.deciding.cascade import AnswerUnusable, Cascade, Opinion
from gainful.jobs.triage.deciding.facts import Facts
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.language import LanguageAnswer, MailLanguage
from gainful.jobs.triage.settings import Drafts


class LanguageConsultant:
    """The language model's part of a triage run.

    Args:
        drafts: Who writes the text of drafts.
        owner_name: Signs them.
    """

    def __init__(self, language: MailLanguage, drafts: Drafts, owner_name: str) -> None:
        self._language = language
        self._drafts = drafts
        self._owner_name = owner_name

    def consult(self, desk: Desk, cascade: Cascade, run_id: str, decided: Sequence[Decided]) -> list[Decided]:
        """The decisions that changed: by the model's answer, or by the reason why it gave none."""
        # A process that died in the middle of a question leaves it open in the books; nobody else asks for this run.
        self._language.recover(run_id)
        texts = desk.read_records([item.record for item in decided])
        asked = [item for item in decided if item.record.id in texts]
        answers = self._language.ask_about([(item.record.id, texts[item.record.id]) for item in asked], run_id)
        if not answers:
            return [_unanswered(item, self._language.problem) for item in asked if self._language.problem]
        about = learn.senders(desk, [(item.record, texts[item.record.id]) for item in asked])
        changed = []
        for item in asked:
            mail, answer = texts[item.record.id], answers.get(item.record.id)
            if answer is not None:
                facts = about.facts(desk, item.record, mail, desk.clock())
                opinion = Opinion(item.decision, item.scores, item.features, ask=True)
                changed.append(self._changed(item, _settled(cascade, opinion, mail, facts, answer), answer))
        return changed

    def writer(self, run_id: str) -> Writer | None:
        """Writes replies where the person wants the model to; None otherwise."""
        if self._drafts is not Drafts.MODEL:
            return None
        self._language.recover(run_id)

        def write(mail_id: str, mail: Mail) -> str | None:
            return self._language.draft_reply(mail, mail_id, self._owner_name, run_id)

        return write

    def _changed(self, item: Decided, opinion: Opinion, answer: LanguageAnswer) -> Decided:
        decision = replace(opinion.decision, tokens=answer.tokens, cost=answer.cost.amount)
        if decision.action is Action.DRAFT and self._drafts is Drafts.OFF:
            decision = replace(decision, action=Action.LABEL)
        return replace(item, decision=decision)


def _settled(cascade: Cascade, opinion: Opinion, mail: Mail, facts: Facts, answer: LanguageAnswer) -> Opinion:
    try:
        return cascade.settle(opinion, mail, facts, answer.label, answer.probability, answer.needs_reply, answer.reason)
    except AnswerUnusable:
        # It was paid for all the same: the mail stays open, with its cost.
        return opinion


def _unanswered(item: Decided, problem: str) -> Decided:
    return replace(item, decision=replace(item.decision, reason=f"{item.decision.reason}. {problem}"))
