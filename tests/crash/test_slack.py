"""Kill -9 while Slack is heard and spoken to: nothing that was acknowledged is lost, nothing is said twice."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from gainful.connectors.slack.fake import FakeSlack

SCRIPT = Path(__file__).with_name("slack_process.py")
KILLS = 3


def started(slack: FakeSlack, what: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), what, slack.url, slack.bot_token, slack.app_token, *more],
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ended, and what it printed."""
    said, _ = process.communicate(timeout=300)
    return process.returncode, said.strip()


def test_what_was_acknowledged_has_been_written_down(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.touch()
    with FakeSlack(pace=1000.0) as slack:
        for round_ in range(KILLS):
            process = started(slack, "hear", str(book))
            assert process.stdout is not None
            for number in range(4):
                slack.say("ada", "help", f"Round {round_}, line {number}.")
            while not slack.connections():
                time.sleep(0.05)
            slack.lapse()
            # It dies with the first batch written down, and not acknowledged.
            assert process.stdout.readline()
            process.kill()
            process.communicate()
            written = set(book.read_text(encoding="utf-8").split())
            acknowledged = {_id(sent.payload) for sent in slack.sent() if sent.acknowledged is not None}
            assert acknowledged <= written
        process = started(slack, "hear", str(book))
        while not slack.connections():
            time.sleep(0.05)
        until = time.monotonic() + 60
        while slack.unacknowledged() and time.monotonic() < until:
            slack.lapse()
            time.sleep(0.2)
        process.kill()
        process.communicate()
        sent = slack.sent()
        assert [one for one in sent if one.given_up] == []
        assert {_id(one.payload) for one in sent} == set(book.read_text(encoding="utf-8").split())


def _id(payload: dict[str, dict[str, str]]) -> str:
    event = payload["event"]
    return f"message:{event['channel']}:{event['ts']}"


def test_a_message_that_was_taken_before_the_crash_is_not_said_again() -> None:
    with FakeSlack() as slack:
        room = slack.channel("help")
        for number in range(KILLS):
            slack.faults.lose_answers = 1
            assert ended(started(slack, "say", room, f"run{number}:reply")) == (-9, "")
            assert ended(started(slack, "say", room, f"run{number}:reply")) == (0, slack.by_bot("help")[-1].ts)
            assert len(slack.by_bot("help")) == number + 1


def test_a_message_that_never_arrived_before_the_crash_is_said() -> None:
    with FakeSlack() as slack:
        slack.faults.drop_requests = 1
        assert ended(started(slack, "say", slack.channel("help"), "run1:reply")) == (-9, "")
        assert slack.by_bot("help") == []
        assert ended(started(slack, "say", slack.channel("help"), "run1:reply"))[0] == 0
        assert len(slack.by_bot("help")) == 1
