"""Approvals as a person meets them: each command in a process of its own, with and without a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.gate.approval import Approvers, State, ask
from gainful.gate.proposal import Explanation, Proposal, Reason
from gainful.storage.settings.config import Home

GAINFUL = str(Path(sys.executable).parent / "gainful")
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))


class Person:
    """Somebody whose agent asks."""

    def __init__(self, path: Path) -> None:
        self.home = path / "home"
        self.home.mkdir(mode=0o700)
        keep = {name: value for name, value in os.environ.items() if not name.startswith("GAINFUL")}
        self.environment = {**keep, "GAINFUL_HOME": str(self.home), "COLUMNS": "100"}
        for name in ("FORCE_COLOR", "VISUAL"):
            self.environment.pop(name, None)

    def asked(self, approval_id: str = "k7h2k9abcd", approvers: Approvers | None = None) -> str:
        """The card's digest of a new approval."""
        explanation = Explanation(
            "send",
            "egress",
            {"to": "target", "body": "content"},
            {"to": TYPED, "body": STRANGER},
            reasons=(Reason("send-tainted", "Something leaves that a stranger may have written."),),
        )
        body = "Dear Ada,\nsee invoice\u202efdp.exe\n"
        send = Proposal(
            "assistant", "r12", "step 3", "mail.send", {"to": ["ada@example.org"], "body": body}, "7f3a",
            explanation=explanation,
        )  # fmt: skip
        with Gainful.open(Home(self.home)) as app:
            return app.book.ask(ask(approval_id, [send], "mira", app.clock(), approvers or Approvers())).card

    def state(self, approval_id: str = "k7h2k9abcd") -> State:
        """What became of it."""
        with Gainful.open(Home(self.home)) as app:
            return app.approvals.find(approval_id).state

    def run(self, *arguments: str, status: int = 0, typed: str = "", **environment: str) -> str:
        """What a command without a terminal says."""
        done = subprocess.run(
            [GAINFUL, "approvals", *arguments],
            env={**self.environment, **environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def at_terminal(self, *arguments: str, typed: str, prompt: str = "[y/N]", **environment: str) -> tuple[int, str]:
        """Exit status and what a terminal shows, when this is typed once the prompt stands there."""
        pid, handle = pty.fork()
        if pid == 0:
            os.execve(GAINFUL, [GAINFUL, "approvals", *arguments], {**self.environment, "TERM": "xterm", **environment})
        shown = b""
        answered = False
        try:
            while chunk := os.read(handle, 65536):
                shown += chunk
                if not answered and prompt.encode() in shown:
                    time.sleep(0.3)
                    os.write(handle, typed.encode())
                    answered = True
        except OSError:
            pass  # Linux says so when the other end has gone.
        os.close(handle)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode("utf-8", "replace")


@pytest.fixture
def mira(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_nothing_waits_at_first(mira: Person) -> None:
    assert mira.run() == "Nothing waits for your word.\n"
    assert mira.run("--json") == ""


def test_what_waits_is_listed_and_shown_without_what_deceives(mira: Person) -> None:
    card = mira.asked()
    assert "k7h2k9abcd  waiting  assistant  send" in mira.run()
    text = mira.run("show", "k7")
    assert "⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩" in text
    assert "\u202e" not in text
    assert "\x1b" not in text, "no colour where there is no terminal"
    assert "! │ see invoice" in text
    assert card[:12] in text


def test_json_has_everything_in_ascii(mira: Person) -> None:
    card = mira.asked()
    (line,) = mira.run("--json").splitlines()
    assert line.isascii()
    found = json.loads(line)
    assert found == json.loads(mira.run("show", "k7", "--json"))
    assert found["card"] == card
    assert found["effects"][0]["arguments"]["to"] == ["ada@example.org"]
    assert "RIGHT-TO-LEFT OVERRIDE" in found["effects"][0]["cautions"][0]
    assert found["effects"][0]["labels"]["body"]["sources"] == ["mail:7h2k9#body"]


def test_a_blind_yes_accepts_nothing(mira: Person) -> None:
    card = mira.asked()
    assert "answer-missing" in mira.run("accept", "k7", status=2, typed="y\ny\n")
    assert "answer-missing" in mira.run("accept", "k7", "--json", status=2, typed="y\n")
    assert "card-changed" in mira.run("accept", "k7", "--digest", card[:11], status=3)
    assert "card-changed" in mira.run("accept", "k7", "--digest", "0" * 12, status=3)
    assert mira.state() is State.WAITING


def test_with_the_cards_digest_it_is_accepted_once(mira: Person) -> None:
    card = mira.asked()
    assert json.loads(mira.run("accept", "k7", "--digest", card[:12], "--json"))["state"] == "accepted"
    assert "approval-closed" in mira.run("accept", "k7", "--digest", card[:12], status=3)
    assert "approval-closed" in mira.run("refuse", "k7", status=3)
    assert mira.run() == "Nothing waits for your word.\n"
    assert "accepted" in mira.run("--all")


def test_at_a_terminal_it_is_shown_again_and_asked(mira: Person) -> None:
    mira.asked()
    status, shown = mira.at_terminal("accept", "k7", typed="n\n")
    assert status == 130
    assert "Accept exactly this, once?" in shown
    assert "ada@example.org" in shown
    assert mira.state() is State.WAITING
    status, shown = mira.at_terminal("accept", "k7", typed="y\n", NO_COLOR="1")
    assert status == 0
    assert "Accepted: approval k7h2k9abcd." in shown
    assert mira.state() is State.ACCEPTED


def test_a_card_that_changes_between_showing_and_answering_is_not_accepted(mira: Person) -> None:
    card = mira.asked()
    mira.run("edit", "k7", "--set", 'to=["bob@example.org"]', "--digest", card[:12])
    assert "approval-closed" in mira.run("accept", "k7", "--digest", card[:12], status=3)
    assert mira.state() is State.EDITED


def test_an_edit_by_options_is_kept_beside_what_was_asked(mira: Person) -> None:
    card = mira.asked()
    assert "answer-invalid" in mira.run("edit", "k7", "--set", "cc=x", "--digest", card, status=2)
    assert "answer-invalid" in mira.run("edit", "k7", "--set", "to=[]", "--effect", "2", "--digest", card, status=2)
    assert "answer-missing" in mira.run("edit", "k7", status=2)
    done = json.loads(mira.run("edit", "k7", "--set", "body=Hello Ada", "--digest", card, "--json"))
    assert done["effects"][0]["edited"]["body"] == "Hello Ada"
    assert done["effects"][0]["arguments"]["body"].startswith("Dear Ada")


def test_an_edit_in_the_editor_is_shown_as_a_difference_before_it_counts(mira: Person, tmp_path: Path) -> None:
    mira.asked()
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/ada@example.org/bob@example.org/ "$1"\n')
    editor.chmod(0o755)
    status, shown = mira.at_terminal("edit", "k7", typed="y\n", EDITOR=str(editor), NO_COLOR="1")
    assert status == 0, shown
    assert '-   "ada@example.org"' in shown
    assert '+   "bob@example.org"' in shown
    done = json.loads(mira.run("show", "k7", "--json"))
    assert done["effects"][0]["edited"]["to"] == ["bob@example.org"]
    assert done["effects"][0]["edited"]["body"] == done["effects"][0]["arguments"]["body"]


@pytest.mark.parametrize(
    ("command", "state"),
    [(["respond", "k7", "Ask Bob."], "responded"), (["ignore", "k7"], "ignored"), (["refuse", "k7", "No."], "refused")],
)
def test_the_other_answers(mira: Person, command: list[str], state: str) -> None:
    mira.asked()
    done = json.loads(mira.run(*command, "--json"))
    assert (done["state"], done["text"]) == (state, command[2] if len(command) > 2 else "")
    assert state in mira.run("show", "k7")


def test_whoever_asked_does_not_answer_where_four_eyes_are_wanted(mira: Person) -> None:
    (mira.home / "gainful.toml").write_text('[owner]\nname = "mira"\n')
    card = mira.asked(approvers=Approvers(four_eyes=True))
    assert "somebody else has to answer" in mira.run("show", "k7")
    assert "not-your-approval" in mira.run("accept", "k7", "--digest", card, status=3)
    (mira.home / "gainful.toml").write_text('[owner]\nname = "ada"\n')
    assert json.loads(mira.run("accept", "k7", "--digest", card, "--json"))["answered_by"] == "ada"


def test_each_question_and_answer_stands_in_the_audit_log(mira: Person) -> None:
    card = mira.asked()
    mira.run("accept", "k7", "--digest", card)
    with Gainful.open(Home(mira.home)) as app:
        said = [(entry.verdict, entry.approval) for entry in app.audit.rows() if entry.kind == "approval"]
    assert said == [("waiting", "k7h2k9abcd"), ("accepted", "k7h2k9abcd")]
