"""Every rule can be explained."""

from __future__ import annotations

from pathlib import Path

from gainful.policy import rules
from gainful.policy.catalogue import SENTENCES, rule_modules, sentence


def test_every_rule_has_an_id_of_its_own_and_a_sentence() -> None:
    ids = [module.ID for module in rule_modules()]
    assert len(set(ids)) == len(ids)
    assert all(sentence(rule).endswith(".") for rule in ids)
    assert len(SENTENCES) == len(ids) + 1


def test_no_rule_file_is_left_out() -> None:
    files = {file.stem for file in Path(rules.__path__[0]).glob("*.py")} - {"__init__"}
    assert {module.__name__.rpartition(".")[2] for module in rule_modules()} == files


def test_an_organisations_rule_is_said_to_be_one() -> None:
    assert sentence("organisation:mail-stays-in-house") == SENTENCES["organisation"]
    assert sentence("nobody-knows-it") == ""
