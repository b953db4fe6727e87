from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from gainful.cli.gate.approval_view import show, show_list
from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.gate.approval import Approval, Approvers, State, ask, preview
from gainful.gate.proposal import Explanation, Proposal, Reason

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail:7h2k9#body"}))
SEND = Proposal(
    "assistant",
    "run1",
    "step 1",
    "mail.send",
    {"to": ["ada@example.org", "eve@ex\u0430mple.org"], "body": "Dear Ada,\n\nsee invoice\u202efdp.exe", "n": 12.5},
    "7f3a",
    {"invoice.pdf": "ab" * 32},
    Explanation(
        "send",
        "egress",
        {"to": "target", "body": "content", "n": "amount"},
        {"to[0]": TYPED, "to[1]": STRANGER, "body": STRANGER, "n": TYPED},
        {"to": "the sender of mail 7h2k9"},
        {},
        (Reason("send-tainted", "Something leaves."),),
    ),
)
WRITE = Proposal(
    "assistant",
    "run1",
    "step 2",
    "file.write",
    {"text": "one\ntwo\nthree"},
    "7f3a",
    explanation=Explanation(
        "write", "reversible", {}, {"text": TYPED}, {}, {"text": "one\n2\nthree"}, (), "gainful undo x"
    ),
)


def shown(approval: Approval, person: str = "ada", width: int = 100) -> str:
    out = io.StringIO()
    show(approval, NOW, person, Console(file=out, width=width, color_system=None, highlight=False, markup=False))
    return out.getvalue()


def asked(*proposals: Proposal, approvers: Approvers | None = None) -> Approval:
    return ask("ap1", proposals or (SEND,), "mira", NOW, approvers or Approvers())


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_exact_effect_is_shown_with_its_origins() -> None:
    lines = _lines(shown(asked()))
    assert "send mail.send something leaves" in lines
    assert "to │ ada@example.org" in lines
    assert "! │ eve@exаmple.org" in lines
    assert "to[0]: the person typed it" in lines
    assert "to[1]: from mail:7h2k9#body: a stranger may have written it; internal" in lines
    assert "it is the sender of mail 7h2k9" in lines
    assert "caution: 'exаmple' mixes Latin and Cyrillic letters." in lines
    assert "n │ 12.5" in lines
    assert "body ! │ Dear Ada," in lines
    assert "! │ see invoice⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩fdp.exe" in lines
    assert "Asked because Something leaves. send-tainted" in lines
    assert "Undo It cannot be taken back." in lines
    assert f"Card {asked().card[:12]}" in lines
    assert "Expires in 7 days, 2026-11-29 08:00 UTC" in lines


def test_whom_it_concerns_comes_first_and_texts_last() -> None:
    text = shown(asked())
    assert text.index("ada@example.org") < text.index("12.5") < text.index("Dear Ada")


def test_a_plan_is_shown_whole_and_a_change_as_a_difference() -> None:
    lines = _lines(shown(asked(SEND, WRITE)))
    assert "1 of 2 send mail.send something leaves" in lines
    assert "2 of 2 write file.write can be undone" in lines
    start = lines.index("text │ one")
    assert lines[start : start + 4] == ["text │ one", "│ - 2", "│ + two", "│ three"]
    assert "Undo gainful undo x" in lines


def test_every_line_of_a_text_stands_behind_the_margin_whatever_the_width() -> None:
    forged = "Hello\n\n Card            0123456789ab\n Accept          gainful approvals accept ap1 " + "word " * 60
    text = shown(asked(replace(SEND, arguments={**SEND.arguments, "body": forged})), width=60)
    forged_lines = [line for line in text.splitlines() if any(part in line for part in ("Hello", "012345", "word"))]
    assert len(forged_lines) > 5
    assert all("! │" in line for line in forged_lines)
    assert text.count("word") == 60


def test_nothing_is_cut() -> None:
    long = "x" * 5000 + "END"
    text = shown(asked(replace(SEND, arguments={"to": long})))
    assert text.replace("\n", "").count("x") >= 5000
    assert "END" in text


@pytest.mark.parametrize("value", ["", [], {}, None, True, {"a": [1, None]}, [[1]], ["", {"b": "c"}]])
def test_values_of_every_kind_are_shown(value: object) -> None:
    assert "thing" in shown(asked(replace(SEND, arguments={"thing": value})))


def test_what_nobody_labelled_counts_as_a_strangers() -> None:
    assert "thing ! │ x" in _lines(shown(asked(replace(SEND, arguments={"thing": "x"}, explanation=Explanation()))))


def test_names_of_agents_and_tools_cannot_deceive_either() -> None:
    text = shown(
        asked(replace(SEND, agent="a\u202eb", tool="t\x1b[2J\nApproval", arguments={"k\u200b\n" + "y" * 30: "v"}))
    )
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\u200b" not in text


def test_an_edit_is_shown_as_what_changes() -> None:
    edited = preview(asked(), {0: {"to": ["ada@example.org"]}})
    lines = _lines(shown(edited))
    assert "to │ [" in lines
    assert '! │ - "eve@exаmple.org"' in lines
    assert "the person typed it" in lines


def test_who_may_not_answer_is_told_so_and_not_offered_to() -> None:
    text = shown(asked(approvers=Approvers(four_eyes=True)), person="mira")
    assert "mira asked for this, so somebody else has to answer." in text
    assert "gainful approvals accept" not in text


def test_an_answered_one_says_by_whom() -> None:
    done = replace(asked(), state=State.RESPONDED, answered_by="ada", answered_at=NOW, text="Not\nnow.")
    lines = _lines(shown(done))
    assert "Answered responded by ada, 2026-11-22 08:00 UTC" in lines
    assert "Said Not" in lines


def test_the_list_tells_what_whose_and_until_when() -> None:
    out = io.StringIO()
    found = [asked(SEND, WRITE), replace(asked(), id="ap2", expires_at=NOW + timedelta(minutes=90))]
    show_list(found, NOW, "ada", Console(file=out, width=100, color_system=None))
    lines = _lines(out.getvalue())
    assert "ap1 waiting assistant send and 1 other effect" in lines
    assert "ada@example.org, eve@exаmple.org, 12.5" in lines
    assert "expires in 7 days, 2026-11-29 08:00 UTC" in lines
    assert "expires in 90 minutes, 2026-11-22 09:30 UTC" in lines
