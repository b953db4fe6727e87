"""What a person wants to know in the morning: what came, what needs them, what was put away, what it cost and saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from gainful.core.evidence import Standing, Truth
from gainful.core.mail import Action, Decided, Means, Priority
from gainful.core.money import Money, Tokens
from gainful.core.run import Run
from gainful.gate.journal import Kind, Settled, State
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.ledger.report import Spending

_URGENCY = {Priority.NOW: 0, Priority.TODAY: 1, Priority.LATER: 2, Priority.NONE: 3}


@dataclass(frozen=True, slots=True)
class Brief:
    """The state of an inbox since a moment.

    Args:
        came: How many mails were decided about.
        needs_you: Mails with an action label, most urgent first.
        undecided: Mails that no means was sure about; they are where they were.
        drafts: Mails for which a draft waits.
        put_away: Mails archived, by label name.
        filed: The same mails, each with why.
        previewed: Mails that would be put away by a run with `--apply`.
        uncertain: Effects that may or may not have happened.
        rejected: What the person took back or corrected.
        saved: Time that mail put away has saved, by the person's own statement; None without one. Mail that the person
            took back does not count.
        runs: Newest first.
    """

    since: datetime
    until: datetime
    came: int
    needs_you: tuple[Decided, ...]
    undecided: tuple[Decided, ...]
    drafts: tuple[Decided, ...]
    put_away: Mapping[str, int]
    previewed: int
    uncertain: tuple[Settled, ...]
    rejected: tuple[Truth, ...]
    tokens: Tokens
    cost: Money
    saved: timedelta | None
    runs: tuple[Run, ...]
    filed: tuple[Decided, ...] = ()


def brief_of(
    decided: Sequence[Decided],
    runs: Sequence[Run],
    truths: Sequence[Truth],
    effects: Sequence[Settled],
    spent: Spending,
    labels: LabelSet,
    seconds_per_mail: Decimal | None,
    since: datetime,
    until: datetime,
) -> Brief:
    """The brief over what was decided, done and said since then.

    Args:
        spent: By all jobs since then, drafts and failed calls included.
        seconds_per_mail: What the person states that one mail put away saves them.
    """
    away = {item.effect.mail_id for item in effects if _stands(item, Kind.MOVE)}
    drafted = {item.effect.mail_id for item in effects if _stands(item, Kind.DRAFT)}
    rejected = tuple(truth for truth in truths if truth.standing is Standing.REJECTED)
    good = away - {truth.mail_id for truth in rejected}
    put_away = Counter(
        labels[item.decision.label].name for item in decided if item.record.id in away and item.decision.label in labels
    )
    saved = timedelta(seconds=float(seconds_per_mail * len(good))) if seconds_per_mail is not None else None
    return Brief(
        since=since,
        until=until,
        came=len(decided),
        needs_you=tuple(sorted((item for item in decided if _asks(item, labels)), key=_urgency)),
        undecided=tuple(item for item in decided if item.decision.decided_by is Means.UNDECIDED),
        drafts=tuple(item for item in decided if item.record.id in drafted),
        put_away=put_away,
        previewed=sum(_would_go(item, runs) for item in decided),
        uncertain=tuple(item for item in effects if item.state is State.UNCERTAIN),
        rejected=rejected,
        tokens=spent.tokens,
        cost=spent.cost,
        saved=saved,
        runs=tuple(runs),
        filed=tuple(item for item in decided if item.record.id in away and item.decision.label in labels),
    )


def _stands(item: Settled, kind: Kind) -> bool:
    return item.effect.kind is kind and item.state is State.DONE and not item.effect.reverses


def _asks(item: Decided, labels: LabelSet) -> bool:
    return any(key in labels and labels[key].action for key in item.decision.labels)


def _urgency(item: Decided) -> tuple[int, float]:
    return (_URGENCY[item.decision.priority], -item.record.received_at.timestamp())


def _would_go(item: Decided, runs: Sequence[Run]) -> bool:
    previews = {run.id for run in runs if not run.applied}
    return item.decision.action is Action.ARCHIVE and item.run_id in previews
