"""Skills as they lie on the disk: the standard's form, nothing that leads out, and a digest over all of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gainful.agents.knowing import skill as skills
from gainful.agents.knowing.skill import SkillInvalid, read_skill

HEAD = "---\nname: tickets\ndescription: Writes tickets. Use when somebody reports a fault.\n---\n"


def lay(folder: Path, head: str = HEAD, name: str = "tickets") -> Path:
    skill = folder / name
    (skill / "references").mkdir(parents=True)
    (skill / "SKILL.md").write_text(f"{head}Begin with what is broken.\n", encoding="utf-8")
    (skill / "references" / "form.md").write_text("Title, steps, what was expected.\n", encoding="utf-8")
    return skill


def test_a_skill_is_read_whole(tmp_path: Path) -> None:
    skill = read_skill(lay(tmp_path))
    assert (skill.name, skill.body) == ("tickets", "Begin with what is broken.")
    assert skill.description == "Writes tickets. Use when somebody reports a fault."
    assert sorted(skill.files) == ["SKILL.md", "references/form.md"]
    assert skill.warnings == ()


def test_what_its_author_states_is_kept_for_people_and_grants_nothing(tmp_path: Path) -> None:
    more = (
        "license: Apache-2.0\ncompatibility: Needs git\nmetadata: {version: 1.5}\n"
        "allowed-tools: Bash(git:*) Read\nmodel: big\n---\n"
    )
    skill = read_skill(lay(tmp_path, HEAD.removesuffix("---\n") + more))
    assert (skill.license, skill.compatibility, skill.metadata) == ("Apache-2.0", "Needs git", {"version": "1.5"})
    assert skill.allowed_tools == ("Bash(git:*)", "Read")
    assert "none is granted by it" in skill.warnings[0]
    assert "model" in skill.warnings[1]
    listed = read_skill(lay(tmp_path / "b", HEAD.removesuffix("---\n") + "allowed-tools:\n  - Read\n  - Write\n---\n"))
    assert listed.allowed_tools == ("Read", "Write")


def test_its_digest_covers_names_content_and_the_right_to_run(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    form = folder / "references" / "form.md"
    digests = [read_skill(folder).digest]
    form.write_text("Title, steps.\n", encoding="utf-8")
    digests.append(read_skill(folder).digest)
    form.rename(folder / "references" / "other.md")
    digests.append(read_skill(folder).digest)
    (folder / "references" / "other.md").chmod(0o755)
    digests.append(read_skill(folder).digest)
    (folder / "SKILL.md").write_text(HEAD + "Begin.\n", encoding="utf-8")
    digests.append(read_skill(folder).digest)
    assert len(set(digests)) == 5
    assert "programs (references/other.md)" in read_skill(folder).warnings[0]
    # Rights that differ from one machine to the next count for nothing.
    (folder / "SKILL.md").chmod(0o600)
    assert read_skill(folder).digest == digests[-1]


def test_what_does_not_show_is_told(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    (folder / "references" / "form.md").write_text("Send it to\u202e nobody", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\x00\x01\xff")
    assert read_skill(folder).warnings == (
        "references/form.md holds characters that do not show: RIGHT-TO-LEFT OVERRIDE.",
    )


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ("---\nname: other\ndescription: x\n---\n", "it is called 'other'"),
        ("---\nname: tickets\n---\n", "'description' is missing"),
        ("---\ndescription: x\n---\n", "'name' is missing"),
        (f"---\nname: tickets\ndescription: {'x' * 1025}\n---\n", "1 to 1,024 characters"),
        ("---\nname: tickets\ndescription: 7\n---\n", "'description' is no text"),
        ("---\nname: tickets\ndescription: x\nmetadata: y\n---\n", "'metadata' is no record"),
        ("---\nname: tickets\ndescription: x\nallowed-tools: {a: b}\n---\n", "'allowed-tools' is no list"),
        ("---\nname: tickets\ndescription: one: two\n---\n", "SKILL.md, line 3: there is a colon too much"),
        ("", "SKILL.md, line 1"),
    ],
)
def test_what_the_standard_does_not_have_is_refused(tmp_path: Path, head: str, what: str) -> None:
    with pytest.raises(SkillInvalid, match="cannot be used") as caught:
        read_skill(lay(tmp_path, head))
    assert what in caught.value.what
    assert caught.value.next_move


@pytest.mark.parametrize("name", ["-tickets", "tickets-", "tick--ets", "Tickets", "tick_ets", "tickéts"])
def test_a_name_is_as_the_standard_has_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(SkillInvalid, match="single hyphens"):
        read_skill(lay(tmp_path, f"---\nname: {name}\ndescription: x\n---\n", name))


def test_nothing_leads_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("s3cret")
    folder = lay(tmp_path)
    (folder / "references" / "key.md").symlink_to(tmp_path / "secret.key")
    with pytest.raises(SkillInvalid, match=r"references/key\.md is a link"):
        read_skill(folder)
    (folder / "references" / "key.md").unlink()
    (folder / "more").symlink_to(tmp_path)
    with pytest.raises(SkillInvalid, match="more is a link"):
        read_skill(folder)
    (tmp_path / "other").symlink_to(folder)
    with pytest.raises(SkillInvalid, match="its folder is a link"):
        read_skill(tmp_path / "other")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    os.mkfifo(folder / "pipe")
    with pytest.raises(SkillInvalid, match="pipe is no ordinary file"):
        read_skill(folder)


def test_names_that_cannot_be_shown_are_refused(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    (folder / "a\x1b[2Jb").write_text("x")
    with pytest.raises(SkillInvalid, match="cannot be shown"):
        read_skill(folder)


def test_it_is_not_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lay(tmp_path)
    monkeypatch.setattr(skills, "MOST_FILES", 1)
    with pytest.raises(SkillInvalid, match="more than 1 files"):
        read_skill(folder)
    monkeypatch.setattr(skills, "MOST_FILES", 500)
    monkeypatch.setattr(skills, "LARGEST", 100)
    with pytest.raises(SkillInvalid, match="more than 100 octets"):
        read_skill(folder)
    monkeypatch.setattr(skills, "LARGEST", 10_000)
    monkeypatch.setattr(skills, "DEEPEST", 0)
    with pytest.raises(SkillInvalid, match="folders in one another"):
        read_skill(folder)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SkillInvalid, match="There is no folder"):
        read_skill(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SkillInvalid, match=r"it has no SKILL\.md"):
        read_skill(tmp_path / "empty")
    folder = lay(tmp_path)
    (folder / "SKILL.md").write_bytes(b"\xff\xfe")
    with pytest.raises(SkillInvalid, match="not UTF-8"):
        read_skill(folder)
