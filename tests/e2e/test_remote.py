"""The command line asks a server that runs elsewhere, and says what it would say there."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.app.trial.console_show import ConsoleShow
from gainful.cli.main import run
from gainful.core.clock import system_clock
from gainful.sdk.testing.local_server import free_ports

SCRIPT = Path(__file__).parents[1] / "fixtures" / "deploy_script.py"
WHO = {"NAME": "Ann", "EMAIL": "ann@example.org"}
GAINFUL = str(Path(sys.executable).parent / "gainful")


class Machine:
    """A person's machine, where a home of its own lies."""

    def __init__(self, home: Path, *, remote: str = "") -> None:
        self.home = home
        self.remote = remote

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Status, output and errors of a command."""
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        named = ("--remote", self.remote) if self.remote else ()
        sys.stdin = io.StringIO(typed)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = run(["--home", str(self.home), *named, *arguments])
        finally:
            sys.stdin = before
        return status, out.getvalue(), err.getvalue()

    def process(self, *arguments: str) -> int:
        """The status of a command in a process of its own, as what runs an engine must be."""
        command = [GAINFUL, "--home", str(self.home), *arguments]
        return subprocess.run(command, capture_output=True, timeout=300, check=False).returncode

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command answers in JSON."""
        status, out, err = self.run(*arguments, "--json")
        assert status == 0, err
        return [json.loads(line) for line in out.splitlines()]


class Shop:
    """A service that a script deploys, from a repository with two commits."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.world = folder / "shop", folder / "world.json"
        self.repository.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")
        for price in (1, 2):
            (self.repository / "shop.py").write_text(f"price = {price}\n", encoding="utf-8")
            self._git("add", "--all")
            self._git("commit", "--quiet", f"--message=Ask {price}")
        release = "{commit}", "{digest}", "{config}", "{tree}"
        lines = {
            "state": self._line("state"),
            "stage": self._line("stage", *release, "{anew}"),
            "health": self._line("health", *release),
            "rollback": self._line("rollback", *release),
        }
        target = "\n".join(f"{verb} = {json.dumps(line)}" for verb, line in lines.items())
        self.settings = (
            f'[git.repositories]\nshop = "{self.repository}"\n[[services]]\nname = "shop"\nrepository = "shop"\n'
            f'watch = {{ unmeasured = 1 }}\n[services.target]\nkind = "command"\nfinds_drift = true\n{target}\n'
        )
        self.knows({})

    def knows(self, releases: dict[str, str]) -> None:
        """Let the script be able to make these: digests by commit."""
        nothing: dict[str, object] = {"live": None, "candidate": None, "share": 0, "kept": []}
        told = {**nothing, "known": releases, "sick": [], "canary": False}
        self.world.write_text(json.dumps(told), encoding="utf-8")

    def _line(self, *words: str) -> list[str]:
        return [sys.executable, "-I", "-S", str(SCRIPT), str(self.world), *words]

    def _git(self, *words: str) -> None:
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in WHO.items()}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **who}
        subprocess.run(["git", *words], cwd=self.repository, env=environment, check=True, capture_output=True)


class Served:
    """The demo's company, served, and a laptop that has a token for it."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        self.shop = Shop(folder)
        self.show = ConsoleShow(folder, port, system_clock, self.shop.settings)
        self.show.lay(lambda _done, _whole: None)
        self.address = f"http://127.0.0.1:{port}"
        self.there = Machine(self.show.home.path)
        self.here = Machine(folder / "laptop", remote="team")
        self.process = subprocess.Popen(
            [GAINFUL, "--home", str(self.show.home.path), "serve"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        while "console:" not in self.process.stdout.readline():
            assert self.process.poll() is None
        self.named("team", *Scope)

    def named(self, name: str, *scopes: Scope) -> Machine:
        """The laptop asking this server under a name, with a new token of these scopes."""
        with Gainful.open(self.show.home) as app:
            token = app.access.add_token(name, self.show.person, scopes, timedelta(days=1), self.show.person)
        status, out, err = self.here.run("remote", "add", name, self.address, typed=f"{token}\n")
        assert status == 0, err
        assert token not in out + err
        return Machine(self.here.home, remote=name)

    def asks(self, approval: str) -> None:
        """Let an agent ask for a word."""
        self.show.ask_in(self.show.home, approval)

    def card(self, approval: str) -> str:
        """The digest of an approval's card, as the laptop sees it."""
        return str(self.here.rows("approvals", "show", approval)[0]["card"])

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        with self.process:
            assert self.process.wait() == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("company"))
    yield made
    made.stop()


SAME = [
    ("approvals",),
    ("approvals", "--all"),
    ("agent", "list"),
    ("runs", "--days", "90"),
    ("stop", "--list"),
    ("deploy", "status"),
    ("deploy", "status", "shop"),
    ("deploy", "history", "shop"),
    ("worth",),
    ("board", "--by", "team"),
    ("board", "--by", "agent"),
    ("audit", "--limit", "5"),
    ("budget",),
    ("budget", "list"),
    ("ledger",),
]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("command", SAME, ids=" ".join)
def test_a_command_says_what_it_says_on_the_server(
    served: Served, command: tuple[str, ...], form: tuple[str, ...]
) -> None:
    assert served.here.run(*command, *form) == served.there.run(*command, *form)


# --- approvals --------------------------------------------------------------------------------------------------------


def test_an_approval_is_shown_and_accepted_from_elsewhere(served: Served) -> None:
    served.asks("aa2k9abcde")
    shown = served.here.run("approvals", "show", "aa2")
    assert shown == served.there.run("approvals", "show", "aa2")
    assert "a stranger may have written this line" in shown[1]
    card = served.card("aa2")
    status, out, err = served.here.run("approvals", "accept", "aa2", "--digest", card)
    assert (status, out) == (0, "Accepted: approval aa2k9abcde.\n")
    assert "cannot be taken back" in err
    assert "mira@example.org" in err
    assert served.there.rows("approvals", "show", "aa2")[0]["answered_by"] == "mira@example.org"
    again = served.here.run("approvals", "accept", "aa2", "--digest", card)
    assert again[0] == 3
    assert "approval-closed" in again[2]


def test_nothing_is_accepted_that_was_not_shown(served: Served) -> None:
    served.asks("bb2k9abcde")
    assert "card-changed" in served.here.run("approvals", "accept", "bb2", "--digest", "0" * 64)[2]
    assert "answer-missing" in served.here.run("approvals", "accept", "bb2")[2], "nobody is there to look"
    assert served.there.rows("approvals", "show", "bb2")[0]["state"] == "waiting"


def test_an_effect_is_edited_from_elsewhere(served: Served) -> None:
    served.asks("cc2k9abcde")
    card = served.card("cc2")
    status, out, _ = served.here.run("approvals", "edit", "cc2", "--set", "subject=Kites", "--digest", card)
    assert (status, out) == (0, "Accepted as you put it: approval cc2k9abcde.\n")
    assert served.here.rows("approvals", "show", "cc2")[0]["effects"][0]["edited"]["subject"] == "Kites"
    assert served.here.run("approvals", "show", "cc2") == served.there.run("approvals", "show", "cc2")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (("respond", "ID", "Ask her first."), "responded"),
        (("ignore", "ID"), "ignored"),
        (("refuse", "ID", "No."), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_every_other_answer_can_be_given(served: Served, answer: tuple[str, ...], state: str) -> None:
    approval = f"{answer[0][:3]}k9abcde"
    served.asks(approval)
    (told,) = served.here.rows("approvals", *(approval if word == "ID" else word for word in answer))
    assert (told["state"], told["run"]) == (state, "")
    assert served.there.rows("approvals", "show", approval)[0]["text"] == (answer[2] if len(answer) > 2 else "")


# --- agents, runs, the brief ------------------------------------------------------------------------------------------


def test_agents_are_stopped_and_go_on(served: Served) -> None:
    assert served.here.run("stop", "answer", "--reason", "it loops")[1].startswith("'answer' is stopped.")
    assert served.here.run("stop", "answer")[1].startswith("'answer' was stopped already.")
    assert served.here.run("agent", "list") == served.there.run("agent", "list")
    (stop,) = served.there.rows("stop", "--list")[0]["stops"]
    assert (stop["by"], stop["reason"]) == ("mira@example.org", "it loops")
    assert "it loops" in served.here.run("brief")[1]
    assert served.here.run("resume", "answer")[1] == "'answer' may go on.\n"
    assert served.here.run("stop", "nobody")[0] == 2


def test_the_brief_holds_what_waits_and_no_mail(served: Served) -> None:
    served.asks("dd2k9abcde")
    status, out, _ = served.here.run("brief")
    assert status == 0
    assert "dd2k9abcde" in out
    assert "Mails are told to nobody by a token" in out
    reads = served.named("reads-brief", Scope.READ)
    assert reads.rows("brief")[0]["approvals"] is None
    assert "the scope 'answer' alone" in reads.run("brief")[1]


def test_why_is_told_without_mails(served: Served) -> None:
    with Gainful.open(served.show.home) as app:
        app.runs.start("run-of-agent", "answer", "", "hand", applied=True, at=app.clock())
    assert served.here.run("why", "run-of-agent") == served.there.run("why", "run-of-agent")
    assert served.here.rows("why", "run-of-agent") == served.there.rows("why", "run-of-agent")
    assert served.here.run("why", "nothing")[0] == 2


# --- deployments ------------------------------------------------------------------------------------------------------


def test_a_deployment_is_planned_seen_and_taken_back_from_elsewhere(served: Served) -> None:
    first, second = (served.there.rows("deploy", "plan", "shop", name)[0]["candidate"] for name in ("main~1", "main"))
    served.shop.knows({one["commit"]: one["digest"] for one in (first, second)})
    assert served.there.process("deploy", "start", "shop", "main~1", "--yes") == 0
    plan = ("deploy", "plan", "shop", "main")
    assert served.here.run(*plan) == served.there.run(*plan)
    assert "Ask 2" in served.here.run(*plan)[1]
    assert served.there.process("deploy", "start", "shop", "main", "--yes") == 0
    for command in (("deploy", "status"), ("deploy", "status", "shop"), ("deploy", "history", "shop")):
        assert served.here.run(*command) == served.there.run(*command)
        assert served.here.rows(*command) == served.there.rows(*command)
    assert "promoted" in served.here.run("deploy", "status", "shop")[1]
    status, out, err = served.here.run("deploy", "rollback", "shop", "--reason", "It asks too much.")
    assert status == 0, err
    until = time.monotonic() + 120
    while (last := served.here.rows("deploy", "status", "shop")[0]["last"])["state"] != "promoted":
        assert time.monotonic() < until, out
        time.sleep(0.2)
    assert (last["intent"], last["author"]) == ("rollback", "mira@example.org")
    live = json.loads(served.shop.world.read_text(encoding="utf-8"))["live"]
    assert live["commit"] == first["commit"]
    assert "remote-unsupported" in served.here.run("deploy", "rollback", "shop", "--to", "abc")[2]
    looks = served.named("looks", Scope.READ)
    assert "--scope operate" in looks.run(*plan)[2]
    assert looks.run("deploy", "status") == served.there.run("deploy", "status")


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_token_that_may_too_little_says_which_scope_is_missing(served: Served) -> None:
    reads = served.named("reads", Scope.READ)
    for command, scope in ((("approvals",), "answer"), (("stop", "all"), "operate"), (("ledger",), "manage")):
        status, _, err = reads.run(*command)
        assert status == 3
        assert "remote-scope-missing" in err
        assert f"--scope {scope}" in err
    operates = served.named("operates", Scope.OPERATE)
    assert operates.run("stop", "triage")[0] == 0, "who may stop need not be one who may look"
    assert operates.run("resume", "triage")[0] == 0
    assert "--scope read" in operates.run("agent", "list")[2]


def test_a_token_that_was_removed_is_said_to_be(served: Served) -> None:
    gone = served.named("gone", Scope.READ)
    with Gainful.open(served.show.home) as app:
        app.access.remove_token("gone", served.show.person)
    status, _, err = gone.run("agent", "list")
    assert status == 3
    assert "remote-token-refused" in err
    listed = {one["remote"]: one for one in served.here.rows("remote", "list", "--check")}
    assert listed["gone"]["error"]["code"] == "remote-token-refused"
    assert listed["team"]["person"] == "mira@example.org"
    assert served.here.run("remote", "remove", "gone")[0] == 0
    assert "no-such-remote" in gone.run("agent", "list")[2]


@pytest.mark.parametrize(
    ("name", "url", "typed", "code"),
    [
        ("bad", "", "gainful_of-nobody\n", "remote-token-refused"),
        ("bad", "", "", "answer-missing"),
        ("bad", "", "no token\u0007\n", "remote-invalid"),
        ("Bad Name", "", "gainful_x\n", "remote-invalid"),
        ("bad", "http://gainful.example.org", "gainful_x\n", "remote-invalid"),
        ("bad", "http://127.0.0.1:1", "gainful_x\n", "remote-unreachable"),
    ],
)
def test_a_server_that_cannot_be_asked_is_not_kept(served: Served, name: str, url: str, typed: str, code: str) -> None:
    _, out, err = served.here.run("remote", "add", name, url or served.address, typed=typed)
    assert (out, f"[{code}]" in err) == ("", True), err
    assert "bad" not in served.here.run("remote", "list")[1].lower()


@pytest.mark.parametrize(
    "command",
    [
        ("triage",),
        ("init",),
        ("serve",),
        ("secrets", "list"),
        ("restore", "x"),
        ("agent", "enable", "answer"),
        ("deploy", "start", "shop"),
        ("budget", "set", "run", "1"),
        ("budget", "list", "--history"),
        ("ledger", "verify"),
        ("audit", "verify"),
        ("board", "--public"),
        ("worth", "--since", "7d"),
        ("brief", "--since", "7d"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_had_from_elsewhere_says_so(served: Served, command: tuple[str, ...]) -> None:
    status, out, err = served.here.run(*command)
    assert (status, out) == (2, "")
    assert "remote-unsupported" in err, err


def test_the_environment_may_name_the_server(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = Machine(served.here.home)
    assert laptop.run("agent", "list")[1].startswith("There is no agent yet.")
    monkeypatch.setenv("GAINFUL_REMOTE", "team")
    assert laptop.run("agent", "list") == served.here.run("agent", "list")
    assert laptop.run("--version")[0] == 0
