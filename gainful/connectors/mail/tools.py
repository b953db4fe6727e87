"""The tools `mail.search`, `mail.read` and `mail.draft`, over any mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, unquote

from gainful.connectors.mail.errors import MailNotFound, MailToolUnreachable
from gainful.core.clock import Clock
from gainful.core.errors import Unavailable
from gainful.core.mail import Mail, Place, RawMail, Role
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.letter import Letter, message_id
from gainful.sdk.mail import Mailbox
from gainful.sdk.operation import Operation, nothing_left, texts
from gainful.sdk.tool import Found

LOOKED_AT = 500
"""The newest mails of a folder, among which is searched."""

AT_ONCE = 50
MOST_FOUND = 50
HEADERS = 32 * 1024
"""Octets of each mail that is looked at in a search: headers are rarely longer."""

LARGEST = 25 * 1024 * 1024
"""Octets of a mail that is read whole."""

Reading = Callable[[Sequence[tuple[bytes, bool]]], list[Mail]]
"""Takes mails apart, safely: each as it lies, and whether it is complete."""


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox of the person.

    Args:
        open: Signs in; whoever opens it closes it.
        address: The person's own, for drafts.
    """

    open: Callable[[], Mailbox]
    address: str
    name: str = ""


def mail_tools(boxes: Mapping[str, Box], read: Reading, agent: str, clock: Clock) -> list[Operation]:
    """All three, over these mailboxes by the names of their accounts; the first is meant where none is named."""
    tools = _MailTools(boxes, read, agent, clock)
    spec = declared("mail")
    return [
        Operation(spec["mail.search"], tools.search, nothing_left),
        Operation(spec["mail.read"], tools.read, nothing_left),
        Operation(spec["mail.draft"], tools.draft, tools.drafted),
    ]


class _MailTools:
    def __init__(self, boxes: Mapping[str, Box], read: Reading, agent: str, clock: Clock) -> None:
        self._boxes = boxes
        self._read = read
        self._agent = agent
        self._clock = clock

    def search(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        account = self._account(given)
        since, limit = _since(given), max(1, min(given.get("limit", 20), MOST_FOUND))
        found: list[dict[str, Json]] = []
        with self._opened(account) as mailbox:
            folder = _folder(mailbox, given.get("folder", "inbox"))
            mailbox.validity(folder)
            newest = mailbox.listing(folder)[-LOOKED_AT:]
            while newest and len(found) < limit:
                batch, newest = newest[-AT_ONCE:], newest[:-AT_ONCE]
                for raw, mail in self._headers(mailbox, folder, [one.place.uid for one in batch]):
                    if raw.received_at >= since and _fits(mail, given):
                        found.append(_line(account, raw, mail))
        return found[:limit]

    def _headers(self, mailbox: Mailbox, folder: str, uids: list[str]) -> list[tuple[RawMail, Mail]]:
        """These mails as far as their headers tell, the newest first."""
        raws = sorted(mailbox.fetch(folder, uids, HEADERS), key=lambda raw: raw.received_at, reverse=True)
        return list(zip(raws, self._read([(raw.raw, raw.complete) for raw in raws]), strict=True))

    def read(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        account, validity, uid, folder = _place(given["id"])
        with self._opened(self._account({"account": account})) as mailbox:
            raws = list(mailbox.fetch(folder, [uid], LARGEST)) if mailbox.validity(folder) == validity else []
        if not raws:
            raise MailNotFound(f"There is no mail '{given['id'][:100]}' any more.", "Search again.")
        mail = self._read([(raws[0].raw, raws[0].complete)])[0]
        return {
            **_line(account, raws[0], mail),
            "message_id": mail.message_id,
            "cc": list(mail.cc),
            "reply_to": mail.reply_to,
            "text": mail.text,
            "quoted": mail.quoted,
            "attachments": list(mail.attachments),
            "problem": mail.problem,
        }

    def draft(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        account = self._account(given)
        box = self._boxes[account]
        letter = Letter(
            tuple(texts(given.get("to"), "to")),
            given["subject"],
            given["text"],
            tuple(texts(given.get("cc"), "cc")),
            given.get("answers", ""),
        )
        raw = letter.raw(box.address, box.name, self._agent, grant.key, self._clock())
        with self._opened(account, acting=True) as mailbox:
            place = mailbox.append_draft(grant, raw)
        return _drafted(account, grant.key, box, place.folder if place is not None else None)

    def drafted(self, key: str, given: Mapping[str, Json]) -> Found | None:
        account = self._account(given)
        box = self._boxes[account]
        with self._opened(account) as mailbox:
            folder = mailbox.folder(Role.DRAFTS)
            found = mailbox.find(folder, message_id(key, box.address)) if folder is not None else []
        # The person may have sent or deleted it since.
        return Found(done=True, answer=_drafted(account, key, box, folder)) if found else None

    def _account(self, given: Mapping[str, Json]) -> str:
        wanted = given.get("account") or next(iter(self._boxes), "")
        if wanted not in self._boxes:
            known = ", ".join(self._boxes) or "none"
            raise MailNotFound(f"There is no account '{wanted[:60]}'.", f"Accounts: {known}.")
        return str(wanted)

    @contextmanager
    def _opened(self, account: str, *, acting: bool = False) -> Iterator[Mailbox]:
        began = False
        try:
            mailbox = self._boxes[account].open()
            try:
                began = acting
                yield mailbox
            finally:
                mailbox.close()
        except Unavailable as error:
            raise MailToolUnreachable(error.what, error.next_move, retry_after=error.retry_after, sent=began) from error


def _drafted(account: str, key: str, box: Box, folder: str | None) -> Json:
    return {"account": account, "message_id": message_id(key, box.address), "folder": folder}


def _folder(mailbox: Mailbox, wanted: str) -> str:
    """The folder that is meant: by what it is for, or by its own name."""
    role = next((role for role in Role if role.value == wanted.lower()), None)
    if role is None:
        return wanted
    folder = mailbox.folder(role)
    if folder is None:
        raise MailNotFound(f"The mailbox has no folder for '{role}'.", "Name a folder as the mailbox calls it.")
    return folder


def _since(given: Mapping[str, Json]) -> datetime:
    wanted = given.get("since")
    if wanted is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime.combine(date.fromisoformat(wanted), datetime.min.time(), UTC)
    except ValueError:
        raise MailNotFound(f"'{wanted[:40]}' is no day.", "Write it like 2026-11-22.") from None


def _fits(mail: Mail, given: Mapping[str, Json]) -> bool:
    sender = f"{mail.from_name} {mail.from_addr}".lower()
    return given.get("from", "").lower() in sender and given.get("subject", "").lower() in mail.subject.lower()


def _line(account: str, raw: RawMail, mail: Mail) -> dict[str, Json]:
    return {
        "id": mail_id(account, raw.place),
        "from": mail.from_addr,
        "from_name": mail.from_name,
        "to": list(mail.to),
        "subject": mail.subject,
        "sent_at": mail.sent_at.isoformat() if mail.sent_at is not None else None,
        "received_at": raw.received_at.isoformat(),
        "unread": "\\Seen" not in raw.flags,
        "size": raw.size,
    }


def mail_id(account: str, place: Place) -> str:
    """By which `mail.read` finds the mail that lies there."""
    return ":".join((account, quote(place.validity, safe=""), quote(place.uid, safe=""), quote(place.folder)))


def _place(text: str) -> tuple[str, str, str, str]:
    parts = text.split(":")
    if len(parts) != 4:
        raise MailNotFound(f"'{text[:100]}' is no id of a mail.", "Take it from mail.search as it is.")
    account, validity, uid, folder = (unquote(part) for part in parts)
    return account, validity, uid, folder
