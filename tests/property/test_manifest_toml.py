"""A manifest written as TOML and read again is the same manifest."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gainful.policy.manifest import Manifest, manifest_from
from gainful.policy.manifest_toml import toml_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBER = st.integers(min_value=0, max_value=10**9)
MONEY = st.decimals(min_value=0, max_value=10**6, places=3).map(str)
GRANT = st.fixed_dictionaries(
    {"tool": st.from_regex(r"[a-z][a-z0-9_.-]{0,8}", fullmatch=True)},
    optional={
        "arguments": st.dictionaries(TEXT, st.lists(TEXT, max_size=3), max_size=3),
        "at_most": st.dictionaries(TEXT, MONEY, max_size=2),
        "per_run": NUMBER,
        "per_day": NUMBER,
        "words_from": st.lists(TEXT, max_size=2),
    },
)
SPENDING = st.fixed_dictionaries({}, optional={"money": MONEY, "calls": NUMBER})
MANIFEST = st.fixed_dictionaries(
    {"agent": st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True)},
    optional={
        "about": TEXT,
        "reads": st.lists(GRANT, max_size=3),
        "effects": st.lists(GRANT, max_size=3),
        "limits": st.fixed_dictionaries({}, optional={"steps": NUMBER, "hops": NUMBER}),
        "budgets": st.fixed_dictionaries({}, optional={"run": SPENDING, "month": SPENDING}),
    },
).map(manifest_from)


@given(MANIFEST)
def test_it_comes_back_as_it_was(manifest: Manifest) -> None:
    again = manifest_from(tomllib.loads(toml_of(manifest), parse_float=Decimal))
    assert again == manifest
