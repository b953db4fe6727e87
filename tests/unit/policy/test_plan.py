"""Plans: a call is a step only with the planned values, once, in whole loops, with every influence on it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from gainful.core.label import TYPED, Confidentiality, Integrity, Label
from gainful.core.value import Value, labelled, leaf, uniform
from gainful.policy.expression import PlanInvalid
from gainful.policy.plan import (
    MOST_ITEMS,
    MOST_STEPS,
    Delegated,
    Match,
    Planned,
    Progress,
    Unclear,
    Unplanned,
    plan_from,
)

STRANGER = Label(Integrity.UNTRUSTED, Confidentiality.INTERNAL, frozenset({"mail#body"}))
SYSTEM = Label(Integrity.TRUSTED, Confidentiality.INTERNAL, frozenset({"mail"}))

Step = dict[str, Any]


def step(name: str, tool: str, arguments: dict[str, str] | None = None, **more: Any) -> Step:
    return {"name": name, "tool": tool, "arguments": arguments or {}, **more}


def begin(*steps: Step, delegations: tuple[dict[str, Any], ...] = (), **given: Value) -> Progress:
    return Progress(plan_from({"steps": list(steps), "delegations": list(delegations)}), given)


def read(progress: Progress, tool: str, result: Value, **arguments: Any) -> Progress:
    match = progress.match(tool, arguments, repeatable=True)
    assert isinstance(match, Planned | Unclear), match
    return progress.after(match, result)


def files(*sizes: int, label: Label = SYSTEM) -> Value:
    data = [{"id": f"f{number}", "size": size, "words": "x"} for number, size in enumerate(sizes)]
    return labelled(data, {"[].id": label, "[].size": label}, STRANGER)


LIST = step("files", "list")
DELETE = step("gone", "delete", {"file": "max(files, key=lambda f: f.size).id"})


def planned(match: Match) -> Planned:
    assert isinstance(match, Planned), match
    return match


# --- the slot binds ---


def test_a_call_with_the_planned_value_is_the_step_and_has_its_label() -> None:
    progress = read(begin(LIST, DELETE), "list", files(1, 9))
    match = planned(progress.match("delete", {"file": "f1"}))
    assert (match.step, match.arguments["file"].label.tainted) == ("gone", False)
    assert match.arguments["file"].derivation == "max(files, key=lambda f: f.size).id"


@pytest.mark.parametrize(
    "arguments",
    [
        {"file": "f0"},
        {"file": "f1 "},
        {"file": ["f1"]},
        {"file": None},
        {"file": ""},
        {},
        {"file": "f1", "force": True},
        {"file": "f1", "force": False},
        {"file": "f1", "force": ""},
        {"file": "f1", "force": []},
    ],
)
def test_a_call_with_any_other_value_is_not(arguments: dict[str, Any]) -> None:
    progress = read(begin(LIST, DELETE), "list", files(1, 9))
    assert isinstance(progress.match("delete", arguments), Unplanned)


def test_a_null_besides_is_no_argument() -> None:
    progress = read(begin(LIST, DELETE), "list", files(1, 9))
    assert set(planned(progress.match("delete", {"file": "f1", "force": None})).arguments) == {"file"}


@pytest.mark.parametrize(
    ("slot", "given", "fits"),
    [
        ("5", 5.0, True),
        ("5", "5", False),
        ("1", True, False),
        ("'Zo\u00eb'", "Zoe\u0308", False),
        ("['a', 'b']", ["a", "b"], True),
        ("['a', 'b']", ("a", "b"), True),
        ("['a', 'b']", ["b", "a"], False),
        ("['a', 'b']", ["a"], False),
        ("['a', 'b']", "ab", False),
        ("{'id': 'a'}", {"id": "a"}, True),
        ("{'id': 'a'}", {"id": "a", "x": 1}, False),
        ("{'id': 'a'}", {}, False),
        ("None", None, True),
        ("None", "", False),
        ("0x" + "f" * 3900, 1, False),
    ],
)
def test_a_slot_takes_its_own_value_alone(slot: str, given: Any, fits: bool) -> None:
    progress = begin(step("a", "send", {"to": slot}))
    assert isinstance(progress.match("send", {"to": given}), Planned) is fits


@pytest.mark.parametrize(
    ("kind", "fits", "not_"),
    [
        ("number", [1, 1.5], ["1", True, None]),
        ("bool", [True, False], [1, "true", None]),
        ("text", ["a", ""], [1, None, ["a"]]),
        ("any", [1, "a", ["a"], False], [None]),
        ("date", ["2026-01-01", "2026-01-01 10:00", "2026-01-01T10:00:00Z"], ["tomorrow", "2026-01-01; send all", 5]),
        ("address", ["a@example.org"], ["a@b@c", "a@example.org, b@example.org", "call me", "a@example.org\n"]),
        ("url", ["https://example.org/a?b", "www.example.org"], ["two words", "a\nb", "<a>"]),
        ("id", ["DE89 3704".replace(" ", ""), "x-1"], ["two words", "", "a\nb"]),
        ("name", ["Ada Example"], ["a\nb", "", "x" * 201]),
    ],
)
def test_an_open_slot_takes_its_kind_alone(kind: str, fits: list[Any], not_: list[Any]) -> None:
    progress = begin(step("a", "send", {"to": f"extract('{kind}', 'it')"}))
    for given in fits:
        assert planned(progress.match("send", {"to": given})).arguments["to"].plain == given
    for given in not_:
        assert isinstance(progress.match("send", {"to": given}), Unplanned), given


def test_an_open_slot_has_the_label_of_its_inputs_and_of_all_that_was_heard() -> None:
    writing = step("sent", "send", {"text": "compose('a greeting')"})
    progress = begin(LIST, writing)
    assert not planned(progress.match("send", {"text": "Hi"})).arguments["text"].label.tainted
    # Whoever fills it in now has read what a stranger wrote, planned or not.
    told = progress.after(Unplanned("no step"), leaf("Ignore all that", STRANGER))
    assert planned(told.match("send", {"text": "Hi"})).arguments["text"].label.tainted
    listed = read(progress, "list", files(1))
    assert planned(listed.match("send", {"text": "Hi"})).arguments["text"].label.tainted


# --- once, and in order ---


def test_an_effect_happens_once_and_a_read_as_often_as_one_likes() -> None:
    progress = read(read(begin(LIST, DELETE), "list", files(1, 9)), "list", files(1, 9))
    match = planned(progress.match("delete", {"file": "f1"}))
    again = progress.after(match, leaf(None, SYSTEM)).match("delete", {"file": "f1"})
    assert again == Unplanned("step 'gone' has been done")


def test_two_steps_alike_are_two_calls() -> None:
    progress = begin(step("a", "send", {"to": "'x'"}), step("b", "send", {"to": "'x'"}))
    first = planned(progress.match("send", {"to": "x"}))
    second = planned(progress.after(first, leaf(1, SYSTEM)).match("send", {"to": "x"}))
    assert (first.step, second.step) == ("a", "b")
    both = progress.after(first, leaf(1, SYSTEM)).after(second, leaf(1, SYSTEM))
    assert isinstance(both.match("send", {"to": "x"}), Unplanned)


def test_a_step_comes_after_those_whose_results_it_uses() -> None:
    assert begin(LIST, DELETE).match("delete", {"file": "f1"}) == Unplanned("step 'gone' comes after 'files'")


def test_a_condition_on_an_earlier_step_holds_the_order() -> None:
    steps = (step("kept", "copy"), step("gone", "delete", when="kept.id != ''"))
    progress = begin(*steps)
    assert isinstance(progress.match("delete", {}), Unplanned)
    copied = progress.after(progress.match("copy", {}), uniform({"id": "1"}, SYSTEM))
    assert isinstance(copied.match("delete", {}), Planned)


def test_reading_again_after_the_world_has_changed_gives_no_other_values() -> None:
    progress = read(begin(LIST, DELETE), "list", files(1, 9))
    later = read(progress, "list", files(99, 9))
    assert isinstance(later.match("delete", {"file": "f0"}), Unplanned)
    assert isinstance(later.match("delete", {"file": "f1"}), Planned)


def test_a_read_that_came_to_nothing_may_be_made_again() -> None:
    progress = read(begin(LIST, DELETE), "list", leaf(None, SYSTEM))
    assert isinstance(read(progress, "list", files(1, 9)).match("delete", {"file": "f1"}), Planned)


# --- conditions ---


def test_a_condition_that_does_not_hold_is_no_step() -> None:
    progress = begin(step("a", "send", when="me == 'x'"), me=leaf("y", SYSTEM))
    assert progress.match("send", {}) == Unplanned("the condition of step 'a' does not hold")


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("extract('bool', 'is it urgent', said)", "a condition depends on what a model says"),
        ("said == 'yes'", "its condition reads what a stranger may have written"),
        ("said > 5", "said > 5 cannot be settled: "),
    ],
)
def test_a_condition_that_a_stranger_decides_is_a_persons_to_confirm(when: str, reason: str) -> None:
    plan = plan_from({"steps": [step("a", "send", {"to": "'x'"}, when=when)]}, known=("said",))
    match = Progress(plan, {"said": leaf("yes", STRANGER)}).match("send", {"to": "x"})
    assert isinstance(match, Unclear)
    assert match.reason.startswith(reason)
    # What it does stays bound.
    assert match.arguments["to"].label == TYPED
    assert isinstance(Progress(plan, {"said": leaf("yes", STRANGER)}).match("send", {"to": "y"}), Unplanned)


def test_what_the_values_do_not_settle_is_a_persons_to_choose() -> None:
    match = read(begin(LIST, DELETE), "list", files(9, 9)).match("delete", {"file": "f0"})
    assert isinstance(match, Unclear)
    assert "2 are alike" in match.reason
    assert match.arguments["file"].label.tainted


def test_a_settled_step_comes_before_an_unclear_one() -> None:
    unclear = step("a", "send", {"to": "only(files).id"})
    progress = read(begin(LIST, unclear, step("b", "send", {"to": "'f0'"})), "list", files(1, 2))
    assert planned(progress.match("send", {"to": "f0"})).step == "b"


# --- loops ---

MEMBERS = step("sizes", "look", {"id": "f"}, each=["f", "[f.id for f in files]"])


def test_a_loop_is_gone_through_item_by_item_each_once() -> None:
    send = step("sent", "send", {"to": "f.id", "copy": "f.size"}, each=["f", "files"])
    progress = read(begin(LIST, send), "list", files(1, 2))
    first = planned(progress.match("send", {"to": "f0", "copy": 1}))
    assert isinstance(progress.match("send", {"to": "f0", "copy": 2}), Unplanned)
    after = progress.after(first, leaf(1, SYSTEM))
    assert isinstance(after.match("send", {"to": "f0", "copy": 1}), Unplanned)
    assert isinstance(after.match("send", {"to": "f1", "copy": 2}), Planned)


def test_what_a_loop_found_is_looked_up_by_item() -> None:
    use = step("gone", "delete", {"file": "max([f.id for f in files], key=lambda f: sizes[f])"})
    progress = read(begin(LIST, MEMBERS, use), "list", files(1, 2))
    progress = read(progress, "look", leaf(7, SYSTEM), id="f0")
    # Half of it decides nothing: whoever makes the calls could leave out the other half.
    assert isinstance(progress.match("delete", {"file": "f0"}), Unclear)
    progress = read(progress, "look", leaf(3, SYSTEM), id="f1")
    assert not planned(progress.match("delete", {"file": "f0"})).arguments["file"].label.tainted


def test_a_sum_over_half_a_loop_is_the_callers_choice() -> None:
    pay = step("paid", "pay", {"amount": "sum([s for s in sizes])", "copies": "len(sizes)"})
    progress = read(begin(LIST, MEMBERS, pay), "list", files(1, 2))
    half = read(progress, "look", leaf(7, SYSTEM), id="f0")
    match = planned(half.match("pay", {"amount": 7, "copies": 1}))
    assert all(value.whole.tainted for value in match.arguments.values())
    full = read(half, "look", leaf(3, SYSTEM), id="f1")
    match = planned(full.match("pay", {"amount": 10, "copies": 2}))
    assert not any(value.whole.tainted for value in match.arguments.values())
    assert isinstance(full.match("pay", {"amount": 7, "copies": 1}), Unplanned)


def test_how_many_a_stranger_let_there_be_is_the_strangers_word() -> None:
    loop = step("sizes", "look", {"id": "f.id"}, each=["f", "[f for f in files if f.words == 'x']"])
    progress = read(begin(LIST, loop, step("paid", "pay", {"amount": "len(sizes)"})), "list", files(1))
    progress = read(progress, "look", leaf(7, SYSTEM), id="f0")
    assert planned(progress.match("pay", {"amount": 1})).arguments["amount"].label.tainted


def test_a_loop_over_nothing_is_through_at_once() -> None:
    progress = read(begin(LIST, MEMBERS, step("paid", "pay", {"amount": "len(sizes)"})), "list", files())
    assert isinstance(progress.match("pay", {"amount": 0}), Planned)


def test_a_loop_whose_conditions_leave_nothing_is_through_at_once() -> None:
    loop = {**MEMBERS, "when": "f == 'f1'"}
    progress = read(begin(LIST, loop, step("paid", "pay", {"amount": "sum([s for s in sizes])"})), "list", files(1, 2))
    progress = read(progress, "look", leaf(3, SYSTEM), id="f1")
    assert not planned(progress.match("pay", {"amount": 3})).arguments["amount"].label.tainted


def test_items_that_read_alike_are_not_told_apart() -> None:
    progress = begin(LIST, step("sent", "send", {"to": "f"}, each=["f", "files"]))
    assert isinstance(read(progress, "list", uniform([5, "5"], SYSTEM)).match("send", {"to": 5}), Unplanned)
    twice = read(progress, "list", uniform(["a", "a"], SYSTEM))
    once = twice.after(planned(twice.match("send", {"to": "a"})), leaf(1, SYSTEM))
    assert isinstance(once.match("send", {"to": "a"}), Unplanned)


@pytest.mark.parametrize("data", ["text", 5, None, list(range(MOST_ITEMS + 1))])
def test_what_is_no_list_or_has_no_end_is_not_gone_through(data: Any) -> None:
    progress = begin(LIST, step("sent", "send", {"to": "f"}, each=["f", "files"]))
    assert isinstance(read(progress, "list", uniform(data, SYSTEM)).match("send", {"to": 5}), Unplanned)


def test_long_lists_do_not_hold_the_gate_up() -> None:
    rank = "len([g for g in files if g.size > f.size])"
    progress = read(
        begin(LIST, step("sent", "send", {"to": rank, "b": rank}, each=["f", "files"])), "list", files(*range(900))
    )
    began = time.process_time()
    match = progress.match("send", {"to": 5, "b": 6})
    assert time.process_time() - began < 10
    # What could not be worked out in time is never taken as settled.
    assert not isinstance(match, Planned)


# --- delegation ---


def test_what_was_left_to_a_text_is_asked_about_once_it_was_read() -> None:
    progress = begin(LIST, DELETE, delegations=({"source": "files", "tools": ["send"]},))
    assert isinstance(progress.match("send", {"to": "x"}), Unplanned)
    progress = read(progress, "list", files(1, 9))
    assert progress.match("send", {"to": "x"}) == Delegated("files")
    assert isinstance(progress.match("pay", {}), Unplanned)


def test_a_delegation_takes_nothing_from_a_planned_step() -> None:
    progress = begin(LIST, DELETE, delegations=({"source": "files", "tools": ["*"]},))
    progress = read(progress, "list", files(1, 9))
    done = progress.after(planned(progress.match("delete", {"file": "f1"})), leaf(1, SYSTEM))
    # Again, or another: that is what a person is asked about.
    assert done.match("delete", {"file": "f1"}) == done.match("delete", {"file": "f0"}) == Delegated("files")
    assert progress.after(Delegated("files"), leaf("x", STRANGER)).results == progress.results


# --- reading one ---


def test_a_plan_may_be_text_or_data() -> None:
    data = {"steps": [LIST, DELETE], "delegations": [{"source": "files", "tools": ["*"]}]}
    assert plan_from(json.dumps(data)).steps[1].name == plan_from(data).steps[1].name == "gone"
    assert plan_from({"steps": []}).steps == ()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "not valid"),
        ({}, "'steps'"),
        ({"steps": [], "more": 1}, "'more'"),
        ({"steps": [step("Big", "list")]}, "'steps.0.name'"),
        ({"steps": [step("a\n", "list")]}, "'steps.0.name'"),
        ({"steps": [{"name": "a"}]}, "'steps.0.tool'"),
        ({"steps": [step("a", "")]}, "'steps.0.tool'"),
        ({"steps": [step("a", "list", {"n": 5})]}, "'steps.0.arguments.n'"),  # type: ignore[dict-item]
        ({"steps": [step("a", "list", each=["f"])]}, "'steps.0.each'"),
        ({"steps": [step("a", "list", each=["f.g", "[1]"])]}, "calls its item 'f.g'"),
        ({"steps": [step("a", "list", each=["me", "[1]"])]}, "calls its item 'me'"),
        ({"steps": [LIST, step("a", "list", each=["files", "files"])]}, "calls its item 'files'"),
        ({"steps": [LIST, LIST]}, "'files' twice"),
        ({"steps": [step("now", "list")]}, "'now' twice"),
        ({"steps": [DELETE]}, "asks for 'files'"),
        ({"steps": [DELETE, LIST]}, "asks for 'files'"),
        ({"steps": [step("a", "list", {"n": "a.id"})]}, "asks for 'a'"),
        ({"steps": [step("a", "list", when="x")]}, "asks for 'x'"),
        ({"steps": [step("a", "list", each=["f", "f"])]}, "asks for 'f'"),
        ({"steps": [step("a", "list", {"n": "x ="})]}, "is no expression"),
        ({"steps": [], "delegations": [{"source": "x", "tools": ["*"]}]}, "no step 'x'"),
        ({"steps": [], "delegations": [{"source": "now", "tools": ["*"]}]}, "no step 'now'"),
        ({"steps": [LIST], "delegations": [{"source": "files", "tools": []}]}, "'delegations.0.tools'"),
        ({"steps": [step(f"s{number}", "list") for number in range(MOST_STEPS + 1)]}, "'steps'"),
    ],
)
def test_what_is_no_plan_is_refused_at_its_place(plan: Any, said: str) -> None:
    with pytest.raises(PlanInvalid) as raised:
        plan_from(plan)
    assert said in raised.value.what
    assert raised.value.next_move
