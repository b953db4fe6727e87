"""A small mailbox as it lies there in the morning, for the console of the demo: it is triaged for real.

mail = MorningMail(folder)
mail.lay(now)                      # a Maildir with letters of the night
mail.settings                      # the account, for a settings file
mail.triage(home)                  # one run with effects, which the console can undo
"""

from __future__ import annotations

import json
import mailbox
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from gainful.app.gainful import Gainful
from gainful.storage.settings.config import Home

ACCOUNT = "mail"
ADDRESS = "mira@example.org"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail.

    Args:
        listed: It came by a list, and says how to leave it.
        automatic: A machine wrote it.
    """

    name: str
    address: str
    subject: str
    text: str
    listed: bool = False
    automatic: bool = False


LETTERS = (
    Letter("Ada", "ada@example.net", "When do the kites come?", "Dear Mira,\nwhen will batch 12 be here?\n\nAda"),
    Letter("Tom", "tom@example.org", "Can you sign the lease by noon?", "They call at noon.\n\nTom"),
    Letter("Kite Weekly", "news@weekly.example.com", "Ten kites for autumn", "This week: ten kites.", listed=True),
    Letter("Cloth & Line", "offers@cloth.example.com", "20 % off all lines until Sunday", "Order now.", listed=True),
    Letter("Wind Report", "daily@wind.example.com", "Your wind for today", "South-west, 4 to 5.", listed=True),
    Letter("Post", "noreply@post.example.com", "Your parcel is there", "Parcel 7719 is with you.", automatic=True),
    Letter("Shop", "noreply@shop.example.com", "Receipt for order 5512", "Total: 84.20 USD.", automatic=True),
    Letter("Bank", "noreply@bank.example.com", "Your statement is ready", "Sign in to read it.", automatic=True),
    Letter("Build", "ci@build.example.com", "[shop] build 911 passed", "All 412 tests passed.", automatic=True),
    Letter("Rooms", "calendar@rooms.example.com", "Invitation: kite meeting, Tue 10:00", "Room 2.", automatic=True),
    Letter("Lea", "lea@example.org", "Notes of yesterday", "Here is what we said about the stand. No need to answer."),
)

RULES = {
    "@weekly.example.com": "newsletter",
    "@cloth.example.com": "newsletter",
    "@shop.example.com": "receipt",
    "@build.example.com": "update",
}
"""What Mira has said of some senders: what is known for certain is put away."""


class MorningMail:
    """The mailbox.

    Args:
        folder: Where its Maildir lies, or will lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def settings(self) -> str:
        """The account, for a settings file."""
        return (
            f'\n[[accounts]]\nname = "{ACCOUNT}"\nurl = {json.dumps(f"maildir:{self._folder}")}\n'
            f'addresses = ["{ADDRESS}"]\ndisplay_name = "Mira"\n'
            + "".join(f'\n[[rules]]\nfrom = "{sender}"\nlabel = "{label}"\n' for sender, label in RULES.items())
        )

    def lay(self, now: datetime) -> None:
        """Write the letters; they came one after the other until this moment."""
        box = mailbox.Maildir(self._folder, create=True)
        for number, letter in enumerate(LETTERS):
            at = now - timedelta(minutes=25 * (len(LETTERS) - number))
            box.add(_written(letter, at, number))
        box.close()

    def triage(self, home: Home) -> None:
        """Triage it as the nightly run does."""
        with Gainful.open(home) as app:
            app.triage.run(ACCOUNT, apply=True, trigger="nightly")


def _written(letter: Letter, at: datetime, number: int) -> mailbox.MaildirMessage:
    mail = EmailMessage()
    mail["From"] = f"{letter.name} <{letter.address}>"
    mail["To"] = ADDRESS
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<morning-{number}@{letter.address.partition('@')[2]}>"
    if letter.listed:
        mail["List-Id"] = f"<{letter.address.replace('@', '.')}>"
        mail["List-Unsubscribe"] = f"<https://{letter.address.partition('@')[2]}/leave>"
    if letter.automatic:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    return mailbox.MaildirMessage(mail)
