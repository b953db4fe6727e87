"""The tool `mail.send`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from gainful.connectors.smtp.errors import SmtpUnreachable
from gainful.connectors.smtp.server import SmtpServer
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Unavailable
from gainful.core.mail import Role
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.letter import Letter, LetterInvalid, message_id
from gainful.sdk.mail import KeepsSent, Mailbox
from gainful.sdk.operation import Operation, texts
from gainful.sdk.tool import Found


@dataclass(frozen=True, slots=True)
class Outbox:
    """One account that mail is sent from.

    Args:
        open: Signs in to its mailbox, where sent mail lies; whoever opens it closes it.
        address: The sender's.
    """

    server: SmtpServer
    open: Callable[[], Mailbox]
    address: str
    name: str = ""


def smtp_tools(boxes: Mapping[str, Outbox], agent: str, clock: Clock) -> list[Operation]:
    """The tool, for these accounts by name; the first is meant where none is named."""

    def box(given: Mapping[str, Json]) -> tuple[str, Outbox]:
        wanted = given.get("account") or next(iter(boxes), "")
        if wanted not in boxes:
            raise LetterInvalid(f"No mail is sent from '{wanted[:60]}'.", f"Accounts: {', '.join(boxes) or 'none'}.")
        return wanted, boxes[wanted]

    def send(grant: Grant, given: Mapping[str, Json]) -> Json:
        account, outbox = box(given)
        letter = Letter(
            tuple(texts(given["to"], "to")),
            given["subject"],
            given["text"],
            tuple(texts(given.get("cc"), "cc")),
            given.get("answers", ""),
        )
        if not letter.to:
            raise LetterInvalid("The mail goes to nobody.", "Name one recipient or more in `to`.")
        raw = letter.raw(outbox.address, outbox.name, agent, grant.key, clock())
        outbox.server.send(outbox.address, letter.recipients, raw)
        return _answer(account, outbox, grant.key, filed=_filed(grant, outbox, raw))

    def sent(key: str, given: Mapping[str, Json]) -> Found | None:
        account, outbox = box(given)
        try:
            with _opened(outbox) as mailbox:
                lies = _lies(mailbox, message_id(key, outbox.address))
        except Unavailable as error:
            raise SmtpUnreachable(error.what, error.next_move, sent=True) from error
        # It is filed after it was sent: what is not there may be sent nevertheless.
        return Found(done=True, answer=_answer(account, outbox, key, filed=True)) if lies else None

    return [Operation(declared("smtp")["mail.send"], send, sent)]


@contextmanager
def _opened(outbox: Outbox) -> Iterator[Mailbox]:
    mailbox = outbox.open()
    try:
        yield mailbox
    finally:
        mailbox.close()


def _filed(grant: Grant, outbox: Outbox, raw: bytes) -> bool:
    """Whether a copy lies among the sent mail. It was sent, so that nothing here is an error any more."""
    try:
        with _opened(outbox) as mailbox:
            # Some servers file it by themselves.
            if not _lies(mailbox, message_id(grant.key, outbox.address)) and isinstance(mailbox, KeepsSent):
                mailbox.append_sent(grant, raw)
            return _lies(mailbox, message_id(grant.key, outbox.address))
    except GainfulError:
        return False


def _lies(mailbox: Mailbox, wanted: str) -> bool:
    folder = mailbox.folder(Role.SENT)
    return folder is not None and bool(mailbox.find(folder, wanted))


def _answer(account: str, outbox: Outbox, key: str, *, filed: bool) -> Json:
    return {"account": account, "message_id": message_id(key, outbox.address), "filed": filed}
