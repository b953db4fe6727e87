"""What came of agents' work, as others say it: a sign of whoever asked, a person's word, or that it survived.

An agent claims an outcome by being done. That claim is settled once, by what its file says under `outcome`; without a
word from anybody it is settled when its days are over. What an outcome is worth is not said here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gainful.agents.file.outcome_claim import OutcomeClaim
from gainful.app.agent.agents import Agents
from gainful.app.stores import Stores
from gainful.core.errors import GainfulError, Invalid
from gainful.core.ids import stable_id
from gainful.core.occurrence import Occurrence
from gainful.core.run import Run
from gainful.intake.judges.chat import HORIZON, Sense, sense_of_message, sense_of_reaction
from gainful.ledger.outcome import Outcome
from gainful.sdk.chat import ChatEvent, EventKind
from gainful.storage.chat.outbox_store import Post


class NothingToJudge(Invalid):
    """A run has claimed nothing, or its claim was settled before."""

    code = "nothing-to-judge"


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim that was settled."""

    run_id: str
    agent: str
    work_item: str
    accepted: bool


class Judging:
    """Settles the claims of agents."""

    def __init__(self, stores: Stores, agents: Agents) -> None:
        self._stores = stores
        self._agents = agents

    def heard(self, chat: str, event: ChatEvent) -> Judged | None:
        """What a reaction or a message settles; None when it settles nothing.

        It counts on an answer that was posted for a run, from whoever had asked, and from nobody else. See
        `gainful.intake.judges.chat` for the rule.
        """
        found = self._answer_to(chat, event)
        if found is None:
            return None
        post, occurrence = found
        claim = self._claim_of(occurrence.agent)
        if claim is None or claim.judged_by != "reaction":
            return None
        sense = _sense(event, occurrence)
        item = occurrence.work_item or f"occurrence:{occurrence.id}"
        # What was asked again is claimed anew, by another answer: that claim is not what was meant here.
        if not sense or self._is_claimed_since(item, post.run_id):
            return None
        who = self._stores.members.person(chat, event.sender) or occurrence.about.get("sender") or event.sender
        evidence = f"asker:{who}:{stable_id('heard', chat, event.id, length=20)}"
        good, memo = sense == "good", _MEMOS[sense]
        settled = self._settle(post.run_id, occurrence, evidence, memo, good=good)
        if settled is not None or good or event.at - post.at > HORIZON:
            return settled
        return self._undo(post.run_id, occurrence.agent, item, evidence, memo)

    def _answer_to(self, chat: str, event: ChatEvent) -> tuple[Post, Occurrence] | None:
        """The answer that an event is about, and what was asked, where whoever asked has caused the event."""
        message, outbox = event.message, self._stores.outbox
        if message is None or (event.kind is not EventKind.REACTION and message.by_agent):
            return None
        if event.kind is EventKind.REACTION:
            post = outbox.at(chat, event.room, message.place.message)
        elif event.kind is EventKind.DIRECT or (event.kind in _WRITTEN and message.place.thread):
            post = outbox.last_answer(chat, event.room, message.place.thread, event.at)
        else:
            return None
        record = self._stores.occurrences.of_run(post.run_id) if post is not None and post.run_id else None
        asker = record.occurrence.answer_to if record is not None else None
        if post is None or record is None or asker is None or asker.member != event.sender:
            return None
        # The question itself says nothing of its answer.
        return None if asker.message == message.place.message else (post, record.occurrence)

    def _is_claimed_since(self, item: str, run_id: str) -> bool:
        return any(claimed == item and run != run_id for claimed, run, _ in self._stores.work.claims())

    def _undo(self, run_id: str, agent: str, item: str, evidence: str, memo: str) -> Judged | None:
        now = self._stores.clock()
        if not self._stores.work.judge(item, Outcome.REVERSED, evidence, now, run_id, memo):
            return None
        return Judged(run_id, agent, item, accepted=False)

    def by_hand(self, prefix: str, person: str, text: str = "", *, good: bool) -> Judged:
        """A person's word about what a run has done.

        Raises:
            NothingToJudge: There is no such run, or nothing is claimed for it.
        """
        run = self._stores.runs.find(prefix)
        record = self._stores.occurrences.of_run(run.id) if run is not None else None
        if run is None or record is None:
            raise NothingToJudge(
                f"No agent has made a run '{prefix[:40]}' for somebody.", "`gainful why RUN` shows one."
            )
        found = self._settle(
            run.id, record.occurrence, f"hand:{person}:{run.id}", text or f"{person} said so.", good=good
        )
        if found is None:
            raise NothingToJudge(
                f"Run {run.id} claims nothing that could be judged now.",
                "Its agent's file needs `outcome`, and each claim is judged once.",
            )
        return found

    def overdue(self) -> list[Judged]:
        """The claims whose days are over, settled: as survived where the file says so, else as not accepted."""
        now, found = self._stores.clock(), []
        for item, run_id, claimed_at in self._stores.work.claims():
            run = self._stores.runs.find(run_id)
            claim = self._claim_of(run.job) if run is not None and run.account.startswith("agent:") else None
            if run is None or claim is None or now - claimed_at < timedelta(days=claim.days):
                continue
            good = claim.judged_by == "survives"
            memo = (
                f"Nobody took it back within {claim.days} days." if good else f"Nobody judged it in {claim.days} days."
            )
            found += self._judge(run, item, f"days:{claim.days}:{run_id}", memo, good=good)
        return found

    def _claim_of(self, agent: str) -> OutcomeClaim | None:
        try:
            return self._agents.version(agent).file.outcome
        except GainfulError:
            # Its file is gone or cannot be read: nobody knows any more how it is judged.
            return None

    def _settle(self, run_id: str, occurrence: Occurrence, evidence: str, memo: str, *, good: bool) -> Judged | None:
        item = occurrence.work_item or f"occurrence:{occurrence.id}"
        run = self._stores.runs.find(run_id)
        found = self._judge(run, item, evidence, memo, good=good) if run is not None else []
        return found[0] if found else None

    def _judge(self, run: Run, item: str, evidence: str, memo: str, *, good: bool) -> list[Judged]:
        outcome = Outcome.ACCEPTED if good else Outcome.REJECTED
        if not self._stores.work.judge(item, outcome, evidence, self._stores.clock(), run.id, memo):
            return []
        return [Judged(run.id, run.job, item, good)]


_WRITTEN = (EventKind.MENTION, EventKind.MESSAGE)
_MEMOS: dict[Sense, str] = {
    "good": "They said that it helped.",
    "bad": "They said that it did not help.",
    "again": "They asked the same again.",
}


def _sense(event: ChatEvent, occurrence: Occurrence) -> Sense:
    """What an event says of the answer to this."""
    if event.kind is EventKind.REACTION:
        return sense_of_reaction(event.detail.get("name", ""))
    return sense_of_message(str(occurrence.about.get("text", "")), event.message.text if event.message else "")


def look_for(judging: Judging, sleep: Callable[[float], None], seconds: float) -> Callable[[], None]:
    """Waits so long, then settles what is overdue; for a `Watcher`."""

    def look() -> None:
        sleep(seconds)
        judging.overdue()

    return look
