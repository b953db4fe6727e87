"""What came of agents' work, as others say it: a reaction on the answer, a person's word, or that it survived.

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
from gainful.core.occurrence import Occurrence
from gainful.core.run import Run
from gainful.ledger.outcome import Outcome
from gainful.sdk.chat import ChatEvent, EventKind

GOOD = frozenset(
    {"+1", "thumbsup", "white_check_mark", "heavy_check_mark", "tada", "heart", "👍", "✅", "✔", "🎉", "❤"}
)
BAD = frozenset({"-1", "thumbsdown", "x", "negative_squared_cross_mark", "👎", "❌", "✖"})
"""Reactions that judge an answer, as Slack names them and as they are. Others say nothing about it."""

_DRESS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""What may follow an emoji and changes its look alone."""


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
        """What a reaction settles; None when it settles nothing.

        It counts on an answer that was posted for a run, from whoever had asked, and from nobody else.
        """
        if event.kind is not EventKind.REACTION or event.message is None:
            return None
        name = event.detail.get("name", "").strip(":").rstrip(_DRESS).partition("::")[0]
        post = self._stores.outbox.at(chat, event.room, event.message.place.message)
        if name not in GOOD | BAD or post is None or not post.run_id:
            return None
        record = self._stores.occurrences.of_run(post.run_id)
        asker = record.occurrence.answer_to if record is not None else None
        if record is None or asker is None or asker.member != event.sender:
            return None
        claim = self._claim_of(record.occurrence.agent)
        if claim is None or claim.judged_by != "reaction":
            return None
        evidence = f"reaction:{chat}:{event.id}"
        return self._settle(post.run_id, record.occurrence, evidence, f"They reacted with {name}.", good=name in GOOD)

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


def look_for(judging: Judging, sleep: Callable[[float], None], seconds: float) -> Callable[[], None]:
    """Waits so long, then settles what is overdue; for a `Watcher`."""

    def look() -> None:
        sleep(seconds)
        judging.overdue()

    return look
