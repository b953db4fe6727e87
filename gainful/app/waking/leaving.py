"""What agents leave to people: chance picks it before anything is done, so that it becomes known what an agent saves.

    leaving(occurrence)        # True: nothing is started; whoever asked in a chat is told
    leaving.waiting()          # what is still to be done by hand

Only what somebody else has asked for can be left: what a clock, a file or another run wakes an agent for nobody waits
for, and what its owner asks it for has no other hands to go to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.agents.file.agent_file import AgentFile
from gainful.agents.file.gather import REPLY
from gainful.app.agent.agent_runs import work_of
from gainful.app.agent.agents import Agents
from gainful.app.stores import Stores
from gainful.app.worth.hold_out import HoldOuts, ItemBegun, OtherClass
from gainful.core.errors import Broken, Invalid
from gainful.core.ids import stable_id
from gainful.core.occurrence import Occurrence
from gainful.gate.delivery import NOTICE
from gainful.ledger.outcome import WorkItem
from gainful.sdk.chat import Words
from gainful.storage.chat.outbox_store import Post, PostKind

SHOWN_FOR = timedelta(days=14)
"""How long what was left is shown as waiting."""

LEFT = (
    "Chance leaves this one to be done by hand: that is how it becomes known what I save. {0} finds it in their brief."
)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that waits to be done by hand.

    Args:
        about: What it is about, in a stranger's words.
    """

    item: str
    agent: str
    at: datetime
    about: str


class Leaving:
    """Decides, before a run of an agent begins, whether it is left to people."""

    def __init__(self, stores: Stores, agents: Agents, hold_outs: HoldOuts) -> None:
        self._stores = stores
        self._agents = agents
        self._hold_outs = hold_outs

    def __call__(self, occurrence: Occurrence) -> bool:
        """Whether it is left; then both arms are booked, and who asked in a chat is told.

        Raises:
            KeyFileInvalid: The key that deals cannot be used.
        """
        if not occurrence.work_item or occurrence.hops:
            return False
        try:
            file = self._agents.version(occurrence.agent).file
        except (Invalid, Broken):
            # Nothing is begun either, and whoever begins it says why.
            return False
        work, share = work_of(occurrence, self._stores.members), self._share(file)
        if not share or work.source in ("", file.owner):
            return False
        try:
            deal = self._hold_outs.deal(work.id, work.kind, work.source, share, work.opened_at)
        except (ItemBegun, OtherClass):
            # Chance cannot decide any more who does it; it goes on as it did.
            return False
        if deal.arm == "hand":
            self._tell(occurrence, file, work)
        return deal.arm == "hand"

    def waiting(self) -> list[Left]:
        """What was left in the last two weeks, and nobody has measured yet; oldest first."""
        return list(self._waiting(self._stores.clock() - SHOWN_FOR))

    def _waiting(self, since: datetime) -> Iterator[Left]:
        seen: set[str] = set()
        for record in self._stores.occurrences.left_since(since):
            one = record.occurrence
            if one.work_item in seen:
                continue
            seen.add(one.work_item)
            _, case = self._stores.facts.case(one.work_item)
            if not any(time.what == "hand" for time in case.times):
                about = str(one.about.get("subject") or one.about.get("text") or "")
                yield Left(one.work_item, one.agent, one.at, about[:200])

    def _share(self, file: AgentFile) -> float:
        if isinstance(file.hold_out, bool):
            return self._hold_outs.share if file.hold_out else 0.0
        return float(file.hold_out)

    def _tell(self, occurrence: Occurrence, file: AgentFile, work: WorkItem) -> None:
        """Say so where the agent would have answered; once for each item."""
        place = occurrence.answer_to
        if place is None or file.answers.tool != REPLY:
            return
        now = self._stores.clock()
        # A command has no message to answer below, and what it was for is nobody else's business.
        alone = not place.message
        post = Post(
            key=stable_id("left", occurrence.agent, work.id, length=20),
            chat=place.chat,
            room="" if alone else place.room,
            words=Words(LEFT.format(file.owner), agent=occurrence.agent, hops=occurrence.hops + 1),
            at=now,
            due_at=now,
            thread="" if alone else place.thread,
            kind=PostKind.NOTICE,
            member=place.member if alone else "",
            tool=NOTICE,
        )
        self._stores.outbox.put(post)
