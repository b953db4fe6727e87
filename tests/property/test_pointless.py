"""Whatever changes, a refusal is certain: what ships is octet for octet what is live."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.deployment import Action, Kind, Release, Running, TargetState
from gainful.jobs.deploy.planning import Shipping, plan, plan_from_json, shipped_digest
from gainful.jobs.deploy.planning.meaning import same_meaning
from tests.unit.jobs.deploy.planning.paper import NOW, PaperHistory

SHIPPING = Shipping.declared(["app/**"], ["**/tests/**"], ["lock.json"], version_files=["app/v.py:V", "LOG:v"])
KEPT = {"app/kept": b""}

_CONTENTS = {
    "app/a.py": [b"x = 1\n", b"x = 1  # why\n", b"x=1\n", b"x = 2\n", b"x = (\n", b"'''x'''\nx = 1\n"],
    "app/v.py": [b"V = '1'\n", b"V = '2'\n", b"V = '2'\nx = 1\n", b"V = x\n"],
    "app/a.css": [b"a {}", b"a{}"],
    "app/tests/a.py": [b"x = 1\n", b"x = 2\n"],
    "lock.json": [b'{"a": 1}', b'{"a":1}', b'{"a": 2}'],
    "LOG": [b"v1\n", b"v2\n", b"v1\nx\n"],
    "README": [b"a", b"b"],
}
_MODES = st.sampled_from(["100644", "100644", "100644", "100755", "120000"])
_FILES: Any = st.fixed_dictionaries(
    {}, optional={path: st.tuples(st.sampled_from(some), _MODES) for path, some in _CONTENTS.items()}
)


def _version(files: dict[str, Any]) -> bytes:
    """What stands for the version beside what ships."""
    return bytes(files.get("LOG", (b"", ""))[0][:2])


@given(_FILES, _FILES)
def test_only_what_ships_the_same_is_refused(before: dict[str, Any], after: dict[str, Any]) -> None:
    history = PaperHistory({**KEPT, **before}, {**KEPT, **after})
    base = history.resolve("0")
    live = Release(base.id, shipped_digest(history, SHIPPING, base.id), tree=base.tree)
    made = plan("shop", SHIPPING, history, TargetState(Running(live, "blue")), "1", at=NOW)
    shipped = [{path: file for path, file in files.items() if SHIPPING.has(path)} for files in (before, after)]
    version = _version(before) == _version(after)
    if made.verdict.action is Action.REFUSE:
        assert shipped[0] == shipped[1]
        assert version
    if made.verdict.action is Action.FLAG:
        assert made.verdict.kind in (Kind.COMMENTS_ONLY, Kind.VERSION_ONLY)
    if shipped[0] == shipped[1] and version:
        assert made.verdict.action is Action.REFUSE
    assert plan_from_json(made.as_json()) == made


@given(st.text("ab \n#\"'():=[]{},-:&*.1", max_size=30), st.text("ab \n#\"'():=[]{},-:&*.1", max_size=30))
def test_meaning_is_the_same_both_ways(one: str, other: str) -> None:
    for path in ("a.py", "a.json", "a.toml", "a.yaml"):
        before, after = one.encode(), other.encode()
        assert same_meaning(path, before, after) == same_meaning(path, after, before)
        assert same_meaning(path, before, before)
