"""What lies in a mailbox, seen from outside Gainful: every mail of every folder, by its bytes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes

from imapclient import IMAPClient

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Found:
    """One mail: where it lies, its digest, its flags and keywords, and which mail it drafts an answer to."""

    folder: str
    digest: str
    flags: frozenset[str]
    draft_of: str


def login(port: int, user: str, password: str) -> IMAPClient:
    """A signed-in connection."""
    client = IMAPClient(HOST, port=port, ssl=False, timeout=30)
    client.login(user, password)
    return client


def snapshot(port: int, user: str, password: str) -> list[Found]:
    """Every mail of every folder. Looks read-only and peeks, so that looking changes nothing."""
    client = login(port, user, password)
    found = []
    try:
        for _, _, name in client.list_folders():
            client.select_folder(name, readonly=True)
            uids = client.search("ALL")
            for _, data in client.fetch(uids, ["BODY.PEEK[]", "FLAGS"]).items() if uids else ():
                raw = data[b"BODY[]"]
                flags = frozenset(flag.decode() for flag in data[b"FLAGS"]) - {"\\Recent"}
                draft = re.sub(r"\s", "", str(message_from_bytes(raw).get("X-Gainful-Draft", "")))
                found.append(Found(name, hashlib.sha256(raw).hexdigest(), flags, draft))
    finally:
        client.logout()
    return found


def compare(before: list[Found], after: list[Found]) -> dict[str, int]:
    """How many mails were lost, doubled or changed in `\\Seen`, and how many drafts there are twice."""
    own = {mail.digest for mail in before}
    count_before = Counter(mail.digest for mail in before)
    count_after = Counter(mail.digest for mail in after if mail.digest in own)
    seen_before = {mail.digest: "\\Seen" in mail.flags for mail in before}
    drafts = Counter(mail.draft_of for mail in after if mail.draft_of)
    return {
        "lost": sum((count_before - count_after).values()),
        "duplicated": sum((count_after - count_before).values()),
        "seen_changed": sum(
            seen_before[mail.digest] != ("\\Seen" in mail.flags) for mail in after if mail.digest in own
        ),
        "drafts_doubled": sum(count - 1 for count in drafts.values()),
    }


def restored_share(before: list[Found], after: list[Found]) -> float:
    """The share of mails that are in the folder and have the flags and keywords they had; 1 for none at all."""
    left = Counter((mail.folder, mail.digest, mail.flags) for mail in after)
    same = sum((Counter((mail.folder, mail.digest, mail.flags) for mail in before) & left).values())
    return same / len(before) if before else 1.0
