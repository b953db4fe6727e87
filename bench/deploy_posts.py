"""How much a deployment says in a chat, in threads and messages: `python -m bench.deploy_posts [--quick] --json FILE`.

Courses that deployments take, written by hand: good, bad, refused, held up, asked about, stuck, with authors who are in
a meeting at one time or another; and courses made by chance. Each is told event by event by the product's own teller,
outbox and sender, to the imitation of Slack and to a chat in memory. What stands there afterwards is counted: in the
room, and in conversations with people alone. Not counted are approvals: each is a question to one person with a button,
posted as for any agent (`bench.slack` counts those).
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from bench.report import options, publish
from bench.slack_desk import NAME, SETTLE, Empty
from gainful.app.chat.connections import Connections
from gainful.app.chat.people import People
from gainful.app.chat.sender import Sender
from gainful.app.deploying.teller import Channel, ChatTeller
from gainful.connectors.slack import SlackAccess, SlackChat
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.server import APP_TOKEN, BOT_TOKEN
from gainful.core.busy import Presence
from gainful.core.deploy_event import ENDED, Deployment, Event, EventKind, State
from gainful.core.deployment import Intent
from gainful.gate.broker import Broker
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.memory_chat import MemoryChat, MemoryServer
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.storage.settings.chat import ChatSetting

K = EventKind
BY_CHANCE, QUICK_BY_CHANCE = 300, 30
MOST_MESSAGES = 3

BEGUN = "planned begun staged healthy baseline"
WATCHED = f"{BEGUN} shifted looked looked looked"
MEETING, OVER, LATER = "+meeting", "+over", "+later"
"""Not events: the author goes into a meeting, comes out of it, and ten minutes go by."""

COURSES = {
    "good": f"{WATCHED} promoted",
    "bad": f"{WATCHED} rolled-back",
    "unhealthy": f"{BEGUN} unhealthy failed",
    "stuck": f"{WATCHED} failed!",
    "refused to a webhook": "planned refused @hook",
    "refused at a terminal": "planned refused",
    "asked, approved, good": f"planned asked begun staged healthy shifted looked {LATER} promoted @agent:robin",
    "asked, declined": "planned asked declined @hook",
    "confirmed before the last step": f"{WATCHED} confirm {LATER} promoted",
    "held, and went on": f"{WATCHED} held looked promoted",
    "held for long, then good": f"{WATCHED} held {LATER} looked promoted",
    "held for long, then bad": f"{WATCHED} held {LATER} held rolled-back",
    "forced": "planned forced begun staged shifted promoted",
    "good in a meeting": f"{MEETING} {WATCHED} promoted {OVER}",
    "good, ended in a meeting": f"{WATCHED} {MEETING} promoted {OVER}",
    "bad in a meeting": f"{MEETING} {WATCHED} rolled-back {OVER}",
    "unhealthy in a meeting": f"{MEETING} {BEGUN} unhealthy failed {OVER}",
    "held in a meeting, then bad": f"{WATCHED} {MEETING} held {LATER} rolled-back {OVER}",
    "stuck after a meeting": f"{MEETING} {WATCHED} {OVER} held {LATER} failed!",
    "lock stolen": f"{WATCHED} stolen failed!",
}

_STATES = {
    K.ASKED: State.WAITING,
    K.BEGUN: State.STAGING,
    K.SHIFTED: State.WATCHING,
    K.PROMOTED: State.PROMOTED,
    K.ROLLED_BACK: State.ROLLED_BACK,
    K.REFUSED: State.REFUSED,
    K.DECLINED: State.DECLINED,
    K.FAILED: State.FAILED,
}


class Clock:
    """A clock that is moved by hand, and begins now."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Where it stands."""
        return self.now


class Room(Protocol):
    """A chat with one room for each course."""

    chat: Any
    people: dict[str, str]

    def add(self, name: str) -> None:
        """A room in which ada, sam and the agents' account are."""

    def said(self, name: str) -> list[tuple[str, str]]:
        """The messages of a room: id, and id of the thread."""

    def alone(self) -> int:
        """How many messages ada and sam were sent alone."""


class Slack:
    """The imitation of Slack."""

    def __init__(self, slack: FakeSlack, clock: Clock) -> None:
        self._slack = slack
        self.people = {slack.add_person("mia"): "ada", slack.add_person("sam"): "sam"}
        access = SlackAccess(
            bot=Handle.of(Secret("bot", BOT_TOKEN)),
            app=Handle.of(Secret("app", APP_TOKEN)),
            base_url=slack.url,
            settle=SETTLE,
        )
        self.chat = SlackChat.open(access, clock)

    def add(self, name: str) -> None:
        """A channel."""
        self._slack.add_channel(name, "mia", "sam")

    def said(self, name: str) -> list[tuple[str, str]]:
        """What the account has posted in a channel."""
        return [(post.ts, post.thread_ts) for post in self._slack.by_bot(name)]

    def alone(self) -> int:
        """What it has posted to one of them."""
        return sum(len(self._slack.by_bot(self._slack.direct(person))) for person in ("mia", "sam"))


class Memory:
    """The chat in memory."""

    def __init__(self, clock: Clock) -> None:
        self._server = MemoryServer(clock)
        self._members = [self._server.person("ada"), self._server.person("sam")]
        self._rooms: dict[str, str] = {}
        self.people = dict(zip(self._members, ("ada", "sam"), strict=True))
        self.chat = MemoryChat(self._server, self._server.account)

    def add(self, name: str) -> None:
        """A room."""
        self._rooms[name] = self._server.room(name, *self._members)

    def said(self, name: str) -> list[tuple[str, str]]:
        """What stands in a room."""
        places = [kept.message.place for kept in self._server.seen(self._rooms[name])]
        return [(place.message, place.thread) for place in places]

    def alone(self) -> int:
        """What stands in their conversations with the account."""
        rooms = [self._server.conversation(member, self._server.account) for member in self._members]
        return sum(len(self._server.seen(room)) for room in rooms)


@dataclass
class Said:
    """What one course has said."""

    course: str
    threads: int
    messages: int


class Telling:
    """The product's teller, outbox and sender over one chat, with a clock that is moved by hand."""

    def __init__(self, home: Path, clock: Clock, room: Room) -> None:
        self._clock = clock
        self._room = room
        self._busy: datetime | None = None
        engine = open_database(home / "gainful.sqlite")
        audit = AuditStore(engine, home / "audit.key", home / "checkpoints.jsonl", clock)
        setting = ChatSetting(name=NAME, kind="slack", people=room.people)
        connections = Connections([setting], Broker(Empty(), dict), home, clock, {NAME: room.chat})
        people = People(PeopleStore(engine, audit), connections, "ada", ("sam",), clock)
        outbox = OutboxStore(engine)
        self._records = DeploymentStore(engine)
        self._outbox = outbox
        self._sender = Sender(NAME, connections, outbox, home / "locks", clock, lambda _: "")
        self._teller = ChatTeller(
            lambda service: Channel(f"{NAME}:#{service}", "sam"),
            self._records,
            connections,
            people,
            outbox,
            lambda _: Presence(self._busy if self._busy is not None and self._busy > clock() else None),
            lambda setting: (setting,),
            clock,
        )

    def take(self, name: str, service: str, steps: Sequence[str]) -> Said:
        """Let a deployment of this service take this course; what it said."""
        self._room.add(service)
        alone = self._room.alone()
        by = next((step[1:] for step in steps if step.startswith("@")), "hand")
        now = self._clock()
        deployment = Deployment(service, service, "main", Intent.CHANGE, "ada", by, State.PLANNED, now)
        self._records.begin(deployment)
        for number, step in enumerate(step for step in steps if not step.startswith("@")):
            if step.startswith("+"):
                self._goes_by(step)
            elif not deployment.ended:
                deployment = self._happens(deployment, number, step)
            self._say()
            self._clock.now += timedelta(seconds=10)
        self._goes_by(OVER)
        self._say()
        said = self._room.said(service)
        threads = {thread or message for message, thread in said}
        return Said(name, len(threads), len(said) + self._room.alone() - alone)

    def _happens(self, deployment: Deployment, number: int, step: str) -> Deployment:
        kind = EventKind(step.rstrip("!"))
        detail = {"stuck": True} if step.endswith("!") else {}
        event = Event(f"{step} {number}", kind, self._clock(), f"It is {kind}.", detail)
        state = _STATES.get(kind, deployment.state)
        after = replace(deployment, state=state)
        if state in ENDED:
            after = replace(after, ended_at=event.at, why=event.text)
        self._records.record(after, event)
        self._teller.told(after, event)
        return after

    def _goes_by(self, step: str) -> None:
        if step == MEETING:
            self._busy = self._clock() + timedelta(hours=1)
        elif step == LATER:
            self._clock.now += timedelta(minutes=10)
        elif self._busy is not None:
            self._clock.now = max(self._clock.now, self._busy)
            self._busy = None

    def _say(self) -> None:
        self._teller.look()
        while self._outbox.busy(NAME, self._clock()):
            self._clock.now += max(self._sender.drain(), timedelta(milliseconds=1))


def by_chance(chance: random.Random) -> list[str]:
    """Some course: any events in any order, with a meeting somewhere, that comes to an end."""
    middle = [kind for kind in EventKind if _STATES.get(kind) not in ENDED]
    steps: list[str] = [str(chance.choice(middle)) for _ in range(chance.randint(0, 25))]
    for extra in (MEETING, OVER, LATER, LATER):
        steps.insert(chance.randint(0, len(steps)), extra)
    end = chance.choice(["promoted", "rolled-back", "failed", "failed!", "refused", "declined"])
    return [*steps, end, f"@{chance.choice(['hand', 'hook', 'agent:robin'])}"]


def measured(room: Room, clock: Clock, home: Path, courses: Iterator[tuple[str, list[str]]]) -> list[Said]:
    """What each of these courses said."""
    home.mkdir()
    telling = Telling(home, clock, room)
    try:
        return [telling.take(name, f"s{number}", steps) for number, (name, steps) in enumerate(courses)]
    finally:
        room.chat.close()


def written() -> Iterator[tuple[str, list[str]]]:
    """The courses written by hand."""
    for name, steps in COURSES.items():
        yield name, steps.split()


def main() -> int:
    """Measure and publish; 1 when a deployment said more than it may."""
    parser = options("deploy_posts", "Let deployments take every course, and count what they say in chats.")
    parser.add_argument("--seed", type=int, default=1, help="of the courses made by chance")
    given = parser.parse_args()
    chance, number = random.Random(given.seed), QUICK_BY_CHANCE if given.quick else BY_CHANCE
    with tempfile.TemporaryDirectory() as name, FakeSlack() as slack:
        folder = Path(name)
        clock = Clock()
        on_slack = measured(Slack(slack, clock), clock, folder / "slack", written())
        clock = Clock()
        chances = ((f"chance {at}", by_chance(chance)) for at in range(number))
        memory = measured(Memory(clock), clock, folder / "memory", iter([*written(), *chances]))
    for one, other in zip(on_slack, memory, strict=False):
        print(f"{one.course:32} {one.threads} thread(s), {one.messages} message(s)", file=sys.stderr)
        if (one.threads, one.messages) != (other.threads, other.messages):
            print(f"  in memory {other.threads} and {other.messages}", file=sys.stderr)
    every = [*on_slack, *memory]
    figures = {
        "threads_max": float(max(one.threads for one in every)),
        "new_messages_max": float(max(one.messages for one in every)),
        "new_messages_good": float(on_slack[0].messages),
        "courses": float(len(every)),
    }
    publish("deploy_posts", {"on Slack": len(on_slack), "in memory": len(memory)}, figures, given.json)
    return int(figures["threads_max"] > 1 or figures["new_messages_max"] > MOST_MESSAGES)


if __name__ == "__main__":
    sys.exit(main())
