"""Which mails are there to decide about, in portions that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gainful.core.mail import Listed, Place
from gainful.jobs.triage.desk import Desk, digest

PORTION_MAILS = 200
PORTION_BYTES = 16 * 1024 * 1024
"""A portion is read at once; a single larger mail is a portion of its own."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at the inbox found.

    Args:
        portions: Uids of mails to decide about, oldest first.
        last_uid: Up to where the folder is known once these are settled; empty when a limit left some out.
        resynced: How many mails were found again under a new UIDVALIDITY.
    """

    folder: str
    validity: str
    portions: list[list[str]]
    last_uid: str
    resynced: int

    @property
    def total(self) -> int:
        """Mails in all portions."""
        return sum(len(portion) for portion in self.portions)


def scan(desk: Desk, *, only_new: bool, limit: int | None) -> Scan:
    """The mails of the inbox that no run has settled yet.

    Args:
        only_new: Look only behind the last known uid: cheap, for each time new mail comes.
        limit: Take the newest so many.
    """
    folder = desk.inbox
    validity = desk.mailbox.validity(folder)
    state = desk.mails.folder_state(desk.account, folder)
    resynced = _resync(desk, folder, validity) if state and state[0] != validity else 0
    after = state[1] if only_new and state and state[0] == validity and state[1] else None
    listing = desk.mailbox.listing(folder, after)
    known = desk.mails.known(desk.account, folder, validity)
    open_ = [listed for listed in listing if not known.get(listed.place.uid, ("", False))[1]]
    last_uid = listing[-1].place.uid if listing else (state[1] if state and state[0] == validity else "")
    wanted = open_[-limit:] if limit else open_
    if len(wanted) < len(open_):
        # A later look for new mail starts behind the last uid, so nothing before it may be left out.
        last_uid = ""
    return Scan(folder, validity, list(_portions(wanted)), last_uid, resynced)


def _portions(listing: Iterable[Listed]) -> Iterable[list[str]]:
    portion: list[str] = []
    size = 0
    for listed in listing:
        if portion and (len(portion) >= PORTION_MAILS or size + listed.size > PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(listed.place.uid)
        size += listed.size
    if portion:
        yield portion


def _resync(desk: Desk, folder: str, validity: str) -> int:
    """Find the known mails again by their bytes: the server has given them new uids."""
    found: dict[str, Place] = {}
    for portion in _portions(desk.mailbox.listing(folder)):
        raws = [(raw, mail) for raw, mail in desk.read(folder, portion)]
        candidates = desk.mails.by_hashes(desk.account, [digest(raw) for raw, _ in raws])
        for raw, _ in raws:
            for record in candidates.get(digest(raw), []):
                stale = record.place.folder == folder and record.place.validity != validity
                if stale and record.id not in found:
                    found[record.id] = raw.place
                    break
    desk.mails.relocate(found)
    return len(found)
