"""Whether somebody is busy, and until when: a pure rule over what stands in their calendars.

    busy_until(events, {"ada@example.org"}, now)        # the end of what she is in, or None

An event takes a person's time when they said so. An invitation alone does not: else a stranger could silence whoever
watches a deployment by inviting them. The rule, in this order; the first that fits decides:

1. It has no length, was cancelled, or is shown as free: no.
2. The person replied: yes to "accepted" and "maybe", no to "declined" and "delegated". An invitation by somebody else
   that they have not replied to: no.
3. It is tentative, and nothing is known of a reply: no. Outlook shows unanswered invitations so.
4. It lasts whole days: yes only where it is marked as busy or out of office. Birthdays, holidays and "Bo is in Ghent"
   are all-day events too.
5. Yes.

Meetings with no more than five minutes between them are one: nobody reads a post in that time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.core.calendar import Event, Reply, Shown, Standing

GAP = timedelta(minutes=5)
"""The longest break between two meetings that counts as none."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A time from `start` up to, and not including, `end`; both aware, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of somebody at one moment.

    Args:
        until: End of what they are in; None when nothing is known that they are in.
        unknown: Calendars of theirs that could not be read. With any of them, nobody knows that they are free.
    """

    until: datetime | None = None
    unknown: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether they certainly are."""
        return self.until is not None

    @property
    def free(self) -> bool:
        """Whether they certainly are."""
        return self.until is None and not self.unknown


def takes_time(event: Event, addresses: Collection[str]) -> bool:
    """Whether the person with these lower-case addresses is busy during this event."""
    if event.end <= event.start or event.standing is Standing.CANCELLED or event.shown is Shown.FREE:
        return False
    reply = _reply(event, addresses)
    if reply is not None and reply not in (Reply.ACCEPTED, Reply.MAYBE):
        return False
    if reply is None and (event.standing is Standing.TENTATIVE or event.shown is Shown.TENTATIVE):
        return False
    return not event.all_day or event.shown in (Shown.BUSY, Shown.AWAY)


def _reply(event: Event, addresses: Collection[str]) -> Reply | None:
    """What the person replied; None where the event is their own, or does not tell."""
    mine = [guest.reply for guest in event.guests if not set(guest.addresses).isdisjoint(addresses)]
    replies = {reply for reply in mine if reply is not None}
    for reply in (Reply.ACCEPTED, Reply.MAYBE, Reply.DECLINED, Reply.DELEGATED):
        # Somebody invited under two addresses comes when either says so.
        if reply in replies:
            return reply
    if event.organizer in addresses:
        # Who calls a meeting comes to it; many programs never ask them.
        return None
    # Calendars that hide details leave the reply out, and the organizer as well.
    return Reply.OPEN if Reply.OPEN in replies or (mine and event.organizer) else None


def merged(intervals: Iterable[Interval], gap: timedelta = GAP) -> list[Interval]:
    """The same times in order, those that overlap or have no more than `gap` between them as one."""
    found: list[Interval] = []
    for one in sorted(intervals):
        if found and one.start - found[-1].end <= gap:
            found[-1] = Interval(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def busy_intervals(events: Iterable[Event], addresses: Collection[str], gap: timedelta = GAP) -> list[Interval]:
    """When the person is busy: in order, apart from one another by more than `gap`."""
    own = frozenset(address.lower() for address in addresses)
    return merged((Interval(event.start, event.end) for event in events if takes_time(event, own)), gap)


def busy_until(
    events: Iterable[Event], addresses: Collection[str], now: datetime, gap: timedelta = GAP
) -> datetime | None:
    """When the person will be done with what they are in now; None when they are in nothing."""
    return end_at(busy_intervals(events, addresses, gap), now)


def end_at(intervals: Iterable[Interval], now: datetime) -> datetime | None:
    """The end of the interval that holds this moment; None when none does."""
    return next((one.end for one in intervals if one.start <= now < one.end), None)


def meeting_ends(intervals: Iterable[Interval], after: datetime, until: datetime) -> list[datetime]:
    """The ends that lie after one moment and not after another, in order: asked again from there, none comes twice."""
    return sorted(one.end for one in intervals if after < one.end <= until)


def free_intervals(
    busy: Sequence[Interval], start: datetime, end: datetime, at_least: timedelta = timedelta(0)
) -> list[Interval]:
    """What is left of a time beside these intervals, in pieces of at least this length."""
    found, begins = [], start
    for one in [*merged(busy, timedelta(0)), Interval(end, end)]:
        ends = min(one.start, end)
        if ends > begins and ends - begins >= at_least:
            found.append(Interval(begins, ends))
        begins = max(begins, one.end)
    return found
