"""What is said of a deployment in a chat: one thread, and at most three messages in it. Pure.

    thread = thread_of(deployment, events, now)
    thread.head                   # the first message as it should read now; it is edited as things change
    thread.replies                # at most two more, below it

What stands in the chat follows from the record alone: asked again, after whatever crash, the answer is the same. What
strangers wrote (subjects of commits, names, what a log says) stands in a block of code, each line behind a margin: no
markup works there, nobody is called, and no line of theirs can pass for one of Gainful's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.deployment import Intent
from gainful.core.visible import visible
from gainful.jobs.deploy.change import change_of
from gainful.jobs.deploy.order import HAND

MOST_COMMITS = 5
MOST_AUTHORS = 3
MOST_EXPLAINED = 4
"""Lines of what a model makes of a failure."""

LONGEST_LINE = 160
"""Characters of one line of somebody else's words."""

NAMES = 8
"""Columns of the margin."""

BLIND_FOR = timedelta(minutes=2)
"""How long a watch can tell nothing before people are called: by itself it mostly goes on, or back, sooner."""

_JOINER = "\u2060"

_SHOWN = frozenset({EventKind.ASKED, EventKind.BEGUN})
"""From these on there is something to tell; before, it may yet come to nothing."""

_STATES = {
    State.PLANNED: "planned",
    State.WAITING: "waits for a person's word",
    State.STAGING: "being laid beside the live one",
    State.WATCHING: "watched",
    State.PROMOTED: "live",
    State.ROLLED_BACK: "rolled back",
    State.REFUSED: "refused",
    State.DECLINED: "declined",
    State.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A further message in the thread.

    Args:
        name: `trouble` or `end`: each is said once.
        urgent: Said at once, and whoever is on call is mentioned. Otherwise it waits until the author is free.
        only_if_away: Said to the author alone, where they were busy when it happened; nobody else needs it.
    """

    name: str
    text: str
    urgent: bool = False
    only_if_away: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything that is to be said of a deployment by now."""

    head: str
    replies: tuple[Reply, ...] = ()

    @property
    def urgent(self) -> bool:
        """Whether something in it cannot wait."""
        return any(reply.urgent for reply in self.replies)


def thread_of(deployment: Deployment, events: Sequence[Event], now: datetime) -> Thread | None:
    """What is to be said of this deployment; None where nobody needs to be told anything.

    Args:
        events: All that has happened, in order.
    """
    if not _worth_telling(deployment, events):
        return None
    found = (_trouble(deployment, events, now), _end(deployment, events))
    return Thread(_head(deployment, events), tuple(reply for reply in found if reply is not None))


def _worth_telling(deployment: Deployment, events: Sequence[Event]) -> bool:
    """Whether anything was done or asked; what was refused at a terminal was told there."""
    if any(event.kind in _SHOWN for event in events):
        return True
    return deployment.ended and deployment.by != HAND


# --- replies ----------------------------------------------------------------------------------------------------------


def _trouble(deployment: Deployment, events: Sequence[Event], now: datetime) -> Reply | None:
    """A watch that has told nothing for long, while its candidate has traffic."""
    held = _blind(events, deployment.ended_at or now)
    if held is None:
        return None
    service = word(deployment.service)
    text = (
        f"**{service}**: nobody can tell how its candidate does.\n{_block([('why', held.text)])}\n"
        f"`gainful deploy rollback {service}` takes it back at once."
    )
    return Reply("trouble", text, urgent=True)


def _blind(events: Sequence[Event], until: datetime) -> Event | None:
    """With what a time began in which nothing could be told for long; None where there was none."""
    began: Event | None = None
    for event in events:
        if event.kind is EventKind.HELD:
            began = began or event
        elif began is not None and event.at - began.at >= BLIND_FOR:
            return began
        else:
            began = None
    return began if began is not None and until - began.at >= BLIND_FOR else None


def _end(deployment: Deployment, events: Sequence[Event]) -> Reply | None:
    """How it ended, where somebody may have to know who does not look."""
    kinds = {event.kind for event in events}
    if not deployment.ended or not kinds & _SHOWN:
        return None
    service, why = f"**{word(deployment.service)}**", _block([("why", deployment.why)])
    if any(event.detail.get("stuck") for event in events):
        move = f"Look at it now: `gainful deploy status {word(deployment.service)}`."
        text = f"{service} is not as it should be, and nothing more is done by itself.\n{why}\n{move}"
        return Reply("end", text, urgent=True)
    if deployment.state is State.PROMOTED:
        what = "went back, as it was asked to" if deployment.intent is Intent.ROLLBACK else "is live"
        return Reply("end", f"{service} {what}.\n{why}", only_if_away=True)
    if EventKind.SHIFTED in kinds:
        text = f"{service} was taken back. The release before has all the traffic; nothing needs to be done now.\n{why}"
        return Reply("end", text, urgent=True)
    if deployment.state is State.FAILED:
        return Reply("end", f"{service} was not deployed; what was live is live.\n{why}")
    # Whoever said no knows it, and the first message tells the others.
    return None


# --- the first message ------------------------------------------------------------------------------------------------


def _head(deployment: Deployment, events: Sequence[Event]) -> str:
    change = change_of(deployment.plan)
    version = f" {word(change.commit[:10])}" if change.commit else f" {word(deployment.revision)}"
    return "\n".join(
        [
            f"**{word(deployment.service)}**{version}: **{_state(deployment, events)}**{_who(deployment)}",
            _block(list(_rows(deployment, events))),
            *_next_move(deployment),
        ]
    )


def _state(deployment: Deployment, events: Sequence[Event]) -> str:
    shifted = [event for event in events if event.kind is EventKind.SHIFTED]
    if deployment.state is State.WATCHING and shifted:
        share = shifted[-1].detail.get("share")
        part = f", with {share} % of the traffic" if isinstance(share, int) else ""
        waits = events[-1].kind is EventKind.CONFIRM
        return f"{_STATES[deployment.state]}{part}{'; a person is asked' if waits else ''}"
    if deployment.intent is Intent.ROLLBACK and deployment.state is State.PROMOTED:
        return "went back"
    return _STATES[deployment.state]


def _who(deployment: Deployment) -> str:
    by = "" if deployment.by == HAND else f", started by {word(deployment.by.replace(':', ' '))}"
    approved = deployment.approved_by
    own = f", approved by {word(approved)}" if approved and approved != deployment.author else ""
    return f", for {word(deployment.author)}{by}{own}"


def _rows(deployment: Deployment, events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    change = change_of(deployment.plan)
    if change.kind is not None:
        yield "plan", f"{change.kind}: {change.proof[0]}" if change.proof else str(change.kind)
    if deployment.forced or deployment.reason:
        yield "forced" if deployment.forced else "reason", deployment.reason
    if change.count:
        yield "commits", _commits(change.count, change.authors)
    for one in change.commits[:MOST_COMMITS]:
        yield "", f"{one.id[:8]} {one.subject}"
    if change.count > MOST_COMMITS and change.commits:
        yield "", f"and {change.count - min(MOST_COMMITS, len(change.commits)):,} more"
    numbers = [event for event in events if event.kind in (EventKind.BASELINE, EventKind.LOOKED)]
    for kind, name in ((EventKind.BASELINE, "before"), (EventKind.LOOKED, "now")):
        found = [event for event in numbers if event.kind is kind]
        if found:
            yield name, found[-1].text
    if deployment.why:
        yield "end", deployment.why
    for event in events:
        if event.kind is EventKind.EXPLAINED:
            # Into the first message, by an edit: nobody is called for what a model makes of it.
            lines = textwrap.wrap(visible(event.text), LONGEST_LINE - NAMES)[:MOST_EXPLAINED]
            yield from (("" if number else "model", line) for number, line in enumerate(lines))


def _commits(count: int, authors: Sequence[str]) -> str:
    named = ", ".join(authors[:MOST_AUTHORS])
    more = f" and {len(authors) - MOST_AUTHORS} others" if len(authors) > MOST_AUTHORS else ""
    return f"{count:,}{f', by {named}{more}' if named else ''}"


def _next_move(deployment: Deployment) -> Iterator[str]:
    service = word(deployment.service)
    if deployment.state is State.WAITING:
        yield "`gainful approvals` shows what waits, and takes the answer."
    elif deployment.state in (State.STAGING, State.WATCHING, State.PROMOTED):
        yield f"`gainful deploy rollback {service}` takes it back."
    else:
        yield f"`gainful deploy history {service}` tells the rest."


# --- other people's words ---------------------------------------------------------------------------------------------


def _block(rows: Sequence[tuple[str, str]]) -> str:
    if not rows:
        return "```\nnothing is known of it yet\n```"
    return "\n".join(["```", *(f"{name:<{NAMES}} │ {harmless(text)}" for name, text in rows), "```"])


def harmless(text: str) -> str:
    """Somebody's words as one short line that cannot end the block of code in which it stands."""
    line = " ".join(visible(text[: 4 * LONGEST_LINE]).split())
    line = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    return line.replace("``", f"`{_JOINER}`").replace("``", f"`{_JOINER}`")


def word(text: str) -> str:
    """A name outside of a block of code, with nothing in it that markup, a link or a call could be made of."""
    return "".join(char if char.isalnum() or char in " -+" else "·" for char in visible(text[:LONGEST_LINE]))
