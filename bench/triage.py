"""How well the local means decide: `python -m bench.triage [--quick] [--data ../shared/data/email] --json FILE`.

Three parts. *Intent*: the shipped sentence model on the held-out part of labelled sentences. *Parsing*: every raw test
mail through the reader that the product uses. *Mailbox*: simulated mailboxes; while the first 600
mails arrive, the owner sits down ten times and judges 20 mails that `worth_reviewing` (the order of `gainful review`)
shows; then 800 later mails are measured, those of judged threads left out.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.report import options, publish
from bench.simulation import OWNER, SimulatedMail, contacts, generate
from gainful.core.mail import Action, Mail, Means
from gainful.jobs.triage.deciding.calibration import Observation, Thresholds, upper_bound
from gainful.jobs.triage.deciding.cascade import Cascade, Opinion
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory, domain_of
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.deciding.local_model import LocalModel
from gainful.jobs.triage.deciding.teaching import Open, worth_reviewing
from gainful.jobs.triage.reading.mime import read_mail
from gainful.jobs.triage.reading.reader import Reader
from tools.train_prior import f1_figures, is_held_out, read_intent

CORRECTIONS = 200
FIRST_PART = 600
LATER_PART = 800
FULL_SEEDS = tuple(range(501, 531))
QUICK_SEEDS = (501, 502)
A_DAY = 60
A_SITTING = CORRECTIONS * A_DAY // FIRST_PART
SLOW_SECONDS = 2.0


@dataclass
class Mailbox:
    """What the owner's mailbox knows when a mail arrives: kept the way the product's store keeps it."""

    owner: frozenset[str]
    written: set[str]
    received: Counter[str] = field(default_factory=Counter)
    replied: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    truths: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    thread_truths: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def facts(self, mail: Mail, simulated: SimulatedMail) -> Facts:
        """What was known before this mail."""
        address, domain = mail.from_addr, domain_of(mail.from_addr)
        others: Counter[str] = Counter()
        for known, counts in self.truths.items():
            if known != address and domain_of(known) == domain:
                others.update(counts)
        sender = SenderHistory(
            received=self.received[address],
            truths=dict(self.truths.get(address, {})),
            domain_truths=dict(others),
            replied=self.replied[address],
            written_to=address in self.written,
            kept=self.kept[address],
        )
        threads = dict(self.thread_truths.get(simulated.thread, {}))
        return Facts(self.owner, sender, simulated.thread_mine, False, simulated.sent_at, threads)

    def arrived(self, mail: Mail, simulated: SimulatedMail) -> None:
        """Count the mail, and the owner's answer to it."""
        self.received[mail.from_addr] += 1
        if simulated.answered:
            self.replied[mail.from_addr] += 1
            self.written.add(mail.from_addr)

    def judged(self, mail: Mail, simulated: SimulatedMail, labels: LabelSet) -> None:
        """Take in what the owner said about it."""
        self.truths[mail.from_addr][simulated.said] += 1
        self.thread_truths[simulated.thread][simulated.said] += 1
        if simulated.keep and labels[simulated.said].archive:
            self.kept[mail.from_addr] += 1


@dataclass
class Measured:
    """Counts over later mail, pooled over seeds."""

    mails: int = 0
    decided: int = 0
    wrong: int = 0
    archived: int = 0
    threads: Counter[str] = field(default_factory=Counter)
    means: Counter[Means] = field(default_factory=Counter)
    means_wrong: Counter[Means] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)
    truths_decided: Counter[str] = field(default_factory=Counter)
    truths_wrong: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    archive_threads: dict[str, bool] = field(default_factory=dict)
    per_seed: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Waiting:
    """A triaged mail about which the owner has not spoken."""

    mail: Mail
    simulated: SimulatedMail
    opinion: Opinion
    protected: bool


class Owner:
    """One simulated owner with the product's means: triage as mail arrives, and a sitting of `gainful review` a day.

    Args:
        seed: Which mailbox.
    """

    def __init__(self, seed: int) -> None:
        self.labels = LabelSet.standard()
        self.model = LocalModel.prior()
        self.box = Mailbox(frozenset({OWNER}), set(contacts(seed)))
        self.observations: list[Observation] = []
        self.judged_threads: set[str] = set()
        self._waiting: list[Waiting] = []
        self._chance = random.Random(f"judged {seed}")
        self.cascade = Cascade(self.labels, self.model, Thresholds.shipped())

    def receive(self, simulated: SimulatedMail) -> None:
        """Triage a mail that arrives while the owner still teaches."""
        mail = read_mail(simulated.raw)
        facts = self.box.facts(mail, simulated)
        opinion = self.cascade.decide(mail, facts)
        self._waiting.append(Waiting(mail, simulated, opinion, self.cascade.protected(facts, ())))
        self.box.arrived(mail, simulated)

    def review(self, count: int) -> None:
        """One sitting: so many mails get the owner's word; then the thresholds are fitted anew."""
        items = [Open(w.opinion.decision, w.mail.from_addr in self.box.truths) for w in self._waiting]
        chosen = worth_reviewing(items, count, self._chance)
        for index in chosen:
            waiting = self._waiting[index]
            simulated, opinion = waiting.simulated, waiting.opinion
            wanted = self.labels[simulated.said].archive and not simulated.keep
            self.observations.append(
                Observation(opinion.scores, simulated.said, simulated.thread, wanted, waiting.protected)
            )
            self.model.learn(opinion.features, simulated.said)
            self.box.judged(waiting.mail, simulated, self.labels)
            self.judged_threads.add(simulated.thread)
        self._waiting = [w for index, w in enumerate(self._waiting) if index not in set(chosen)]
        self.cascade = Cascade(self.labels, self.model, Thresholds.fitted(self.observations))


def measure_mailbox(seed: int, total: Measured) -> None:
    """One simulated mailbox: learn on the first part, count on later mail of other threads."""
    owner = Owner(seed)
    mails = list(generate(seed, FIRST_PART + LATER_PART))
    for number, simulated in enumerate(mails[:FIRST_PART], 1):
        owner.receive(simulated)
        if number % A_DAY == 0:
            owner.review(A_SITTING)
    before = (total.decided, total.wrong, total.mails)
    for simulated in mails[FIRST_PART:]:
        mail = read_mail(simulated.raw)
        if simulated.thread not in owner.judged_threads:
            facts = owner.box.facts(mail, simulated)
            _count(total, owner.cascade, owner.labels, seed, mail, facts, simulated)
        owner.box.arrived(mail, simulated)
    decided, wrong, count = total.decided - before[0], total.wrong - before[1], total.mails - before[2]
    total.per_seed.append((decided / count, wrong / max(1, decided)))


def _count(
    total: Measured, cascade: Cascade, labels: LabelSet, seed: int, mail: Mail, facts: Facts, simulated: SimulatedMail
) -> None:
    opinion = cascade.decide(mail, facts)
    decision = opinion.decision
    total.mails += 1
    total.truths[simulated.truth] += 1
    total.means[decision.decided_by] += 1
    total.asked += opinion.ask
    if decision.decided_by is not Means.UNDECIDED:
        failed = decision.label != simulated.truth
        total.decided += 1
        total.wrong += failed
        total.truths_decided[simulated.truth] += 1
        total.truths_wrong[simulated.truth] += failed
        total.means_wrong[decision.decided_by] += failed
    if decision.action is Action.ARCHIVE:
        total.archived += 1
        thread = f"{seed} {simulated.thread}"
        bad = simulated.keep or not labels[simulated.truth].archive
        total.archive_threads[thread] = total.archive_threads.get(thread, False) or bad


def mailbox_figures(total: Measured) -> dict[str, float]:
    """The marks' figures from pooled counts."""
    failed, threads = sum(total.archive_threads.values()), len(total.archive_threads)
    return {
        "no_model_share": total.decided / total.mails,
        "no_model_error": total.wrong / max(1, total.decided),
        "archive_error": failed / max(1, threads),
        "archive_error_upper90": upper_bound(failed, threads, 0.9),
        "archived_share": total.archived / total.mails,
        "asked_share": total.asked / total.mails,
        "worst_seed_share": min(share for share, _ in total.per_seed),
        "worst_seed_error": max(error for _, error in total.per_seed),
    }


def intent_figures(data: Path) -> dict[str, float]:
    """F1 of the shipped sentence model on sentences that its training never saw."""
    head = LocalModel.prior().intent
    rows = [(head.asks(text), asks) for text, asks in read_intent(data) if is_held_out(text)]
    hits = sum(said and asks for said, asks in rows)
    taken, positives = sum(said for said, _ in rows), sum(asks for _, asks in rows)
    yes, macro = f1_figures(hits, taken, positives, len(rows))
    return {"intent_f1_yes": yes, "intent_macro_f1": macro, "intent_sentences": len(rows)}


def parse_figures(data: Path) -> dict[str, float]:
    """Share of raw test mails that the product's reader gives back without an exception, a lost worker or a stall.

    A file without any header (an SMTP session is among them) is read if its raw text is shown and the reason is given.
    """
    files = [path for path in sorted((data / "mime").rglob("*")) if path.is_file()]
    files = [path for path in files if not any(word in path.name for word in ("LICENSE", "COPYING"))]
    good, longest = 0, 0.0
    with Reader() as reader:
        reader.read([(b"Subject: warm up\r\n\r\n", True)])
        for path in files:
            begun = time.perf_counter()
            mails = reader.read([(path.read_bytes(), True)])
            took = time.perf_counter() - begun
            longest = max(longest, took)
            good += len(mails) == 1 and "could not be read" not in mails[0].problem and took <= SLOW_SECONDS
    return {"parsed_share": good / len(files), "parse_max_s": longest, "parsed_files": len(files)}


def print_details(total: Measured) -> None:
    """By truth and by means: how much was decided, and how much of that wrongly."""
    print(f"\n{'truth':<14}{'mails':>7}{'decided':>9}{'wrong':>8}")
    for label, count in total.truths.most_common():
        decided = total.truths_decided[label]
        print(f"{label:<14}{count:>7}{decided / count:>9.1%}{total.truths_wrong[label] / max(1, decided):>8.1%}")
    print(f"\n{'means':<16}{'mails':>7}{'wrong':>8}")
    for means, count in total.means.most_common():
        wrong = "" if means is Means.UNDECIDED else f"{total.means_wrong[means] / count:.1%}"
        print(f"{means.value:<16}{count:>7}{wrong:>8}")
    print("\nper mailbox, decided / wrong: " + ", ".join(f"{a:.0%} / {b:.1%}" for a, b in total.per_seed))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts and publish their figures."""
    chosen = options("triage", "How well the local means decide.").parse_args(arguments)
    seeds = QUICK_SEEDS if chosen.quick else FULL_SEEDS
    total = Measured()
    begun = time.perf_counter()
    for seed in seeds:
        measure_mailbox(seed, total)
    seconds = time.perf_counter() - begun
    figures = mailbox_figures(total)
    if chosen.data is not None:
        figures = {**intent_figures(chosen.data), **parse_figures(chosen.data), **figures}
    print_details(total)
    conditions = {
        "mailboxes": len(seeds),
        "corrections": CORRECTIONS,
        "later_mails": total.mails,
        "archived_threads": len(total.archive_threads),
        "mailbox_seconds": round(seconds, 1),
    }
    publish("triage", conditions, figures, chosen.json)


if __name__ == "__main__":
    main()
