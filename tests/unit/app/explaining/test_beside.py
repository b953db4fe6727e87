"""A trial beside what happened: which steps are the same, and what is said of those that are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from gainful.app.explaining.beside import GONE, NEW, PENDING, Pair, beside, intended
from gainful.app.explaining.replay import ANSWER, WANTED, Frame, Judged, Part, Replay
from gainful.app.explaining.why import Verdict


def call(tool: str, verdict: str, state: str, *parts: tuple[str, str]) -> Frame:
    judged = Judged(tool, Verdict("", tool, verdict, "", ()), None)
    return Frame(0, "call", "turn 1", tool, parts=tuple(Part(*part) for part in parts), judged=(judged,), state=state)


def model(*parts: tuple[str, str]) -> Frame:
    return Frame(0, "model", "turn 1", "a model", parts=tuple(Part(*part) for part in parts))


def end(text: str) -> Frame:
    return Frame(0, "end", "end", "It ended: done", parts=(Part("how it ended", text),))


def run(*frames: Frame) -> Replay:
    return cast("Replay", SimpleNamespace(frames=(Frame(0, "told", "told", "What it was told"), *frames)))


def shown(pairs: list[Pair]) -> list[tuple[str, str, str]]:
    return [(one.then.title if one.then else "", one.now.title if one.now else "", one.said) for one in pairs]


READ = call("files.read", "allow", "done", ("path", "a.md"), (ANSWER, "Closed."))


def test_what_was_asked_and_would_be_asked_is_the_same_whatever_became_of_it() -> None:
    then = run(READ, call("mail.send", "ask", "done", ("to", "ada"), (ANSWER, "sent")))
    now = run(READ, call("mail.send", "ask", "held back", ("to", "ada")))
    assert [pair.said for pair in beside(then, now, over=True)] == ["", ""]


def test_each_difference_is_said() -> None:
    then = run(
        READ,
        call("files.append", "ask", "done", ("path", "a.md"), ("text (the model's words)", "one")),
        call("memory.remember", "allow", "done", ("text", "one")),
        end("Noted."),
    )
    now = run(
        call("files.read", "allow", "done", ("path", "a.md"), (ANSWER, "Open.")),
        call("mail.draft", "ask", "held back", ("to", "ada")),
        call("files.append", "deny", "denied", ("path", "b.md"), ("text (the model's words)", "two")),
        end("Drafted."),
    )
    assert shown(beside(then, now, over=True)) == [
        ("files.read", "files.read", "It read something else."),
        ("", "mail.draft", NEW),
        (
            "files.append",
            "files.append",
            "Asked about then; refused now. With another path and another text.",
        ),
        ("memory.remember", "", GONE),
        ("It ended: done", "It ended: done", "It ended otherwise."),
    ]


def test_of_many_calls_of_a_tool_those_with_the_same_words_belong_together() -> None:
    one, two, three = (call("files.append", "ask", "held back", ("text", text)) for text in ("1", "2", "3"))
    assert shown(beside(run(one, three), run(one, two, three), over=True)) == [
        ("files.append", "files.append", ""),
        ("", "files.append", NEW),
        ("files.append", "files.append", ""),
    ]


def test_what_is_missing_while_it_goes_on_has_not_come_yet() -> None:
    then = run(READ, end("Noted."))
    assert [pair.said for pair in beside(then, run(READ), over=False)] == ["", PENDING]
    assert [pair.said for pair in beside(then, None, over=False)] == [PENDING, PENDING]


def test_a_models_words_that_stand_elsewhere_are_told_once() -> None:
    turns = (model((WANTED, "files.read {}")), READ, model(("it said", "Noted.")), end("Noted."))
    assert [pair.now and pair.now.kind for pair in beside(run(*turns), run(*turns), over=True)] == ["call", "end"]
    thinking = model(("it said", "Let me see."), (WANTED, "files.read {}"))
    (first, *_) = beside(
        run(thinking, READ), run(model(("it said", "Well."), (WANTED, "files.read {}")), READ), over=True
    )
    assert first.said == "It answered otherwise."


def test_what_was_never_run_is_beside_nothing() -> None:
    assert shown(beside(None, run(READ), over=True)) == [("", "files.read", "")]


def test_what_it_would_have_done_is_what_was_not_made() -> None:
    held, denied = call("mail.send", "ask", "held back"), call("files.read", "deny", "denied")
    assert intended(run(READ, held, denied, end("Done."))) == [held, denied]
