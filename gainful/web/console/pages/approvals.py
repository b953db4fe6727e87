"""Approvals: exactly what would happen, whose words it holds, and one's answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from gainful.app.console import Right
from gainful.app.guarding.approvals import Approvals, Told
from gainful.gate.approval import Approval, State, Verdict
from gainful.gate.approval_sheet import effects, gist, grave, how_long, one_line, tainted, title, who
from gainful.web.approval_desk import desk_of
from gainful.web.console.asking import Ask, FormInvalid, Moved, Page, Shown
from gainful.web.console.editing import changes_of, fields_of

PATIENCE = timedelta(seconds=2)
"""How long an answer waits for what becomes of the run; then it goes on by itself."""


def _desk(ask: Ask) -> Approvals:
    """Approvals as this person answers them."""
    return desk_of(ask.app, ask.who, PATIENCE)


def listing(ask: Ask) -> Shown:
    """All that waits, each with its card."""
    desk = _desk(ask)
    waiting = desk.waiting()
    runs = _runs_that_open(ask, waiting)
    answered = desk.recent(10, over=True)
    values = {
        "title": "Approvals",
        "cards": [_card(ask, one, runs) for one in waiting],
        "answered": [(one, title(one), gist(one)) for one in answered],
        **_confirming(ask),
    }
    return Shown("approvals.html", values, live=("approvals",))


def one(ask: Ask) -> Shown:
    """One card, with what may be edited."""
    found = _desk(ask).find(ask.path["approval"])
    values = {
        "title": f"Approval {found.id}",
        "cards": [_card(ask, found, _runs_that_open(ask, [found]))],
        "answered": [],
        **_confirming(ask),
        "editing": [fields_of(proposal, number) for number, proposal in enumerate(found.proposals)],
        "opened": "edit" in ask.query,
    }
    return Shown("approvals.html", values, live=("approvals",))


def _confirming(ask: Ask) -> dict[str, bool]:
    """How this person can show who they are, where something cannot be taken back."""
    if ask.who.confirmed:
        return {"confirmed": True, "by_provider": False}
    return {"confirmed": False, "by_provider": ask.app.by_provider.can_confirm(ask.who)}


def _runs_that_open(ask: Ask, approvals: Sequence[Approval]) -> set[str]:
    """The runs that this person can look at; of one that is forgotten, or not theirs to see, only the name is told."""
    return ask.app.runs.known([one.run_id for one in approvals]) if ask.who.may(Right.OPERATE) else set()


def _card(ask: Ask, approval: Approval, runs: Collection[str]) -> dict[str, Any]:
    return {
        "approval": approval,
        "agent": one_line(approval.agent),
        "requester": one_line(approval.requester),
        "effects": effects(approval),
        "tainted": tainted(approval),
        "expires": how_long(approval.expires_at, ask.now),
        "who": one_line(who(approval)),
        "objection": one_line(approval.approvers.objection(ask.who.person, approval.requester)),
        "waiting": approval.state is State.WAITING,
        "grave": grave(approval),
        "run_opens": approval.run_id in runs,
    }


def answer(ask: Ask) -> Moved:
    """Accept, edit, respond, ignore or refuse."""
    desk = _desk(ask)
    found = desk.find(ask.path["approval"])
    try:
        verdict = Verdict(ask.form.get("verdict", ""))
    except ValueError:
        raise FormInvalid("No answer was chosen.", "Go back, and press one of the buttons.") from None
    changes: Mapping[int, Mapping[str, Any]] = {}
    if verdict in (Verdict.ACCEPT, Verdict.EDIT):
        if grave(found) and not ask.who.confirmed:
            if not ask.who.has_password:
                raise FormInvalid(
                    "This cannot be taken back, so show first that it is you.",
                    "Go back, and press the button that leads to your identity provider.",
                )
            ask.access.confirm(ask.who, ask.sent("password", 1024))
        if verdict is Verdict.EDIT:
            changes = _edits(ask, found)
    text = ask.form.get("text", "").strip()[:4000]
    told = desk.answer(found.id, verdict, card=ask.form.get("card", ""), text=text, changes=changes)
    return Moved("/approvals", _said(told))


def _edits(ask: Ask, approval: Approval) -> Mapping[int, Mapping[str, Any]]:
    """The arguments that differ from what was asked, by effect."""
    edits = {number: changes_of(proposal, number, ask.form) for number, proposal in enumerate(approval.proposals)}
    return {number: changes for number, changes in edits.items() if changes}


def _said(told: Told) -> str:
    words = {"accepted": "Accepted", "edited": "Accepted as you put it", "responded": "The agent was told"}
    said = f"{words.get(told.approval.state, str(told.approval.state).capitalize())}."
    more = {
        "done": " The run went on and is done.",
        "waiting": " The run went on and asks again.",
        "later": " The run goes on.",
        "failed": f" The run went on and failed: {told.problem}",
    }
    return said + more.get(told.run, "")


PAGES = (
    Page("GET", "/approvals", Right.ANSWER, listing),
    Page("GET", "/approvals/{approval}", Right.ANSWER, one),
    Page("POST", "/approvals/{approval}", Right.ANSWER, answer),
)
