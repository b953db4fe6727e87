"""What becomes of what is said in Slack: heard once, answered once, acknowledged in time, approved once.

    python -m bench.slack [--quick] [--events N] [--seed N] --json FILE

Against the imitation of Slack that Gainful brings along. Each event is sent four times, and the process that hears it
is killed in between; answers are counted in Slack. Then 100 events a second. Then buttons: double clicks, two people
at once, and cards that show what would not happen any more.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bench.report import options, percentile, publish
from bench.slack_desk import Installation
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.workspace import NotDone
from gainful.core.clock import system_clock
from gainful.gate.approval import Answer, Approvers, State, Verdict, ask
from gainful.gate.approval_book import Taken
from gainful.gate.proposal import Proposal
from gainful.storage.database import open_database, transaction

EVENTS, QUICK_EVENTS = 1000, 25
A_ROUND = 25
SENT = 4
"""How often each event is sent."""
LOAD = 100
"""Events a second."""
LOAD_SECONDS, QUICK_LOAD_SECONDS = 30, 5
PAIRS, QUICK_PAIRS = 10, 3
A_PAIR, QUICK_A_PAIR = 12, 3
"""People who may answer, two by two, and how many approvals each pair has."""
STALE = ("changed", "expired", "answered")


class Nursery:
    """Processes that hear one Slack, one after the other."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "bench.slack_desk", url]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, home: Path) -> int:
        """A process at work on this home."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{home}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """No further ones."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it holds before the time is up."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# --- each event once ---


def crashes(events: int, chance: random.Random, folder: Path) -> tuple[Counter[int], int]:
    """How many events had how many answers, and how many processes were killed at work."""
    answers: Counter[int] = Counter()
    hit = 0
    for number in range(0, events, A_ROUND):
        # A pause of nothing: what Slack sends again by itself it sends at once.
        with FakeSlack(pace=0.2) as slack:
            home = folder / f"round-{number}"
            home.mkdir()
            open_database(home / "gainful.sqlite").dispose()
            nursery = Nursery(slack.url)
            hit += _round(slack, nursery, home, min(A_ROUND, events - number), chance, answers)
            nursery.close()
        if sys.stderr.isatty() or number % 200 == 0:
            print(f"{number + A_ROUND}/{events} {dict(answers)}", file=sys.stderr)
    return answers, hit


def _round(
    slack: FakeSlack, nursery: Nursery, home: Path, events: int, chance: random.Random, answers: Counter[int]
) -> int:
    """One batch of events, sent four times, with a blow after each but the last; how many blows fell while at work."""
    channels = [f"c{number}" for number in range(events)]
    for channel in channels:
        slack.add_channel(channel, "ada")
    process = nursery.begin(home)
    eventually(lambda: slack.connections() > 0, 20)
    asked = {channel: slack.say("ada", channel, "@gainful what now?") for channel in channels}
    hit = 0
    for _ in range(SENT - 1):
        time.sleep(chance.uniform(0.02, 0.8))
        hit += sum(_answers(slack, channel, asked[channel]) for channel in channels) < events
        os.kill(process, signal.SIGKILL)
        process = nursery.begin(home)
        eventually(lambda: slack.connections() > 0, 20)
        slack.lapse()
        slack.repeat()
    eventually(lambda: all(_answers(slack, channel, asked[channel]) for channel in channels), 120)
    # A second answer to one of them would come no later than the first to the last.
    time.sleep(1.0)
    os.kill(process, signal.SIGKILL)
    answers.update(_answers(slack, channel, asked[channel]) for channel in channels)
    return hit


def _answers(slack: FakeSlack, channel: str, asked: str) -> int:
    return sum(post.thread_ts == asked for post in slack.by_bot(channel))


# --- acknowledged in time ---


def load(seconds: int, folder: Path) -> list[float]:
    """Seconds from each event, of 100 a second, to its acknowledgement; without one: infinity."""
    home = folder / "load"
    home.mkdir()
    open_database(home / "gainful.sqlite").dispose()
    with FakeSlack() as slack:
        channels = [f"c{number}" for number in range(10)]
        for channel in channels:
            slack.add_channel(channel, "ada")
        nursery = Nursery(slack.url)
        process = nursery.begin(home)
        eventually(lambda: slack.connections() > 0, 20)
        start = time.monotonic()
        for number in range(seconds * LOAD):
            slack.say("ada", channels[number % len(channels)], f"Message {number}")
            time.sleep(max(0.0, start + (number + 1) / LOAD - time.monotonic()))
        eventually(lambda: not slack.unacknowledged(), 20)
        os.kill(process, signal.SIGKILL)
        nursery.close()
        return [one.ack_seconds if one.ack_seconds is not None else float("inf") for one in slack.sent()]


# --- approved once ---


class Buttons:
    """Approvals of pairs of people, shown in Slack, and what came of their presses."""

    def __init__(self, slack: FakeSlack, home: Path, pairs: int) -> None:
        self._slack = slack
        names = [f"p{number}" for number in range(2 * pairs)]
        self.members = {name: slack.add_person(name) for name in names}
        self.here = Installation(home, slack.url, {member: name for name, member in self.members.items()})
        self.pairs = list(zip(names[::2], names[1::2], strict=True))
        self._watchers = self.here.desk.watchers(self.here.on_event, lambda error: print(error, file=sys.stderr))

    def __enter__(self) -> Buttons:
        for watcher in self._watchers:
            watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        for watcher in self._watchers:
            watcher.stop()
        self.here.desk.close()

    def ask(self, approval_id: str, pair: tuple[str, str]) -> Proposal:
        """An agent asks these two."""
        proposal = Proposal("helper", f"run-{approval_id}", "step", "mail.send", {"to": approval_id}, "m")
        approvers = Approvers(frozenset(pair))
        self.here.book.ask(ask(approval_id, [proposal], "owner", system_clock(), approvers))
        return proposal

    def shown(self, approvals: int) -> bool:
        """Whether every card stands there."""
        posted = [post for post in self.here.outbox.recent(10_000) if post.kind == "card" and post.place is not None]
        return len(posted) >= 2 * approvals

    def card(self, approval_id: str, person: str) -> tuple[str, str, dict[str, str]]:
        """Where a person's card stands, and its buttons by their label."""
        for card in self.here.cards.of(approval_id):
            post = self.here.outbox.get(card.post)
            if post is not None and post.member == self.members[person] and post.place is not None:
                return post.place.room, post.place.message, {one.label: one.id for one in post.words.buttons}
        raise RuntimeError(f"{person} was shown no card of {approval_id}")

    def press(self, approval_id: str, person: str, label: str) -> bool:
        """They press a button of the card that they were shown. False: the button is gone by now."""
        room, message, buttons = self.card(approval_id, person)
        try:
            self._slack.press(person, room, message, buttons[label])
        except NotDone:
            return False
        return True

    def handled(self, presses: int) -> bool:
        """Whether so many presses were handled."""
        return sum(self.here.inbox.counts("work").values()) >= presses and not self.here.inbox.new()

    def accepted(self, approval_id: str) -> int:
        """How many approvals the audit log has of this one."""
        rows = self.here.audit.rows(limit=100_000)
        return sum(row.approval == approval_id and row.verdict == "accepted" for row in rows)

    def executed(self, approval_id: str, proposal: Proposal) -> int:
        """How often the effect can be begun now."""
        now = system_clock()
        taken = [self.here.book.take(proposal.digest, f"run-{approval_id}", now) for _ in range(3)]
        return sum(isinstance(one, Taken) for one in taken)


def buttons(pairs: int, a_pair: int, chance: random.Random, folder: Path) -> tuple[int, int, int, int]:
    """The most approvals, and the most executions, of one that several pressed at once; executions of stale ones; how
    many were pressed."""
    home = folder / "buttons"
    home.mkdir()
    with FakeSlack() as slack, Buttons(slack, home, pairs) as here:
        wanted = [(f"a{number}x{at}", pair) for at, pair in enumerate(here.pairs) for number in range(a_pair)]
        proposals = {approval_id: here.ask(approval_id, pair) for approval_id, pair in wanted}
        if not eventually(lambda: here.shown(len(wanted)), 600):
            raise RuntimeError("not every card was shown")
        presses = []
        for approval_id, (one, other) in wanted:
            second = chance.choice(["Approve", "Decline"])
            presses += [(approval_id, one, "Approve"), (approval_id, one, "Approve"), (approval_id, other, second)]
        chance.shuffle(presses)
        with ThreadPoolExecutor(8) as pool:
            pressed = sum(pool.map(lambda press: here.press(*press), presses))
        eventually(lambda: here.handled(pressed), 300)
        most = max(here.accepted(approval_id) for approval_id, _ in wanted)
        executed = max(here.executed(approval_id, proposals[approval_id]) for approval_id, _ in wanted)
        return most, executed, _stale(here, a_pair, pressed), pressed


def _stale(here: Buttons, a_pair: int, pressed: int) -> int:
    """How many effects could be begun by pressing cards that show what would not happen any more."""
    wanted = [
        (f"s{kind}{number}x{at}", pair, kind)
        for at, pair in enumerate(here.pairs)
        for kind in STALE
        for number in range(max(1, a_pair // len(STALE)))
    ]
    proposals = {approval_id: here.ask(approval_id, pair) for approval_id, pair, _ in wanted}
    if not eventually(lambda: all(_has_both(here, one, pair) for one, pair, _ in wanted), 600):
        raise RuntimeError("not every card was shown")
    for approval_id, _, kind in wanted:
        _age(here, approval_id, kind)
    # Where the card was changed in Slack by then, there is nothing to press any more: that is as good.
    pressed += sum(here.press(approval_id, one, "Approve") for approval_id, (one, _), _ in wanted)
    eventually(lambda: here.handled(pressed), 120)
    return sum(here.executed(approval_id, proposals[approval_id]) for approval_id, _, _ in wanted)


def _has_both(here: Buttons, approval_id: str, pair: tuple[str, str]) -> bool:
    try:
        return all(here.card(approval_id, person) for person in pair)
    except RuntimeError:
        return False


def _age(here: Buttons, approval_id: str, kind: str) -> None:
    """Let what the card shows be no longer so."""
    if kind == "answered":
        approval = here.here.book.find(approval_id, system_clock())
        here.here.book.answer(approval_id, Answer(Verdict.REFUSE, sorted(approval.approvers.people)[0], system_clock()))
        return
    past = datetime.now(UTC) - timedelta(minutes=1)
    change = "requester = 'somebody else'" if kind == "changed" else f"expires_at = '{past.isoformat()}'"
    with transaction(here.here.engine) as connection:
        connection.execute(text(f"UPDATE approvals SET {change} WHERE id = :id"), {"id": approval_id})
    assert here.here.book.find(approval_id, system_clock()).state in (State.WAITING, State.EXPIRED)


def main() -> int:
    """Measure and publish; 1 when something was done twice, too late, or without anybody's word."""
    parser = options("slack", "Send events again and again, kill what hears them, and count what is said.")
    parser.add_argument("--events", type=int, help=f"how many events (default {EVENTS}, quick {QUICK_EVENTS})")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the blows")
    given = parser.parse_args()
    events = given.events or (QUICK_EVENTS if given.quick else EVENTS)
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers, hit = crashes(events, chance, folder)
        acks = load(QUICK_LOAD_SECONDS if given.quick else LOAD_SECONDS, folder)
        pairs, a_pair = (QUICK_PAIRS, QUICK_A_PAIR) if given.quick else (PAIRS, A_PAIR)
        approvals, executions, stale, pressed = buttons(pairs, a_pair, chance, folder)
    figures = {
        "effects_per_event_max": float(max(answers)),
        "effects_per_event_min": float(min(answers)),
        "ack_p50_ms": percentile(acks, 0.5) * 1000,
        "ack_p99_ms": percentile(acks, 0.99) * 1000,
        "acks_over_3s": float(sum(seconds > 3 for seconds in acks)),
        "approvals_per_double_click": float(approvals),
        "executions_per_double_click": float(executions),
        "stale_executed": float(stale),
    }
    conditions = {
        "events": events,
        "each sent": SENT,
        "killed at work": hit,
        "of": (SENT - 1) * -(-events // A_ROUND),
        "events under load": len(acks),
        "a second": LOAD,
        "presses": pressed,
    }
    publish("slack", conditions, figures, given.json)
    print(json.dumps(dict(answers)), file=sys.stderr)
    sound = (max(answers), min(answers), approvals, stale) == (1, 1, 1, 0)
    return int(not sound or figures["acks_over_3s"] > 0)


if __name__ == "__main__":
    sys.exit(main())
