"""Lay the sample mails as a Maildir: inbox, sent mail, drafts and archive.

python -m demo.mailbox DIRECTORY
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from demo import machines, oddities, people
from demo.letter import Letter

INBOX = (*people.INBOX, *machines.INBOX, *oddities.INBOX)
SENT = people.SENT


FOLDERS = ("", ".Sent", ".Drafts", ".Archive", ".Trash")


def lay(root: Path, now: datetime) -> int:
    """Write the sample mailbox into `root`, which must not exist. Returns the number of mails in the inbox."""
    lay_folders(root, now)
    deliver(root, INBOX, now)
    return len(INBOX)


def lay_folders(root: Path, now: datetime) -> None:
    """Write the mailbox with what was sent from it, and nothing in the inbox yet."""
    for folder in FOLDERS:
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True)
    deliver(root / ".Sent", SENT, now)


def deliver(folder: Path, letters: Iterable[Letter], now: datetime) -> None:
    """Put the mails into a folder, each dated by its age."""
    thread = {letter.key: letter for letter in (*INBOX, *SENT)}
    for number, letter in enumerate(sorted(letters, key=lambda letter: -letter.age)):
        at = letter.date(now).timestamp()
        name = f"{int(at)}.M{number:06d}.demo"
        read = letter.seen or folder.name == ".Sent"
        file = folder / "cur" / f"{name}:2,S" if read else folder / "new" / name
        file.write_bytes(letter.as_bytes(now, thread))
        os.utime(file, (at, at))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m demo.mailbox DIRECTORY")
    print(f"{lay(Path(sys.argv[1]), datetime.now(UTC))} mails in {sys.argv[1]}")
