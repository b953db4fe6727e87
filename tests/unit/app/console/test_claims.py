"""What claims mean: names, roles, and who is not let in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gainful.app.console import Role
from gainful.app.console.claims import IdentityNotAllowed, check_domain, claim, enough, name_from, role_from
from gainful.storage.settings.web import Oidc

BASE = {"issuer": "https://login.example.org", "client_id": "gainful"}
MAPPED = Oidc.model_validate(
    {**BASE, "roles": {"owner": ["a"], "lead": ["b", "c"], "auditor": ["d"], "employee": ["e"]}}
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("groups", ["x"]),
        ("realm_access.roles", ["y"]),
        ("https://example.org/groups", ["z"]),
        ("realm_access.none", None),
        ("groups.roles", None),
        ("none", None),
    ],
)
def test_a_claim_is_found_by_its_name_or_its_path(name: str, value: object) -> None:
    claims = {"groups": ["x"], "realm_access": {"roles": ["y"]}, "https://example.org/groups": ["z"]}
    assert claim(claims, name) == value


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["a"], Role.OWNER),
        (["e", "c", "d"], Role.LEAD),
        (["d", "e"], Role.AUDITOR),
        ("e", Role.EMPLOYEE),
        (["E", "e"], Role.EMPLOYEE),
    ],
)
def test_of_several_groups_the_first_role_counts(groups: object, role: Role) -> None:
    assert role_from({"groups": groups}, MAPPED) is role


@pytest.mark.parametrize("groups", [None, [], "ab", ["A"], [["a"]], [{"a": 1}], {"x": "a"}, 7])
def test_what_is_not_mapped_is_nobody(groups: object) -> None:
    with pytest.raises(IdentityNotAllowed, match="None of your groups"):
        role_from({"groups": groups}, MAPPED)
    assert role_from({"groups": groups}, MAPPED.model_copy(update={"default_role": "employee"})) is Role.EMPLOYEE


def test_without_a_mapping_roles_are_given_by_hand() -> None:
    assert role_from({"groups": ["a"]}, Oidc.model_validate(BASE)) is None


@pytest.mark.parametrize("verified", [True, "true", "True", None])
def test_an_address_counts_unless_it_is_said_not_to_be_verified(verified: object) -> None:
    assert name_from({"email": "Ann@Example.org", "email_verified": verified}, MAPPED) == "ann@example.org"


def test_an_address_that_becomes_anothers_in_small_letters_names_nobody() -> None:
    kelvin = "\N{KELVIN SIGN}im@example.org"
    assert kelvin.lower() == "kim@example.org"
    with pytest.raises(IdentityNotAllowed, match="passes for another"):
        name_from({"email": kelvin, "email_verified": True}, MAPPED)
    assert name_from({"email": "Jürg@Example.org", "email_verified": True}, MAPPED) == "jürg@example.org"


@pytest.mark.parametrize("verified", [False, "false", "FALSE", 0, "no", ""])
def test_an_address_that_is_not_verified_names_nobody(verified: object) -> None:
    with pytest.raises(IdentityNotAllowed, match="not verified"):
        name_from({"email": "ann@example.org", "email_verified": verified}, MAPPED)


@pytest.mark.parametrize(
    ("mail", "allowed"),
    [
        ("ann@example.org", True),
        ("ANN@EXAMPLE.ORG", True),
        ("ann@example.org.evil.net", False),
        ("ann@evil.net@example.org", False),
        ("ann", False),
    ],
)
def test_a_domain_is_the_whole_of_what_follows_the_at(mail: str, allowed: bool) -> None:
    settings = Oidc.model_validate({**BASE, "domains": ["Example.ORG"]})
    if allowed:
        check_domain({"email": mail}, settings)
        return
    with pytest.raises(IdentityNotAllowed):
        check_domain({"email": mail}, settings)


@pytest.mark.parametrize(
    ("claims", "will_do"),
    [
        ({"email": "a@b", "email_verified": True, "groups": []}, True),
        ({"email": "a@b", "groups": []}, False),
        ({"email": "a@b", "email_verified": True}, False),
        ({}, False),
    ],
)
def test_userinfo_is_asked_where_something_is_missing(claims: dict[str, Any], will_do: bool) -> None:
    assert enough(claims, MAPPED) is will_do


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example.org", "client_id": "gainful"},
        {"issuer": "ftp://login.example.org", "client_id": "gainful"},
        {"issuer": "http://127.0.0.1.evil.org", "client_id": "gainful"},
        {"issuer": "https://login.example.org?x=1", "client_id": "gainful"},
        {"issuer": "https://ann@login.example.org", "client_id": "gainful"},
        {"issuer": "https://login.example.org"},
        {**BASE, "roles": {"king": ["a"]}},
        {**BASE, "default_role": "king"},
        {**BASE, "scopes": ["open id"]},
        {**BASE, "client_secret": "never here"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Oidc.model_validate(wrong)


def test_openid_is_always_asked_for() -> None:
    assert Oidc.model_validate({**BASE, "scopes": ["email"]}).scopes == ("openid", "email")
