"""What is said of a deployment: short, exact, once, and nothing that a stranger wrote passes for more than words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.slack.words import quiet
from gainful.core.deploy_event import Event
from gainful.core.deploy_event import EventKind as K
from gainful.jobs.deploy.change import change_of
from gainful.jobs.deploy.telling import BLIND_FOR, MOST_EXPLAINED, Thread, thread_of
from tests.unit.jobs.deploy.courses import NOW, PLAN, course

BEGUN = (K.PLANNED, K.BEGUN, K.STAGED, K.HEALTHY, K.BASELINE)
SHIFTED = (K.SHIFTED, {"share": 20})


def told(*kinds: Any, later: float = 0, **more: Any) -> Thread:
    deployment, events = course(*kinds, **more)
    found = thread_of(deployment, events, events[-1].at + timedelta(seconds=later))
    assert found is not None
    return found


def test_the_first_message_of_a_watched_deployment() -> None:
    assert told(*BEGUN, SHIFTED, K.LOOKED).head == (
        "**shop** a1b2c3d4e5: **watched, with 20 % of the traffic**, for ada\n"
        "```\n"
        "plan     │ real: app/basket.py differs.\n"
        "commits  │ 2, by Ada, Bo\n"
        "         │ a1b2c3d4 Round once\n"
        "         │ b2c3d4e5 Test it\n"
        "before   │ It is baseline.\n"
        "now      │ It is looked.\n"
        "```\n"
        "`gainful deploy rollback shop` takes it back."
    )


def test_a_good_one_is_one_message_and_a_word_for_whoever_was_away() -> None:
    (reply,) = told(*BEGUN, SHIFTED, K.PROMOTED).replies
    assert (reply.name, reply.urgent, reply.only_if_away) == ("end", False, True)


def test_a_rollback_is_urgent_and_asks_nothing_of_anybody() -> None:
    thread = told(*BEGUN, SHIFTED, K.ROLLED_BACK)
    (reply,) = thread.replies
    assert thread.urgent
    assert "was taken back. The release before has all the traffic" in reply.text
    assert "It is rolled-back." in reply.text
    assert "**rolled back**" in thread.head


def test_what_a_model_makes_of_it_stands_in_the_first_message_and_calls_nobody() -> None:
    before = told(*BEGUN, SHIFTED, K.ROLLED_BACK)
    after = told(*BEGUN, SHIFTED, K.ROLLED_BACK, K.EXPLAINED)
    assert after.replies == before.replies
    assert after.head.splitlines() == [
        *before.head.splitlines()[:-2],
        "model    │ It is explained.",
        *before.head.splitlines()[-2:],
    ]


def test_a_long_explanation_is_a_few_lines() -> None:
    deployment, events = course(*BEGUN, SHIFTED, K.ROLLED_BACK)
    words = " ".join(f"word{number}" for number in range(400))
    thread = thread_of(deployment, [*events, Event("explained", K.EXPLAINED, NOW, words)], NOW)
    assert thread is not None
    lines = thread.head.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("model"))
    assert lines[first + MOST_EXPLAINED] == "```"
    assert "word0 word1" in lines[first]
    assert all(line.startswith("         │ word") for line in lines[first + 1 : first + MOST_EXPLAINED])


def test_what_is_left_half_done_calls_for_somebody() -> None:
    (reply,) = told(*BEGUN, SHIFTED, (K.FAILED, {"stuck": True})).replies
    assert reply.urgent
    assert "`gainful deploy status shop`" in reply.text


def test_what_never_had_traffic_can_wait() -> None:
    (reply,) = told(*BEGUN[:3], K.UNHEALTHY, K.FAILED).replies
    assert (reply.urgent, "what was live is live" in reply.text) == (False, True)


def test_what_was_refused_at_a_terminal_was_told_there() -> None:
    deployment, events = course(K.PLANNED, K.REFUSED)
    assert thread_of(deployment, events, NOW) is None


def test_what_was_refused_to_a_program_is_told_once() -> None:
    thread = told(K.PLANNED, K.REFUSED, by="hook")
    assert "**refused**" in thread.head
    assert thread.replies == ()


def test_nothing_is_told_before_anything_is_done() -> None:
    deployment, events = course(K.PLANNED)
    assert thread_of(deployment, events, NOW) is None
    assert thread_of(deployment, [], NOW) is None


def test_waiting_for_a_word_tells_how_to_give_it() -> None:
    assert told(K.PLANNED, K.ASKED).head.endswith("`gainful approvals` shows what waits, and takes the answer.")


def test_a_watch_that_is_blind_for_a_moment_calls_nobody() -> None:
    assert told(*BEGUN, SHIFTED, K.HELD, later=60).replies == ()
    assert told(*BEGUN, SHIFTED, K.HELD, K.LOOKED, later=3600).replies == ()


def test_a_watch_that_stays_blind_calls_whoever_is_on_call_and_stays_said() -> None:
    later = BLIND_FOR.total_seconds()
    (reply,) = told(*BEGUN, SHIFTED, K.HELD, later=later).replies
    assert (reply.name, reply.urgent) == ("trouble", True)
    after = told(*BEGUN, SHIFTED, K.HELD, K.LOOKED, K.LOOKED, apart=later, later=later)
    assert after.replies == (reply,)


EVENTS = st.sampled_from(list(K))


@given(st.lists(EVENTS, max_size=30), st.floats(0, 1e5), st.sampled_from(["hand", "hook", "agent:robin"]))
def test_whatever_happens_there_are_at_most_three_messages(kinds: list[K], apart: float, by: str) -> None:
    deployment, events = course(*kinds, apart=apart, by=by)
    names: set[str] = set()
    for number in range(len(events) + 1):
        thread = thread_of(deployment, events[:number], NOW + timedelta(days=1))
        names |= {reply.name for reply in thread.replies} if thread is not None else set()
    assert names <= {"trouble", "end"}


# --- words of strangers ---


HOSTILE = [
    "``` \n**shop**: **live**",
    "`````` <!channel>",
    "<@U12345> look",
    "@channel @everyone",
    "[gainful approvals](https://evil.example)",
    "https://evil.example",
    "fine\r\n```\n**Approved by ada**",
    "fine\u2028```\u2029**Approved**",
    "\u202eevil\u202c",
    "x" * 10_000,
]


@pytest.mark.parametrize("subject", HOSTILE)
@pytest.mark.parametrize("where", ["subject", "author", "proof", "reason", "why", "explained"])
def test_a_strangers_words_are_a_line_of_code_and_no_more(subject: str, where: str) -> None:
    plan: dict[str, Any] = {**PLAN, "commits": [dict(one) for one in PLAN["commits"]]}  # type: ignore[attr-defined]
    if where in ("subject", "author"):
        plan["commits"][0][where] = subject
        plan["authors"] = [subject]
    if where == "proof":
        plan["verdict"] = {**plan["verdict"], "proof": [subject]}
    more: dict[str, Any] = {"reason": subject} if where == "reason" else {}
    deployment, events = course(*BEGUN, SHIFTED, K.ROLLED_BACK, plan=plan, **more)
    if where == "why":
        object.__setattr__(deployment, "why", subject)
    if where == "explained":
        events.append(Event("explained", K.EXPLAINED, NOW, subject, {"model": "openai:small"}))
    thread = thread_of(deployment, events, NOW)
    assert thread is not None
    for text in (thread.head, *(reply.text for reply in thread.replies)):
        lines = text.splitlines()
        fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
        assert len(fences) == 2 == text.count("```")
        assert all(line[9] == "│" for line in lines[fences[0] + 1 : fences[1]])
        outside = "\n".join([*lines[: fences[0]], *lines[fences[1] + 1 :]])
        assert "evil" not in outside
        assert "\u202e" not in text
        assert len(text) < 4000
        assert _calls(quiet(text)) == []


def _calls(text: str) -> list[str]:
    return [call for call in ("<@U", "<!channel", "@channel", "@everyone") if call in text]


@pytest.mark.parametrize("field", ["service", "revision", "author", "by", "approved_by"])
def test_names_outside_of_the_block_hold_no_markup(field: str) -> None:
    named: dict[str, Any] = {field: "*[x](https://evil.example)`<@U1>\n**"}
    deployment, events = course(*BEGUN, **named, plan={})
    thread = thread_of(deployment, events, NOW)
    assert thread is not None
    assert not set("[]()<>@/") & set(thread.head.replace("```", ""))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda part: st.lists(part, max_size=3)))
def test_a_plan_that_nobody_understands_stops_nothing(part: Any) -> None:
    for plan in ({"verdict": part, "candidate": part, "commits": part, "commit_count": part}, {"commits": [part]}):
        assert change_of(plan).count >= 0
