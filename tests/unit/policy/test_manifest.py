"""Manifests: what fits a grant, what does not, and which changes may allow more."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from gainful.core.label import CONSTANT, TYPED, Integrity, Label
from gainful.core.value import Value, leaf, uniform
from gainful.policy.manifest import (
    KNOWN,
    Manifest,
    ManifestInvalid,
    ToolGrant,
    difference,
    fits,
    manifest_from,
    outside,
    widenings,
)

STRANGER = Label(Integrity.UNTRUSTED)
SYSTEM = Label(Integrity.TRUSTED)
ENORMOUS = 10**5000
"""More digits than Python writes out."""


def grant(**fields: Any) -> ToolGrant:
    return manifest_from({"agent": "a", "effects": [{"tool": "t", **fields}]}).effects[0]


def fit(text: Any, pattern: str) -> bool:
    return fits(leaf(text, TYPED), pattern)


# --- patterns ---


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*", "anything\nat all/../x"),
        ("*@example.org", "ada@example.org"),
        ("*@example.org", "ADA@Example.ORG"),
        ("*@example.org", "o'brien+x@example.org"),
        ("ada@*", "ada@example.org"),
        ("?@example.org", "a@example.org"),
        ("reports/*", "reports/2026/a b.txt"),
        ("*/reports/*.txt", "home/reports/a.txt"),
        ("*.example.org", "mail.example.org"),
        ("*.txt", "my notes.txt"),
        ("https://*.example.org/*", "https://www.example.org/a/b?c=d#e"),
        ("www.example.org*", "www.example.org/a"),
        ("Re: *", "Re: a/b, c"),
        ("a*b*c", "axxbyyc"),
        ("5", 5),
        ("5", "5"),
        ("true", True),
        ("a.b", "a.b"),
        ("a[b]", "a[b]"),
    ],
)
def test_a_pattern_fits_what_it_says(pattern: str, text: Any) -> None:
    assert fit(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*@example.org", "ada@example.org.evil.net"),
        ("*@example.org", "eve@evil.net,ada@example.org"),
        ("*@example.org", "eve@evil.net, ada@example.org"),
        ("*@example.org", "eve@evil.net;ada@example.org"),
        ("*@example.org", "eve@evil.net\nada@example.org"),
        ("*@example.org", "eve@evil.net <ada@example.org"),
        ("*@example.org", '"eve@evil.net "@example.org'),
        ("*@example.org", "ada@example.org\n"),
        ("ada@*", "ada@example.org,eve@evil.net"),
        ("*@kin.org", "ada@\u212ain.org"),
        ("https://*.example.org/*", "https://evil.net/.example.org/"),
        ("https://*.example.org/*", "https://evil.net#.example.org/"),
        ("https://*.example.org/*", "https://evil.net?.example.org/"),
        ("https://*.example.org/*", "https://evil.net\\.example.org/"),
        ("https://*.example.org/*", "https://me@evil.net:80/.example.org/"),
        ("https://*.example.org/*", "http://www.example.org/"),
        ("*.example.org", "http://evil.net/.example.org"),
        ("*.example.org", "evil.net?.example.org"),
        ("reports/*", "reports/../secret"),
        ("reports/*", "reports/a/..\\..\\secret"),
        ("reports/*", "reports/%2e%2e/secret"),
        ("reports/*", "reports/%252e%252e/secret"),
        ("reports/*", "reports/%2e%2e%2fsecret"),
        ("reports*", "reports/../secret"),
        ("*.txt", "../../secret.txt"),
        ("*/a.txt", "x/y/a.txt"),
        ("reports/*", "Reports/a"),
        ("a.b", "axb"),
        ("general", "general "),
        ("general", "gen\u0435ral"),
        ("5", 5.5),
        pytest.param("*x", ENORMOUS, id="enormous"),
    ],
)
def test_a_pattern_fits_nothing_that_only_looks_like_it(pattern: str, text: Any) -> None:
    assert not fit(text, pattern)


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*b", "*@*a*a*a*a*b", "x/*a*a*a*a*b", "*a?a*a?a*a?ab"])
def test_a_pattern_of_many_stars_takes_time_in_proportion(pattern: str) -> None:
    began = time.process_time()
    for begin in ("", "@", "x/"):
        assert not fit(begin + "a" * 200_000, pattern)
    assert time.process_time() - began < 5


def test_known_is_what_no_stranger_may_have_written_or_chosen() -> None:
    assert fits(leaf("x", TYPED), KNOWN)
    assert fits(leaf("x", SYSTEM), KNOWN)
    assert not fits(leaf("x", STRANGER), KNOWN)
    chosen = Value(None, STRANGER, items=(leaf("ada@example.org", SYSTEM),))
    assert outside(grant(arguments={"to": [KNOWN]}), {"to": chosen})
    assert not outside(grant(arguments={"to": [KNOWN]}), {"to": uniform(["ada@example.org"], SYSTEM)})


# --- grants ---


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("ada@example.org", True),
        (["ada@example.org", "bob@example.org"], True),
        ([], True),
        (None, True),
        ([None], True),
        (["ada@example.org", "eve@evil.net"], False),
        ([["eve@evil.net"]], False),
        ({"eve@evil.net": "ada@example.org"}, False),
        ({"bob@example.org": "ada@example.org"}, True),
        ([{"ada@example.org": {"eve@evil.net": None}}], False),
        ("", False),
        (0, False),
        (False, False),
    ],
)
def test_every_scalar_and_every_name_must_fit(value: Any, inside: bool) -> None:
    granted = grant(arguments={"to": ["*@example.org"]})
    assert (outside(granted, {"to": uniform(value, TYPED)}) == "") is inside


def test_an_empty_list_of_patterns_lets_nothing_through() -> None:
    granted = grant(arguments={"bcc": []})
    assert outside(granted, {"bcc": leaf("a", TYPED)}) == "'bcc' may not be \"a\""
    assert outside(granted, {}) == outside(granted, {"bcc": uniform([], TYPED)}) == ""


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        (100, True),
        (100.0, True),
        (99.99, True),
        (100.01, False),
        (101, False),
        (-100, True),
        (-101, False),
        pytest.param(ENORMOUS, False, id="enormous"),
        (float("nan"), False),
        (float("inf"), False),
        (float("-inf"), False),
        (True, False),
        ("5", False),
        ([100, 101], False),
        (None, True),
        (0.1, True),
    ],
)
def test_a_largest_number_holds_for_every_number(value: Any, inside: bool) -> None:
    granted = grant(at_most={"amount": "100"})
    assert (outside(granted, {"amount": uniform(value, TYPED)}) == "") is inside


def test_what_is_refused_is_named_but_not_at_length() -> None:
    problem = outside(grant(arguments={"to": ["a"]}), {"to": leaf("x" * 500, TYPED)})
    assert problem.startswith("'to' may not be \"xxx")
    assert len(problem) < 120
    assert outside(grant(arguments={"n": ["1"]}), {"n": leaf(ENORMOUS, TYPED)})


# --- reading one ---


def test_a_manifest_reads_its_own_text_again_under_the_same_digest() -> None:
    manifest = manifest_from(
        {
            "agent": "helper",
            "reads": [{"tool": "mail.search"}],
            "effects": [{"tool": "pay", "arguments": {"to": ["a", "b*"]}, "at_most": {"amount": 2500.5}, "per_day": 2}],
            "budgets": {"run": {"money": "0.10"}},
        }
    )
    again = manifest_from(manifest.text)
    assert again == manifest
    assert again.digest == manifest.digest
    assert len(manifest.digest) == 64
    assert manifest.effects[0].at_most == {"amount": Decimal("2500.5")}
    assert manifest_from({**manifest.model_dump(mode="json"), "about": "x"}).digest != manifest.digest


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({}, "'agent'"),
        ({"agent": "Big Name"}, "'agent'"),
        ({"agent": "a\n"}, "'agent'"),
        ({"agent": "a", "efects": []}, "'efects'"),
        ({"agent": "a", "effects": [{"tool": "t", "argument": {}}]}, "'effects.0.argument'"),
        ({"agent": "a", "effects": [{"tool": "T"}]}, "'effects.0.tool'"),
        ({"agent": "a", "effects": [{"tool": "*"}]}, "'effects.0.tool'"),
        ({"agent": "a", "effects": [{"tool": "t", "arguments": {"to": "a"}}]}, "'effects.0.arguments.to'"),
        ({"agent": "a", "effects": [{"tool": "t", "at_most": {"n": "NaN"}}]}, "'effects.0.at_most.n'"),
        ({"agent": "a", "effects": [{"tool": "t", "at_most": {"n": "Infinity"}}]}, "'effects.0.at_most.n'"),
        ({"agent": "a", "effects": [{"tool": "t", "per_run": -1}]}, "'effects.0.per_run'"),
        ({"agent": "a", "limits": {"steps": 1.5}}, "'limits.steps'"),
        ({"agent": "a", "limits": {"steps": "5"}}, "'limits.steps'"),
        ([], "'the beginning'"),
        ("[]", "'the beginning'"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_manifest_is_refused_at_its_place(content: Any, place: str) -> None:
    with pytest.raises(ManifestInvalid) as raised:
        manifest_from(content)
    assert place in raised.value.what
    assert raised.value.next_move


# --- changing one ---

BASE: dict[str, Any] = {
    "agent": "a",
    "reads": [{"tool": "read"}],
    "effects": [{"tool": "send", "arguments": {"to": ["*@example.org", "x"]}, "at_most": {"n": 5}, "per_run": 2}],
    "limits": {"steps": 10},
    "budgets": {"run": {"money": "1"}},
}


def changed(**fields: Any) -> Manifest:
    return manifest_from({**BASE, **fields})


def effect(**fields: Any) -> Manifest:
    return changed(effects=[{**BASE["effects"][0], **fields}])


@pytest.mark.parametrize(
    "new",
    [
        changed(reads=[{"tool": "read"}, {"tool": "list"}]),
        changed(agent="b"),
        effect(arguments={}),
        effect(arguments={"to": ["*"]}),
        effect(arguments={"to": ["*@example.org", "y"]}),
        effect(arguments={"to": ["*@example.org", KNOWN]}),
        effect(arguments={"to": ["ada@example.net"]}),
        effect(at_most={}),
        effect(at_most={"n": 6}),
        effect(per_run=3),
        effect(per_run=None),
        changed(limits={"steps": 11}),
        changed(limits={}),
        changed(budgets={}),
        changed(budgets={"run": {"money": "1.01"}}),
        changed(effects=[*BASE["effects"], {"tool": "send"}]),
    ],
)
def test_a_change_that_allows_more_is_a_widening(new: Manifest) -> None:
    found = widenings(changed(), new)
    assert found
    assert all(sentence.endswith(".") for sentence in found)


@pytest.mark.parametrize(
    "new",
    [
        changed(),
        changed(about="Other words"),
        changed(reads=[]),
        changed(effects=[]),
        effect(arguments={"to": ["x"]}),
        effect(arguments={"to": []}),
        effect(arguments={"to": ["ada@example.org"]}),
        effect(arguments={"to": ["*@example.org"], "cc": []}),
        effect(at_most={"n": 5, "m": 1}),
        effect(per_run=1, per_day=1),
        changed(limits={"steps": 9}),
        changed(budgets={"run": {"money": "0.5", "calls": 3}}),
        changed(reads=[], effects=[*BASE["effects"], {"tool": "read"}]),
    ],
)
def test_a_change_that_only_narrows_is_none(new: Manifest) -> None:
    assert widenings(changed(), new) == []


def test_an_address_in_either_case_is_wider_than_a_text_in_one() -> None:
    old, new = (
        manifest_from({"agent": "a", "effects": [{"tool": "t", "arguments": {"to": [pattern]}}]})
        for pattern in ("ada*", "ada@example.org")
    )
    assert not outside(new.effects[0], {"to": leaf("ADA@example.org", CONSTANT)})
    assert outside(old.effects[0], {"to": leaf("ADA@example.org", CONSTANT)})
    assert widenings(old, new)


def test_a_first_manifest_is_all_new() -> None:
    assert widenings(None, changed()) == ["It is new: it may use 1 reading and 1 acting tools."]


def test_a_change_is_shown_line_by_line() -> None:
    shown = difference(changed(), effect(per_run=3))
    assert '-   "per_run": 2,' in shown
    assert '+   "per_run": 3,' in shown
    assert difference(changed(), changed()) == ""
    assert difference(None, changed()).count("\n+") - 1 == changed().text.count("\n") + 1


def test_letting_more_words_pass_is_a_widening() -> None:
    before = manifest_from({"agent": "a", "effects": [{"tool": "chat.reply", "words_from": ["chat:*"]}]})
    after = manifest_from({"agent": "a", "effects": [{"tool": "chat.reply", "words_from": ["chat:*", "mail:*"]}]})
    assert widenings(before, after) == ["chat.reply is granted with more."]
    assert widenings(after, before) == []


def test_a_grant_without_the_new_word_keeps_its_digest() -> None:
    manifest = manifest_from({"agent": "a", "effects": [{"tool": "chat.reply"}]})
    assert "words_from" not in manifest.text
