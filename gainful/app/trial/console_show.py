"""What `gainful demo console` serves: a home with a company's ten weeks, an agent that asks, and somebody who owns it.

show = ConsoleShow(folder, port, clock)
show.lay(report)
show.home, show.person, show.password
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gainful.agents.built_in import text_of
from gainful.app.console import Role
from gainful.app.gainful import Gainful
from gainful.app.trial.company import Company
from gainful.core.clock import Clock
from gainful.core.fact import Fact
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.gate.approval import Approval, ask
from gainful.gate.proposal import Explanation, Proposal, Reason
from gainful.storage.settings.config import Home

BATCH = 5000
PERSON = "mira@example.org"
AGENT = "answer"
_STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))
_SETTINGS = """\
[owner]
name = "{person}"

[server]
port = {port}
"""


def ten_weeks(now: datetime) -> list[Fact]:
    """What the company did in its ten weeks, as far as it has happened by now.

    They are whole weeks, so that the last one is no stump; what is said about its work later is not known yet.
    """
    return [one for one in Company(1, now - timedelta(days=now.weekday())).facts() if one.at <= now]


class ConsoleShow:
    """Lays a home to look at the console in.

    Args:
        settings: More lines for the settings file.
    """

    def __init__(self, folder: Path, port: int, clock: Clock, settings: str = "") -> None:
        self.home = Home(folder / "home")
        self.person = PERSON
        self.password = "-".join(secrets.token_hex(3) for _ in range(3))
        self._settings = _SETTINGS.format(person=PERSON, port=port) + settings
        self._clock = clock

    def lay(self, report: Callable[[int, int], None]) -> None:
        """Write settings, facts, an agent, a question, and the owner's account.

        Args:
            report: Told how many facts are booked, and of how many.
        """
        self.home.prepare()
        self.home.config.write_text(self._settings, encoding="utf-8")
        facts = ten_weeks(self._clock())
        with Gainful.open(self.home, self._clock) as app:
            for start in range(0, len(facts), BATCH):
                app.facts.append(facts[start : start + BATCH], "demo")
                report(min(start + BATCH, len(facts)), len(facts))
            app.worth.tell()
            # The dearest finding is about an agent of this very installation, so that it can be mended here.
            for text in (text_of(AGENT, PERSON), _talker(app.worth.findings(1)[0].fix.target)):
                made = app.agents.new(text).draft.version.file.name
                app.agents.enable(made, app.agents.change(made).digest)
            app.access.add(self.person, Role.OWNER, self.password, self.person)
        self.ask_in(self.home)

    def ask_in(self, home: Home, approval_id: str = "k7h2k9abcd") -> None:
        """Let an agent ask for a word in this home."""
        with Gainful.open(home, self._clock) as app:
            app.book.ask(self.question(approval_id, self._clock()))

    def question(self, approval_id: str, at: datetime) -> Approval:
        """A question, asked at this moment."""
        return ask(approval_id, [_proposal(f"r-{approval_id}")], "tom", at)


def _talker(name: str) -> str:
    """The file of an agent that does nothing but talk with others."""
    return (
        f"---\nname: {name}\nowner: {PERSON}\npurpose: Asks other agents how they are.\n---\nAsk them how they are.\n"
    )


def _proposal(run: str) -> Proposal:
    """A mail that the agent would send; a stranger may have written a part of its text."""
    explanation = Explanation(
        "send",
        "egress",
        {"to": "target", "body": "content"},
        {"to": TYPED, "body": _STRANGER},
        reasons=(Reason("send-tainted", "Something leaves that a stranger may have written."),),
    )
    body = "Dear Ada,\nthank you for asking. The kites of batch 12 left yesterday.\n\nMira"
    arguments = {"to": ["ada@example.net"], "subject": "Re: When do the kites come?", "body": body}
    return Proposal(AGENT, run, "step 3", "mail.send", arguments, "7f3a", explanation=explanation)
