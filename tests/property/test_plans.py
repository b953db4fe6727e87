"""What holds for every plan slot, every manifest and every change of one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.core.label import TYPED, Integrity, Label
from gainful.core.value import leaf, uniform
from gainful.policy.functions import equal
from gainful.policy.manifest import KNOWN, Manifest, ToolGrant, manifest_from, outside, widenings
from gainful.policy.plan import Planned, Progress, plan_from
from gainful.policy.slot import fill
from gainful.policy.typed import typed

SYSTEM = Label(Integrity.TRUSTED)
STRANGER = Label(Integrity.UNTRUSTED)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, "1", "", "a", "A", "a ", "é", "e\u0301"])
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=5,
)


# --- slots ---


@given(json_values, json_values)
def test_a_slot_takes_its_own_value_alone(planned: Any, given_: Any) -> None:
    taken = fill(uniform(planned, SYSTEM), given_)
    assert (taken is not None) is equal(planned, given_)
    if taken is not None:
        assert equal(taken.plain, planned)


@given(json_values, json_values, st.sampled_from(["data", "{'a': data}['a']", "[data][0]"]))
def test_a_planned_call_gives_what_was_read_and_nothing_else(read: Any, given_: Any, expression: str) -> None:
    plan = plan_from(
        {
            "steps": [
                {"name": "data", "tool": "read"},
                {"name": "sent", "tool": "send", "arguments": {"to": expression}},
            ]
        }
    )
    progress = Progress(plan)
    progress = progress.after(progress.match("read", {}, repeatable=True), uniform(read, SYSTEM))
    match = progress.match("send", {"to": given_})
    assert isinstance(match, Planned) is equal(read, given_)


@given(st.text("ab13.:'\"-@ /,\n", max_size=60), st.text("ab13.:'\" ", max_size=8))
def test_nothing_is_typed_that_is_no_whole_part_of_the_prompt(prompt: str, other: str) -> None:
    tokens = typed(prompt)
    for text in tokens.texts:
        assert re.search(rf"(?<![ab13]){re.escape(text)}(?![ab13])", prompt)
    if other not in prompt:
        assert other not in tokens


# --- manifests ---

PATTERNS = ["*", "a*", "*a", "a", "A", "a/*", "a/b", "a@x", "*@x", "A@x", "?", "1", "<", KNOWN, "*.a", "a/../b", "a*b"]
WORDS = ["a", "A", "b", "ab", "a/b", "a/../b", "a@x", "A@X", "b@x", "b,a@x", "x.a", "1", 1, True, 7, "", None, "<"]
counts = st.none() | st.integers(0, 3)
grants = st.builds(
    ToolGrant,
    tool=st.sampled_from(["send", "pay"]),
    arguments=st.dictionaries(
        st.sampled_from(["to", "cc"]), st.lists(st.sampled_from(PATTERNS), max_size=3).map(tuple), max_size=2
    ),
    at_most=st.dictionaries(st.just("n"), st.integers(0, 3).map(Decimal), max_size=1),
    per_run=counts,
    per_day=counts,
)
manifests = st.builds(
    Manifest,
    agent=st.just("a"),
    reads=st.lists(grants, max_size=1).map(tuple),
    effects=st.lists(grants, max_size=2).map(tuple),
)
records = st.dictionaries(st.sampled_from(["a", "b@x"]), st.sampled_from(WORDS), max_size=1)
words = st.builds(
    uniform,
    st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), max_size=2) | records,
    st.sampled_from([TYPED, SYSTEM, STRANGER]),
)
calls = st.fixed_dictionaries(
    {}, optional={"to": words, "cc": words, "n": st.integers(-4, 4).map(lambda number: leaf(number, TYPED))}
)


def allows(manifest: Manifest, tool: str, arguments: dict[str, Any], in_run: int, in_day: int) -> bool:
    fitting = [grant for grant in manifest.grants(tool) if not outside(grant, arguments)]
    return any(grant.per_run is None or in_run < grant.per_run for grant in fitting) and any(
        grant.per_day is None or in_day < grant.per_day for grant in fitting
    )


@settings(max_examples=1_500)
@given(
    manifests,
    manifests,
    st.sampled_from(["send", "pay"]),
    st.lists(calls, min_size=1, max_size=8),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_a_change_that_allows_any_call_more_is_a_widening(
    old: Manifest, new: Manifest, tool: str, tried: list[dict[str, Any]], in_run: int, in_day: int
) -> None:
    more = any(
        allows(new, tool, call, in_run, in_day) and not allows(old, tool, call, in_run, in_day) for call in tried
    )
    if more:
        assert widenings(old, new)


@given(manifests, st.data())
def test_leaving_things_out_is_never_a_widening(manifest: Manifest, data: st.DataObject) -> None:
    assert widenings(manifest, manifest) == []
    assert widenings(manifest, manifest_from(manifest.text)) == []
    kept = data.draw(st.lists(st.sampled_from(manifest.effects), unique_by=id) if manifest.effects else st.just([]))
    assert widenings(manifest, manifest.model_copy(update={"effects": tuple(kept)})) == []


@given(grants, calls)
def test_a_value_of_worse_origin_never_fits_better(grant: ToolGrant, call: dict[str, Any]) -> None:
    worse = {name: uniform(value.plain, STRANGER) for name, value in call.items()}
    if outside(grant, call):
        assert outside(grant, worse)
