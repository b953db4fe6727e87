"""Plans of changes on paper, and what becomes of each: refused, flagged, or carried out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gainful.core.deployment import Action, Intent, Kind, Release, Running, TargetState
from gainful.jobs.deploy.planning import (
    Ended,
    Past,
    Plan,
    ReasonMissing,
    Shipping,
    config_digest,
    plan,
    plan_from_json,
    shipped_digest,
    shown_of,
)
from gainful.sdk.deploy_target import ReleaseInvalid
from gainful.sdk.history import NoSuchCommit
from tests.unit.jobs.deploy.planning.paper import NOW, Files, PaperHistory

SHIPPING = Shipping.declared(
    ["app/**"], ["**/tests/**"], ["requirements.txt"], ["Dockerfile"], ["app/migrations/*.py"],
    ["app/version.py:VERSION", "CHANGES.md:## v"],
)  # fmt: skip
FIRST: dict[str, Any] = {
    "app/main.py": b"x = 1\n",
    "app/style.css": b"a {}\n",
    "app/version.py": b'VERSION = "1.0"\n',
    "app/tests/test_main.py": b"assert 1\n",
    "requirements.txt": b"a==1\n",
    "Dockerfile": b"FROM python\n",
    "CHANGES.md": b"## v1.0\n- a\n",
    "README.md": b"Hello\n",
}


def live(history: PaperHistory, number: int = 0, config: str = "", drift: tuple[str, ...] = ()) -> TargetState:
    """A target that runs a commit."""
    commit = history.resolve(str(number))
    digest = shipped_digest(history, SHIPPING, commit.id)
    return TargetState(Running(Release(commit.id, digest, config, commit.tree), "blue", drift=drift))


def of(history: PaperHistory, revision: str = "1", state: TargetState | None = None, **more: Any) -> Plan:
    """The plan of a revision over the first commit."""
    return plan("shop", SHIPPING, history, state or live(history), revision, at=NOW, **more)


def then(files: Files) -> PaperHistory:
    """Two commits, the second one with these files too."""
    return PaperHistory(FIRST, {**FIRST, **files})


def told(made: Plan) -> tuple[Kind, Action]:
    """What a test looks at first."""
    return made.verdict.kind, made.verdict.action


NEXT: dict[str, Any] = {"app/main.py": b"x = 2\n"}

KINDS = [
    ({}, Kind.SAME_TREE, Action.REFUSE),
    ({"README.md": b"Hi\n"}, Kind.NOTHING_SHIPPED, Action.REFUSE),
    ({"app/tests/test_main.py": b"assert 2\n", "app/tests/new.py": b""}, Kind.NOTHING_SHIPPED, Action.REFUSE),
    ({"CHANGES.md": b"## v1.0\n- a\n- b\n"}, Kind.NOTHING_SHIPPED, Action.REFUSE),
    ({"app/main.py": b"x = 1  # why\n"}, Kind.COMMENTS_ONLY, Action.FLAG),
    ({"app/version.py": b'VERSION = "1.1"\n'}, Kind.VERSION_ONLY, Action.FLAG),
    ({"app/version.py": b'VERSION = "1.1"\n', "app/main.py": b"x=1\n"}, Kind.VERSION_ONLY, Action.FLAG),
    ({"app/version.py": b'# The version.\nVERSION = "1.0"\n'}, Kind.COMMENTS_ONLY, Action.FLAG),
    ({"CHANGES.md": b"## v1.1\n- b\n\n## v1.0\n- a\n"}, Kind.VERSION_ONLY, Action.FLAG),
    ({"CHANGES.md": b"## v1.0\n" + b"- a\n" * 200_000}, Kind.REAL, Action.PROCEED),
    ({"CHANGES.md": b"## vNext\n- b\n"}, Kind.REAL, Action.PROCEED),
    ({"CHANGES.md": b"No heading\n"}, Kind.REAL, Action.PROCEED),
    (NEXT, Kind.REAL, Action.PROCEED),
    ({"app/main.py": (b"x = 1\n", "100755")}, Kind.REAL, Action.PROCEED),
    ({"app/main.py": (b"x = 1\n", "120000")}, Kind.REAL, Action.PROCEED),
    ({"app/style.css": b"a {} /* why */\n"}, Kind.REAL, Action.PROCEED),
    ({"app/new.py": b""}, Kind.REAL, Action.PROCEED),
    ({"app/inner": (b"1" * 40, "160000")}, Kind.REAL, Action.PROCEED),
    ({"requirements.txt": b"a==2\n"}, Kind.REAL, Action.PROCEED),
    ({"Dockerfile": b"FROM python:3.14\n"}, Kind.REAL, Action.PROCEED),
    ({"app/version.py": b'VERSION = "1.1"\nx = 1\n'}, Kind.REAL, Action.PROCEED),
]


@pytest.mark.parametrize(("files", "kind", "action"), KINDS)
def test_what_a_change_is(files: Files, kind: Kind, action: Action) -> None:
    made = of(then(files))
    assert told(made) == (kind, action)
    assert made.verdict.proof


def test_a_proof_names_paths_and_digests() -> None:
    assert of(then({"README.md": b"Hi\n"})).verdict.proof == (
        "No file that ships is different.",
        "Content sha256:7a424b82c39d.",
        "does not ship: README.md",
    )
    files = {"app/version.py": b'VERSION = "1.1"\n', "app/main.py": b"x=1\n"}
    assert of(then(files)).verdict.proof == (
        "only the version, 1.0 to 1.1: app/version.py",
        "only comments or form: app/main.py",
    )
    files = {**NEXT, "app/style.css": b"", "app/migrations/1.py": b"", "requirements.txt": b"a==2\n"}
    assert of(then(files)).verdict.proof == (
        "new: app/migrations/1.py (migration)",
        "changed: requirements.txt (dependencies)",
        "changed: app/style.css",
    )


def test_a_proof_is_cut() -> None:
    made = of(then({f"app/{'n' * 300}{number}.css": b"" for number in range(100)}))
    assert len(made.verdict.proof) == 12
    assert made.verdict.proof[-1] == "and 89 more"
    assert max(map(len, made.verdict.proof)) == 200
    assert made.file_count == len(made.files) == 100


def test_what_somebody_named_to_deceive_is_shown() -> None:
    made = of(then({"app/\u202egnp.exe\n": b""}))
    assert made.verdict.proof == ("new: app/⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩gnp.exe ",)
    assert made.files == ("app/⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩gnp.exe",)


def test_a_file_too_large_to_read_is_a_change() -> None:
    history = then({"app/main.py": b"x = 1  # why\n"})
    history.missing = {b"x = 1  # why\n"}
    assert told(of(history)) == (Kind.REAL, Action.PROCEED)


def test_where_the_version_is_read_came_or_went() -> None:
    without = {path: content for path, content in FIRST.items() if path != "CHANGES.md"}
    made = of(PaperHistory(FIRST, without))
    assert told(made) == (Kind.REAL, Action.PROCEED)
    assert made.verdict.proof == ("gone: CHANGES.md (version)",)


def test_nothing_is_read_where_names_alone_tell() -> None:
    history = then({**NEXT, "app/style.css": b""})
    assert told(of(history)) == (Kind.REAL, Action.PROCEED)
    assert history.reads == 0


# --- what is live ---


def test_the_first_deployment_of_all() -> None:
    made = of(PaperHistory(FIRST), "0", TargetState(None))
    assert told(made) == (Kind.REAL, Action.PROCEED)
    assert made.live is None
    assert made.commits == ()


def test_drift_is_mended_though_nothing_changed() -> None:
    history = then({})
    made = of(history, state=live(history, drift=("app/main.py",)))
    assert told(made) == (Kind.REAL, Action.PROCEED)
    assert "drifted: app/main.py" in made.verdict.proof


def test_a_commit_that_the_repository_does_not_know_is_compared_by_digest() -> None:
    history = then(NEXT)
    digest = shipped_digest(history, SHIPPING, history.resolve("1").id)
    state = TargetState(Running(Release("f" * 40, digest), "blue"))
    assert told(of(history, state=state)) == (Kind.NOTHING_SHIPPED, Action.REFUSE)
    other = TargetState(Running(Release("f" * 40, "sha256:" + "0" * 64), "blue"))
    made = of(history, state=other)
    assert told(made) == (Kind.REAL, Action.PROCEED)
    assert made.commits == ()


def test_what_runs_is_not_what_its_commit_ships() -> None:
    # It was laid out when something else was declared to ship.
    history = then({"README.md": b"Hi\n"})
    state = live(history)
    assert state.live is not None
    other = replace(state.live.release, digest="sha256:" + "0" * 64)
    assert told(of(history, state=TargetState(Running(other, "blue")))) == (Kind.REAL, Action.PROCEED)


def test_a_target_that_tells_the_commit_alone() -> None:
    history = then({"README.md": b"Hi\n"})
    state = TargetState(Running(Release(history.resolve("0").id, ""), "blue"))
    assert told(of(history, state=state)) == (Kind.NOTHING_SHIPPED, Action.REFUSE)
    assert told(of(then(NEXT), state=state)) == (Kind.REAL, Action.PROCEED)


def test_a_target_that_tells_nothing() -> None:
    state = TargetState(Running(Release("", ""), "blue"))
    assert told(of(then({}), state=state)) == (Kind.REAL, Action.PROCEED)


# --- settings ---


def test_other_settings_are_a_change() -> None:
    history = then({})
    before, after = {"a.toml": b"workers = 2\n"}, {"a.toml": b"workers = 4\npassword = 'hunter22'\n"}
    state = live(history, config=config_digest(before))
    assert told(of(history, state=state, settings=before)) == (Kind.SAME_TREE, Action.REFUSE)
    made = of(history, state=state, settings=after, settings_before=shown_of(before))
    assert told(made) == (Kind.REAL, Action.PROCEED)
    assert made.verdict.proof == ("The settings that are given to it differ.",)
    assert made.settings == (
        "--- a.toml", "+++ a.toml", "@@ -1,2 +1,3 @@", "-workers = 2", "+workers = 4", "+password = ***", " ",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["password = 'hunter22'", "DB_PASSWORD: hunter22", '"api-key": "hunter22",', "url = 'https://me:hunter22@db/x'",
     "SESSION_SECRET=hunter22", "export AUTH_TOKEN=hunter22", "sentry_dsn = hunter22",
     "-----BEGIN PRIVATE KEY-----\nhunter22\n-----END PRIVATE KEY-----"],
)  # fmt: skip
def test_no_secret_is_shown(text: str) -> None:
    history = then({})
    made = of(history, settings={"a": text.encode()}, settings_before=shown_of({"a": b"x = 1\n"}))
    assert made.settings
    assert "hunter22" not in json.dumps(made.as_json())


def test_only_a_secret_differs() -> None:
    before, after = {"a": b"password = hunter22\n"}, {"a": b"password = hunter33\n"}
    made = of(then({}), settings=after, settings_before=shown_of(before))
    assert made.settings == ("a: changed in values that are not shown",)


def test_settings_that_came_and_went_and_are_huge() -> None:
    made = of(
        then({}), settings={"new": b"x\n", "big": b"y" * 100_000}, settings_before=shown_of({"gone\x1b[2J": b"z\n"})
    )
    assert made.settings[0] == "big: changed, and too large to show"
    assert "--- gone⟨U+001B ESCAPE⟩[2J" in made.settings
    assert "+++ new" in made.settings
    many = {"a": "\n".join(map(str, range(5000))).encode()}
    assert of(then({}), settings=many, settings_before={}).settings[-1].endswith("lines more")
    assert of(then({}), settings=many).settings == ()


# --- what went before ---


def _past(made: Plan, *ended: Ended) -> list[Past]:
    """Outcomes of exactly this release, oldest first."""
    return [Past(made.candidate.id, how, NOW - timedelta(days=len(ended) - number)) for number, how in enumerate(ended)]


def test_what_was_rolled_back_is_refused() -> None:
    history = then(NEXT)
    made = of(history, past=_past(of(history), Ended.ROLLED_BACK))
    assert told(made) == (Kind.ROLLED_BACK_BEFORE, Action.REFUSE)
    assert made.verdict.proof[0] == (
        "Exactly this content with these settings was rolled back on 2026-11-29 09:00 UTC."
    )


def test_what_was_rolled_back_stays_refused_whatever_is_live() -> None:
    history = then(NEXT)
    past = _past(of(history), Ended.ROLLED_BACK)
    for state in (TargetState(None), live(history, drift=("app/main.py",))):
        assert told(of(history, state=state, past=past)) == (Kind.ROLLED_BACK_BEFORE, Action.REFUSE)
    # It is live after all, and only has to be mended.
    mended = live(history, 1, drift=("app/main.py",))
    assert told(of(history, state=mended, past=past)) == (Kind.REAL, Action.PROCEED)


def test_other_settings_are_another_try() -> None:
    history = then(NEXT)
    past = _past(of(history), Ended.ROLLED_BACK)
    assert told(of(history, past=past, settings={"a": b"b"})) == (Kind.REAL, Action.PROCEED)


@pytest.mark.parametrize("ended", [Ended.FAILED, Ended.STOPPED])
def test_what_never_took_traffic_may_be_tried_again(ended: Ended) -> None:
    history = then(NEXT)
    assert told(of(history, past=_past(of(history), ended))) == (Kind.REAL, Action.PROCEED)


def test_what_was_forced_later_and_stayed_is_not_held_against_it() -> None:
    history = then(NEXT)
    past = _past(of(history), Ended.ROLLED_BACK, Ended.LIVE)
    assert told(of(history, past=past)) == (Kind.LOOP, Action.FLAG)


def test_what_comes_back_is_flagged_while_it_is_remembered() -> None:
    history = PaperHistory(FIRST, {**FIRST, **NEXT}, FIRST)
    first = live(history, 0)
    assert first.live is not None
    others = [Past(f"{number:016d}", Ended.LIVE, NOW - timedelta(hours=number)) for number in range(1, 10)]
    mine = Past(first.live.release.id, Ended.LIVE, NOW - timedelta(days=9))
    assert told(of(history, "2", live(history, 1), past=[mine, *others])) == (Kind.LOOP, Action.FLAG)
    more = [*others, Past("0" * 16, Ended.LIVE, NOW - timedelta(days=1))]
    assert told(of(history, "2", live(history, 1), past=[mine, *more])) == (Kind.REAL, Action.PROCEED)


def test_a_newer_plan_is_named() -> None:
    made = of(then(NEXT), newer=["dep-8"])
    assert told(made) == (Kind.SUPERSEDED, Action.FLAG)
    assert made.verdict.proof[0] == "A newer plan is under way: dep-8."


# --- what is never refused ---


@pytest.mark.parametrize("intent", [intent for intent in Intent if intent is not Intent.CHANGE])
@pytest.mark.parametrize("files", [{}, {"README.md": b"Hi\n"}, {"app/main.py": b"x=1\n"}, NEXT])
def test_it_is_never_refused(intent: Intent, files: Files) -> None:
    history = then(files)
    past = _past(of(history), Ended.ROLLED_BACK)
    made = of(history, past=past, newer=["dep-8"], intent=intent, reason="a worker hangs")
    assert made.verdict.action is Action.PROCEED
    assert made.verdict.proof[0].endswith("and is never refused.")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_restart_needs_a_reason(reason: str) -> None:
    with pytest.raises(ReasonMissing):
        of(then({}), intent=Intent.RESTART, reason=reason)


# --- the plan itself ---


def test_commits_authors_files_and_migrations() -> None:
    history = PaperHistory(
        FIRST, {**FIRST, "README.md": b"Hi\n"}, {**FIRST, **NEXT, "app/migrations/1.py": b"add()\n"},
        subjects=["First", "Docs\x1b[2J", "Faster, with ghp_" + "a" * 36],
        authors=["Ada <ada@example.org>", "Bo <bo@example.org>", "Ada <ada@example.org>"],
    )  # fmt: skip
    made = of(history, "2")
    assert [commit.subject for commit in made.commits] == ["Faster, with ***", "Docs⟨U+001B ESCAPE⟩[2J"]
    assert made.commit_count == 2
    assert made.authors == ("Ada <ada@example.org>", "Bo <bo@example.org>")
    assert made.files == ("app/main.py", "app/migrations/1.py")
    assert made.migrations == ("app/migrations/1.py",)
    assert made.undone == 0
    assert of(history, "0", live(history, 2)).undone == 2


def test_it_is_kept_and_read_back() -> None:
    history = then({**NEXT, "app/migrations/1.py": b""})
    for made in (of(history), of(history, state=TargetState(None)), of(history, settings={"a": b"b"})):
        kept = json.loads(json.dumps(made.as_json()))
        assert plan_from_json(kept) == made
        assert kept["hash"] == made.hash == plan_from_json(kept).hash


def test_the_hash_is_of_what_is_to_happen() -> None:
    history = then(NEXT)
    made = of(history)
    same = [
        of(history, past=[Past("0" * 16, Ended.LIVE, NOW)]),
        replace(made, made_at=NOW + timedelta(hours=1)),
    ]
    assert {one.hash for one in same} == {made.hash}
    others = [
        of(history, state=live(history, 1)),
        of(history, settings={"a": b"b"}),
        of(history, intent=Intent.ROLLBACK),
        of(then({"app/main.py": b"x = 3\n"})),
        of(history, state=TargetState(None)),
        replace(made, service="other"),
    ]
    assert len({made.hash, *(one.hash for one in others)}) == len(others) + 1


def test_nothing_ships_or_there_is_no_such_commit() -> None:
    with pytest.raises(ReleaseInvalid):
        of(PaperHistory(FIRST, {"README.md": b""}))
    with pytest.raises(NoSuchCommit):
        of(PaperHistory(FIRST), "7")
