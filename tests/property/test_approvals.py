"""An approval executes exactly the effect that was shown, once, in time; and nothing else, ever.

Ten thousand attempts with something other than that meet the real store: none may execute.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from gainful.gate.approval import Answer, Approval, Terms, Verdict, ask
from gainful.gate.approval_book import Taken
from gainful.gate.proposal import Proposal, canonical, proposal_from
from gainful.storage.gate.approval_store import ApprovalStore

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TERMS = Terms(timedelta(days=7), timedelta(minutes=15))
APPROVALS = 400
ATTEMPTS = 25

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.text(max_size=6), JSON, max_size=4)


def effect(number: int, chance: random.Random) -> Proposal:
    arguments = {
        "to": [f"person{chance.randrange(50)}@example.org" for _ in range(chance.randrange(1, 4))],
        "body": "".join(chance.choice("abc äöü\n") for _ in range(chance.randrange(30))),
        "amount": chance.choice([0, 1, 12, 1.0, 12.5, "12", True]),
        "options": {"reply": chance.choice([None, False, "mail:1"])},
    }
    attachments = {f"file{n}.pdf": f"{chance.getrandbits(256):064x}" for n in range(chance.randrange(3))}
    return Proposal("assistant", f"run{number // 2}", f"step {number}", "mail.send", arguments, "7f3a", attachments)


def _flip(digest: str, chance: random.Random) -> str:
    place = chance.randrange(64)
    return digest[:place] + f"{int(digest[place], 16) ^ 1:x}" + digest[place + 1 :]


def _other(value: Any, chance: random.Random) -> Any:
    """Nearly the same value."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return chance.choice([float(value), value + 1, str(value)])
    if isinstance(value, float):
        return chance.choice([value + 0.01, -value or 1.0, str(value)])
    if isinstance(value, str):
        return chance.choice([value + " ", value + "\u200b", value.replace("e", "\u0435") + "x", value.upper() + "!"])
    if isinstance(value, list):
        return chance.choice([[*value, "eve@example.org"], value[1:], [*value, value[0]]]) if value else [None]
    if isinstance(value, dict):
        return {**value, "reply": "mail:2"}
    return ""


def _mutate_argument(proposal: Proposal, chance: random.Random) -> Proposal:
    name = chance.choice(sorted(proposal.arguments))
    return replace(proposal, arguments={**proposal.arguments, name: _other(proposal.arguments[name], chance)})


def _without(proposal: Proposal, name: str) -> Proposal:
    return replace(proposal, arguments={key: value for key, value in proposal.arguments.items() if key != name})


def _mutate_attachments(proposal: Proposal, chance: random.Random) -> Proposal:
    files = dict(proposal.attachments)
    if not files or chance.random() < 0.3:
        return replace(proposal, attachments={**files, "more.pdf": "ab" * 32})
    name = chance.choice(sorted(files))
    content = files.pop(name)
    changed = chance.choice([files, {**files, f"{name}.exe": content}, {**files, name: _flip(content, chance)}])
    return replace(proposal, attachments=changed)


MUTATIONS: dict[str, Callable[[Proposal, random.Random], Proposal]] = {
    "argument": _mutate_argument,
    "argument added": lambda p, _: replace(p, arguments={**p.arguments, "bcc": "eve@example.org"}),
    "argument left out": lambda p, c: _without(p, c.choice(sorted(p.arguments))),
    "attachments": _mutate_attachments,
    "manifest": lambda p, _: replace(p, manifest=p.manifest + "0"),
    "tool": lambda p, _: replace(p, tool="mail.forward"),
    "agent": lambda p, _: replace(p, agent="another"),
    "step": lambda p, _: replace(p, step=f"{p.step}0"),
    "run": lambda p, _: replace(p, run_id=f"{p.run_id}x"),
}


def _accepted(store: ApprovalStore, number: int, chance: random.Random) -> Approval:
    proposal = effect(number, chance)
    asked = store.ask(ask(f"ap{number}", [proposal], "mira", NOW, terms=TERMS))
    return store.answer(asked.id, Answer(Verdict.ACCEPT, "ada", NOW, asked.card))


def _attempt(store: ApprovalStore, kind: str, approval: Approval, chance: random.Random) -> bool:
    """Whether an effect that is not the approved one, or not in time, gets permission."""
    proposal = approval.proposals[0]
    if kind in MUTATIONS:
        other = MUTATIONS[kind](proposal, chance)
        assert other.digest != proposal.digest, "the attempt must differ from what was approved"
        return isinstance(store.take(other.digest, other.run_id, NOW), Taken)
    if kind == "another run's name":
        return isinstance(store.take(proposal.digest, f"{proposal.run_id}x", NOW), Taken)
    if kind == "a digit of the digest":
        return isinstance(store.take(_flip(proposal.digest, chance), proposal.run_id, NOW), Taken)
    late = NOW + TERMS.to_execute + timedelta(seconds=chance.randrange(10**6))
    return isinstance(store.take(proposal.digest, proposal.run_id, late), Taken)


def test_ten_thousand_attempts_execute_nothing(database: Engine) -> None:
    store, chance = ApprovalStore(database, TERMS), random.Random(20261122)
    tried: Counter[str] = Counter()
    executed: Counter[str] = Counter()
    for number in range(APPROVALS):
        approval = _accepted(store, number, chance)
        proposal = approval.proposals[0]
        for turn in range(ATTEMPTS - 8):
            kinds = [*MUTATIONS, "another run's name", "a digit of the digest"]
            kind = kinds[turn % len(kinds)]
            tried[kind] += 1
            executed[kind] += _attempt(store, kind, approval, chance)
        if number % 2:
            # Half of them expire unused; the clock is then set back, and they stay expired.
            tried["expired"] += 4
            executed["expired"] += sum(_attempt(store, "expired", approval, chance) for _ in range(4))
            tried["clock set back"] += 4
            executed["clock set back"] += sum(
                isinstance(store.take(proposal.digest, proposal.run_id, NOW), Taken) for _ in range(4)
            )
        else:
            assert isinstance(store.take(proposal.digest, proposal.run_id, NOW), Taken), "the honest one does execute"
            tried["replayed"] += 8
            executed["replayed"] += sum(
                isinstance(store.take(proposal.digest, proposal.run_id, NOW), Taken) for _ in range(8)
            )
    assert tried.total() == 10_000
    assert len(tried) == len(MUTATIONS) + 5
    assert executed.total() == 0, executed


def test_what_was_not_accepted_never_executes(database: Engine) -> None:
    store, chance = ApprovalStore(database, TERMS), random.Random(7)
    for number, verdict in enumerate([None, Verdict.RESPOND, Verdict.IGNORE, Verdict.REFUSE, Verdict.EDIT] * 4):
        proposal = effect(number, chance)
        asked = store.ask(ask(f"ap{number}", [proposal], "mira", NOW, terms=TERMS))
        if verdict is not None:
            changes = {0: {"body": "Something else."}} if verdict is Verdict.EDIT else {}
            store.answer(asked.id, Answer(verdict, "ada", NOW, asked.card, "No.", changes))
        assert not isinstance(store.take(proposal.digest, proposal.run_id, NOW), Taken), verdict


def test_of_many_threads_one_gets_it(database: Engine) -> None:
    store, chance = ApprovalStore(database, TERMS), random.Random(8)
    for number in range(60):
        proposal = _accepted(store, number, chance).proposals[0]
        assert _raced(store, proposal, 6) == 1


def _raced(store: ApprovalStore, proposal: Proposal, runners: int) -> int:
    """How many of so many threads that try together get permission."""
    together = threading.Barrier(runners)
    taken: list[object] = []

    def take() -> None:
        together.wait()
        taken.append(store.take(proposal.digest, proposal.run_id, NOW))

    threads = [threading.Thread(target=take) for _ in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == runners
    return sum(isinstance(one, Taken) for one in taken)


PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from gainful.gate.approval_book import Taken
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.database import open_database
engine = open_database(Path(sys.argv[1]))
store = ApprovalStore(engine)
print("ready", flush=True)
sys.stdin.readline()
at = datetime.fromisoformat(sys.argv[2])
for line in Path(sys.argv[3]).read_text().splitlines():
    digest, run_id = line.split()
    if isinstance(store.take(digest, run_id, at), Taken):
        print(digest, flush=True)
engine.dispose()
"""


def test_of_many_processes_one_gets_it(database: Engine, tmp_path: Path) -> None:
    store, chance = ApprovalStore(database, TERMS), random.Random(9)
    approved = [_accepted(store, number, chance).proposals[0] for number in range(100)]
    (tmp_path / "list").write_text("".join(f"{proposal.digest} {proposal.run_id}\n" for proposal in approved))
    arguments = [str(tmp_path / "gainful.sqlite"), NOW.isoformat(), str(tmp_path / "list")]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    taken = Counter(line for process in running for line in process.communicate("go\n", timeout=120)[0].splitlines())
    assert taken == Counter(proposal.digest for proposal in approved)


@given(ARGUMENTS, ARGUMENTS)
def test_two_effects_share_a_digest_only_if_they_are_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    proposals = [Proposal("a", "r", "s", "t", arguments, "m") for arguments in (one, other)]
    same = repr(_sorted(proposals[0].arguments)) == repr(_sorted(proposals[1].arguments))
    assert (proposals[0].digest == proposals[1].digest) == same


@given(ARGUMENTS)
def test_a_stored_effect_keeps_its_digest(arguments: dict[str, Any]) -> None:
    proposal = Proposal("a", "r", "s", "t", arguments, "m")
    assert proposal_from(proposal.as_json()).digest == proposal.digest
    assert canonical(proposal.arguments) == canonical(arguments)


def _sorted(value: Any) -> Any:
    """With keys in one order, so that `repr` tells two values apart, 1 from 1.0 and True too."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
