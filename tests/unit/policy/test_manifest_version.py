"""Who has to say yes to a version of a manifest, and to exactly what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gainful.policy.manifest import Manifest, manifest_from
from gainful.policy.manifest_version import (
    SHIPPED,
    ManifestChanged,
    ManifestState,
    ManifestVersion,
    NotYourManifest,
    approved,
    missing,
    refused,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
READS = manifest_from({"agent": "helper", "reads": [{"tool": "mail.search"}]})
SENDS = manifest_from({"agent": "helper", "reads": [{"tool": "mail.search"}], "effects": [{"tool": "mail.send"}]})
TEAM = ("ada", "bo")


def proposal(manifest: Manifest = SENDS, by: str = "ada", owner: str = "ada") -> ManifestVersion:
    return ManifestVersion(2, manifest, manifest.digest, ManifestState.PROPOSED, owner, by, NOON)


def test_alone_the_owner_approves_what_they_proposed() -> None:
    after = approved(proposal(), READS, SENDS.digest, "ada", (), NOON)
    assert (after.state, after.approved_by, after.settled_at) == (ManifestState.ACTIVE, ("ada",), NOON)


def test_a_widening_in_a_team_waits_for_a_second_person() -> None:
    once = approved(proposal(), READS, SENDS.digest, "ada", TEAM, NOON)
    assert once.state is ManifestState.PROPOSED
    assert "a second person" in missing(once, READS, TEAM)
    twice = approved(once, READS, SENDS.digest, "bo", TEAM, NOON)
    assert (twice.state, twice.approved_by) == (ManifestState.ACTIVE, ("ada", "bo"))


def test_a_narrowing_in_a_team_needs_its_owner_alone() -> None:
    assert approved(proposal(READS), SENDS, READS.digest, "ada", TEAM, NOON).state is ManifestState.ACTIVE


def test_without_the_owner_no_number_of_others_is_enough() -> None:
    version = proposal(by="bo")
    for person in ("bo", "cy"):
        version = approved(version, READS, SENDS.digest, person, ("ada", "bo", "cy"), NOON)
        assert version.state is ManifestState.PROPOSED
        assert missing(version, READS, TEAM) == "its owner ada"


def test_what_an_upgrade_proposes_counts_as_nobodys_word() -> None:
    once = approved(proposal(by=SHIPPED), READS, SENDS.digest, "ada", TEAM, NOON)
    assert once.state is ManifestState.PROPOSED
    assert approved(once, READS, SENDS.digest, "bo", TEAM, NOON).state is ManifestState.ACTIVE


def test_a_colleagues_proposal_is_in_force_with_the_owners_word() -> None:
    assert approved(proposal(by="bo"), READS, SENDS.digest, "ada", TEAM, NOON).state is ManifestState.ACTIVE


def test_a_team_of_the_owner_alone_is_no_team() -> None:
    assert approved(proposal(), READS, SENDS.digest, "ada", ("ada",), NOON).state is ManifestState.ACTIVE


def test_one_person_counts_once() -> None:
    once = approved(proposal(), READS, SENDS.digest, "ada", TEAM, NOON)
    with pytest.raises(NotYourManifest, match="approved it already"):
        approved(once, READS, SENDS.digest, "ada", TEAM, NOON)


@pytest.mark.parametrize("digest", ["", "0" * 12, SENDS.digest[:11], READS.digest, SENDS.digest + "0"])
def test_the_answer_holds_for_what_was_shown_alone(digest: str) -> None:
    with pytest.raises(ManifestChanged):
        approved(proposal(), READS, digest, "ada", (), NOON)


@pytest.mark.parametrize("person", ["eve", "", SHIPPED])
def test_strangers_may_neither_approve_nor_refuse(person: str) -> None:
    with pytest.raises(NotYourManifest):
        approved(proposal(), READS, SENDS.digest, person, TEAM, NOON)
    with pytest.raises(NotYourManifest):
        refused(proposal(), "", person, TEAM, NOON)


def test_whoever_proposed_it_may_take_it_back() -> None:
    assert refused(proposal(by="cy"), "", "cy", (), NOON).state is ManifestState.REFUSED
    with pytest.raises(ManifestChanged):
        refused(proposal(by="cy"), "f" * 64, "cy", (), NOON)


def test_a_new_agent_is_a_widening() -> None:
    first = replace(proposal(), number=1)
    assert approved(first, None, SENDS.digest, "ada", TEAM, NOON).state is ManifestState.PROPOSED
