"""What the API tells becomes again what it was told from."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from hypothesis import given, strategies

from gainful.app.as_json import deployment_json, explanation_json, run_json, spending_json, status_json, stop_json
from gainful.app.deploying import Status
from gainful.app.explaining.why import Approved, Explanation, Reading, Step, Verdict, without_mails
from gainful.app.remote import Remote, RemoteDesk
from gainful.app.remote.errors import RemoteAnswerUnreadable
from gainful.app.remote.reading import (
    approval_from,
    deployment_from,
    explanation_from,
    recorded_from,
    run_from,
    spending_from,
    status_from,
    stop_from,
)
from gainful.cli.deploying.deploy_view import status_lines
from gainful.cli.gate.approval_view import show as show_card
from gainful.cli.remote.remote_view import run_lines
from gainful.cli.runs.why_view import show as show_why
from gainful.core.deploy_event import DeployLock, Deployment, Event, EventKind, State
from gainful.core.deployment import Intent, Release, Running, TargetState
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.money import Money, Tokens
from gainful.core.run import Run
from gainful.gate.approval import Answer, Approval, Approvers, answer, ask
from gainful.gate.approval import Verdict as Word
from gainful.gate.approval_export import as_json
from gainful.gate.proposal import Explanation as Shown
from gainful.gate.proposal import Proposal, Reason
from gainful.ledger.chain import record
from gainful.ledger.entry import USD, Entry, Posting
from gainful.ledger.export import jsonl_lines
from gainful.ledger.report import Spending
from gainful.sdk.secret import Secret
from gainful.storage.gate.stop_store import Stop

BENT: strategies.SearchStrategy[Any] = strategies.just({}) | strategies.just([1]) | strategies.just({"x": [None]})
NOW = datetime(2026, 11, 29, 8, 0, 0, 123456, tzinfo=UTC)
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body", "web:example.org"}))


def over_the_wire(content: Any) -> Any:
    """The same as it comes out at the other end."""
    return json.loads(json.dumps(jsonable_encoder(content)))


def deployment(**more: Any) -> Deployment:
    return Deployment(
        "d-1", "shop", "main", Intent.CHANGE, "ann", "hand", State.WATCHING, NOW, plan={"a": [1, None]}, **more
    )


RUN = Run("r-1", "answer", "", "hand", True, "failed", NOW, NOW + timedelta(seconds=3), {})
RELEASE = Release("c" * 40, "sha256:" + "d" * 64, "e" * 8, "f" * 40)
LIVE = Running(RELEASE, "blue", NOW, ("a.py",))


@pytest.mark.parametrize(
    ("value", "told", "read"),
    [
        (Stop("answer", "ann", NOW, "it loops"), stop_json, stop_from),
        (RUN, run_json, run_from),
        (replace(RUN, ended_at=None, applied=False), run_json, run_from),
        (deployment(), deployment_json, deployment_from),
        (
            deployment(begun_at=NOW, shifted_at=NOW, promoted_at=NOW, ended_at=NOW, forced=True, why="It hurt."),
            deployment_json,
            deployment_from,
        ),
        (Status("shop", None, (), None, TargetState(None)), status_json, status_from),
        (Status("shop", None, (), None, None, "It cannot be reached."), status_json, status_from),
        (
            Status(
                "shop",
                deployment(),
                (Event("0", EventKind.LOOKED, NOW, "All is well.", {"errors": 0.5}),),
                DeployLock("shop", "d-1", "ann", NOW),
                TargetState(LIVE, replace(LIVE, since=None), 10),
            ),
            status_json,
            status_from,
        ),
        (
            Spending(Money("0.000000001"), Tokens(fresh=3, output=4), 2, Decimal("1.5"), 7),
            spending_json,
            spending_from,
        ),
    ],
)
def test_what_is_told_is_read_as_it_was(value: object, told: Callable[[Any], Any], read: Callable[[Any], Any]) -> None:
    assert read(over_the_wire(told(value))) == value


def test_an_entry_of_the_ledger_is_read_as_it_was() -> None:
    postings = (
        Posting("cost:openai:gpt-5-mini", Decimal("0.000012345"), USD, "mail:1"),
        Posting("budget:model:2026-11-29:held", Decimal("-0.000012345"), USD),
    )
    entry = record(3, Entry("k", "settle", NOW, postings, "r-1", "mail:1", "a memo"), "0" * 64)
    (line,) = jsonl_lines([entry])
    assert recorded_from(json.loads(line)) == entry


# --- why --------------------------------------------------------------------------------------------------------------


def explanation() -> Explanation:
    steps = tuple(
        Step(
            id=f"step {number}",
            title="files.read {}",
            read=(Reading("path", TYPED), Reading("the answer", STRANGER)),
            chosen="",
            verdicts=(Verdict(NOW.isoformat(), "files.read", "allow", "", (("manifest", "It is in it."),)),),
            approvals=(Approved("a1", "0" * 64, "spent", "ann", NOW.isoformat()),),
            happened=("files.read: done",),
            undo="by hand",
        )
        for number in range(2)
    )
    spent = Spending(Money("0.0042"), Tokens(fresh=120))
    counts: dict[tuple[str, str, tuple[str, ...]], int] = {("files.read", "allow", ("manifest",)): 2}
    run = replace(RUN, trigger="", applied=False)
    return Explanation(run, "Asked.", "version 1", steps, counts, ("Noted.",), spent, "", {"manifest": "It is in it."})


def test_an_explanation_is_read_as_it_was() -> None:
    assert explanation_from(over_the_wire(explanation_json(explanation()))) == explanation()


def test_mails_are_told_to_no_program() -> None:
    whole = explanation()
    mail = replace(whole.steps[0], title="bo@example.net: Our secret", of_mail=True)
    told = json.dumps(jsonable_encoder(explanation_json(without_mails(replace(whole, steps=(mail, whole.steps[1]))))))
    assert "secret" not in told
    assert "1 of its steps are mails" in told
    assert without_mails(whole) == whole


# --- approvals --------------------------------------------------------------------------------------------------------


def approval() -> Approval:
    shown = Shown(
        "send",
        "egress",
        {"to": "target", "body": "content"},
        {"to": TYPED, "body": STRANGER},
        {"body": "the mail's own words"},
        {"body": "Before."},
        (Reason("send-tainted", "Something leaves."),),
        "",
    )
    send = Proposal("answer", "r-1", "step 3", "mail.send", {"to": ["ada@example.net"], "body": "Hi"}, "7f3a",
                    {"invoice.pdf": "a" * 64}, shown)  # fmt: skip
    draft = replace(send, step="step 4", tool="mail.draft")
    return ask("k7h2k9abcd", [send, draft], "tom", NOW, Approvers(frozenset({"ann", "bo"}), four_eyes=True))


def test_an_approval_is_read_as_it_was_with_its_card() -> None:
    one = approval()
    assert approval_from(over_the_wire(as_json(one))) == one
    edited = answer(one, Answer(Word.EDIT, "ann", NOW, one.card, changes={1: {"body": "Hello"}}))
    edited = replace(edited, used=frozenset({0}))
    found = approval_from(over_the_wire(as_json(edited)))
    assert found == edited


@pytest.mark.parametrize("change", ["to", "act", "requester", "people", "card"])
def test_a_server_that_shows_something_else_than_would_be_approved_is_found_out(change: str) -> None:
    told = over_the_wire(as_json(approval()))
    if change == "to":
        told["effects"][0]["arguments"]["to"] = ["mallory@example.net"]
    elif change == "act":
        told["effects"][0]["act"] = "draft"
    elif change == "people":
        told["approvers"]["people"] = []
    else:
        told[change] = "x"
    with pytest.raises(ValueError, match="card"):
        approval_from(told)


# --- what somebody else's server may say ------------------------------------------------------------------------------


def _places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [path, *(place for name, part in parts for place in _places(part, (*path, name)))]


def _with(content: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.deepcopy(content)
    inside = changed
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = new
    return changed


STATUS = Status(
    "shop",
    deployment(ended_at=NOW),
    (Event("0", EventKind.LOOKED, NOW, "All is well."),),
    DeployLock("shop", "d-1", "ann", NOW),
    TargetState(LIVE, LIVE, 10),
)
ANSWERS: dict[str, tuple[Any, Callable[[Any], Any], Callable[[Any], object]]] = {
    "approval": (as_json(approval()), approval_from, lambda one: show_card(one, NOW, "ann")),
    "status": (status_json(STATUS), status_from, lambda one: list(status_lines(one, 80, whole=True))),
    "why": (explanation_json(explanation()), explanation_from, lambda one: show_why(one, one=False, all_=True)),
    "run": (run_json(RUN), run_from, lambda one: list(run_lines([one]))),
}


@pytest.mark.parametrize("name", ANSWERS)
@given(data=strategies.data())
def test_an_answer_that_is_bent_is_shown_as_it_is_or_said_to_be_unreadable(name: str, data: Any) -> None:
    told, read, show = ANSWERS[name]
    whole = over_the_wire(told)
    place = data.draw(strategies.sampled_from(_places(whole)))
    words = strategies.sampled_from(["", "x", "2026-11-29T08:00:00", "\u202egnp", "-1"])
    bad: strategies.SearchStrategy[Any] = (
        strategies.none() | strategies.booleans() | strategies.integers() | words | strategies.just([]) | BENT
    )
    bent = _with(whole, place, data.draw(bad))
    remote = Remote("team", "http://127.0.0.1:1", Secret("token", "gainful_nobodys-token"))
    with RemoteDesk(remote) as desk, redirect_stdout(io.StringIO()):
        try:
            made = desk.made(bent, read)
        except RemoteAnswerUnreadable:
            return
        show(made)
