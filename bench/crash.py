"""Kill Gainful, or cut its connection, at random moments of `gainful triage --apply`; then look at the mail.

Each round has a mailbox of its own on a real Dovecot. After the blow a second `gainful triage --apply` finishes what
was begun; then every mail is counted from outside. At the end all runs of the round are undone and folders, flags and
keywords are compared with the beginning.

    python -m bench.crash [--quick] [--rounds N] [--seed N] --json FILE
    python -m bench.crash --what agents [--quick] [--rounds N] [--seed N] --json FILE     see bench.crash_agents
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import crash_agents
from bench.report import options, publish
from bench.snapshot import Found, compare, login, restored_share, snapshot
from bench.wire import Relay
from gainful.sdk.testing.dovecot import Dovecot

MAILS = 240
ROUNDS = 200
QUICK_ROUNDS = 6

# Own rules decide, so that every round moves, labels and drafts much, whatever the models think of the texts.
CONFIG = """
[[rules]]
label = "newsletter"
from = "@lists.example.net"

[[rules]]
label = "receipt"
from = "@shop.example.net"

[[rules]]
label = "needs_reply"
from = "@people.example.net"
"""


@dataclass
class Tally:
    """Sums over all rounds."""

    counts: Counter[str] = field(default_factory=Counter)
    restored: list[float] = field(default_factory=list)
    hit: int = 0
    """Rounds in which the blow came while the run was under way."""
    uncertain: int = 0


def mails() -> Iterator[bytes]:
    """The round's mailbox: lists, receipts and people in turn."""
    for number in range(MAILS):
        host, subject, body = (
            ("lists.example.net", f"Kite news {number}", f"Issue {number}: winds, spars and lines."),
            ("shop.example.net", f"Receipt {number}", f"Order {number}, paid in full: 12.00 EUR."),
            ("people.example.net", f"Question {number}", f"Hello,\r\ncould you send me plan {number}?\r\nAda"),
        )[number % 3]
        extra = "List-Unsubscribe: <https://lists.example.net/off>\r\n" if host.startswith("lists") else ""
        yield (
            f"From: Sender {number} <s{number}@{host}>\r\nTo: owner@example.org\r\nSubject: {subject}\r\n"
            f"Message-ID: <{number}.round@{host}>\r\nDate: Mon, 05 Jan 2026 10:{number % 60:02d}:00 +0000\r\n{extra}"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        ).encode()


class Round:
    """One mailbox, one home, one blow."""

    def __init__(self, dovecot: Dovecot, folder: Path, chance: random.Random) -> None:
        self._dovecot = dovecot
        self._chance = chance
        self._user = dovecot.new_user()
        self._relay = Relay(dovecot.imap_port)
        self._home = folder / self._user
        self._home.mkdir()
        (self._home / "gainful.toml").write_text(CONFIG)
        dovecot.seed(self._user, mails())
        self._make_half_seen()
        self.before = self.look()

    def _make_half_seen(self) -> None:
        client = login(self._dovecot.imap_port, self._user, self._dovecot.password)
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL")[::2], [b"\\Seen"], silent=True)
        client.add_flags(client.search("ALL")[::7], [b"\\Flagged", b"mine"], silent=True)
        client.logout()

    def look(self) -> list[Found]:
        """The mailbox as it is now, seen from outside."""
        return snapshot(self._dovecot.imap_port, self._user, self._dovecot.password)

    @property
    def url(self) -> str:
        """The mailbox behind the relay."""
        return self._dovecot.url(self._user).replace(f":{self._dovecot.imap_port}", f":{self._relay.port}")

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "GAINFUL_HOME": str(self._home),
            "GAINFUL_IMAP_PASSWORD": self._dovecot.password,
        }
        command = [sys.executable, "-m", "gainful", *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments: str) -> bytes:
        """What a command prints; it must succeed."""
        process = self._start(*arguments)
        out, err = process.communicate(timeout=120)
        if process.returncode != 0:
            raise RuntimeError(f"gainful {' '.join(arguments)}: {process.returncode}\n{err.decode()[-2000:]}")
        return out

    def strike(self, latest: float, *, kill: bool) -> bool:
        """Start a run and hit it at a random moment; whether it was still under way."""
        process = self._start("triage", self.url, "--apply", "--json")
        time.sleep(self._chance.uniform(0.25, latest))
        under_way = process.poll() is None
        if kill:
            process.kill()
        else:
            self._relay.cut()
        process.communicate(timeout=180)
        return under_way

    def undo_everything(self) -> None:
        """Undo each applied run, newest first."""
        brief = json.loads(self.run("brief", "--json"))
        for run_id in brief["runs"]:
            process = self._start("undo", run_id, "--json")
            process.communicate(timeout=120)

    def close(self) -> None:
        """Remove what the round has laid."""
        self._relay.close()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._dovecot.mail_root(self._user).parent, ignore_errors=True)


def main() -> int:
    """Run the rounds and publish the figures; 1 when any mail came to harm."""
    parser = options("crash", "Kill Gainful at random moments and count the mail.")
    parser.add_argument("--rounds", type=int, help=f"how many blows (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--what", choices=("mail", "agents"), default="mail", help="what is killed")
    given = parser.parse_args()
    if given.what == "agents":
        return _agents(given)
    rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    chance = random.Random(given.seed)
    tally = Tally()
    with Dovecot() as dovecot, tempfile.TemporaryDirectory() as folder:
        latest = _duration(dovecot, Path(folder), chance)
        for number in range(rounds):
            _one(dovecot, Path(folder), chance, latest, tally, kill=number % 2 == 0)
            if sys.stderr.isatty() or number % 20 == 19:
                print(f"{number + 1}/{rounds} {dict(tally.counts)}", file=sys.stderr)
    figures = {name: float(tally.counts[name]) for name in ("lost", "duplicated", "seen_changed", "drafts_doubled")}
    figures["undo_restored_share"] = min(tally.restored)
    conditions = {"rounds": rounds, "hit under way": tally.hit, "mails a round": MAILS, "window s": round(latest, 2)}
    publish("crash", conditions, figures, given.json)
    harmed = any(tally.counts.values()) or figures["undo_restored_share"] < 1
    return int(harmed)


def _agents(given: argparse.Namespace) -> int:
    blows = given.rounds or (crash_agents.QUICK_BLOWS if given.quick else crash_agents.BLOWS)
    figures, conditions = crash_agents.measure(blows, given.seed)
    publish("crash", {"what": "agents", **conditions}, figures, given.json)
    harm = ("runs_lost", "runs_doubled", "effects_doubled", "effects_lost", "calls_paid_twice")
    return int(any(figures[name] for name in harm))


def _duration(dovecot: Dovecot, folder: Path, chance: random.Random) -> float:
    """Seconds that an undisturbed run takes here and now: blows fall within it."""
    calm = Round(dovecot, folder, chance)
    start = time.monotonic()
    calm.run("triage", calm.url, "--apply", "--json")
    took = time.monotonic() - start
    moved = sum(mail.folder != "INBOX" for mail in calm.look())
    if moved < MAILS // 2:
        raise RuntimeError(f"only {moved} of {MAILS} mails were moved or answered; the rounds would prove little")
    calm.close()
    return took


def _one(dovecot: Dovecot, folder: Path, chance: random.Random, latest: float, tally: Tally, *, kill: bool) -> None:
    mailbox = Round(dovecot, folder, chance)
    tally.hit += mailbox.strike(latest, kill=kill)
    mailbox.run("triage", mailbox.url, "--apply", "--json")
    tally.counts.update(compare(mailbox.before, mailbox.look()))
    mailbox.undo_everything()
    tally.restored.append(restored_share(mailbox.before, mailbox.look()))
    mailbox.close()


if __name__ == "__main__":
    sys.exit(main())
