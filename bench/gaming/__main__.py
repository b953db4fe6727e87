"""How far can the books of worth be gamed?

An organisation of 10,000 people works for 26 weeks. About one in eight games, in 23 ways and three doses, some of them
in two ways; beside them stand honest teams of two who verify each other, heavy users, people whose work comes at the
end of the month, researchers with a declared exploration, on-call teams with storms, and nightly jobs that are read now
and then. The generator (`world.py`) knows what everything was really worth and does not import how worth is told.

- **spearman**: rank correlation of the board of agents, by the low end of net worth, with the true net.
- **spearman_ceiling**: the same of a board that knows every cheat, from the same facts (`Books.ceiling`).
- **undeserved_top10_share**: places in the board's top tenth held by people who game, whose true net is below that of
  the true top tenth, and who do not stand there on the board that knows every cheat either: they owe it to their
  gaming. **below_line_top10_share** leaves that last condition out, and counts those who had luck as anybody may.
- **precision, recall**: of findings. A finding is right when its agent games and at least half of the runs and items
  that it names were made up. Recall counts those who game by dose; `recall_ring_low` those in rings at the low dose.
- **best_response_gain_max**: see `response.py`.

    python -m bench.gaming [--quick] [--people N] [--weeks N] [--seed N] [--budget SHARE] --json FILE
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from bench.gaming.audits import truth_of
from bench.gaming.books import Books
from bench.gaming.people import DOSES, KINDS
from bench.gaming.response import best_responses
from bench.gaming.world import World
from bench.report import options, publish
from gainful.core.fact import Call, Verdict
from gainful.worth.assessment import Assessment
from gainful.worth.finding import WasteFinding

TOP = 0.1
NAMED = 0.5


def ranks(values: Mapping[str, float]) -> dict[str, float]:
    """The rank of each, ties sharing the mean of theirs."""
    ordered = sorted(values, key=lambda one: values[one])
    found: dict[str, float] = {}
    begin = 0
    while begin < len(ordered):
        end = begin
        while end + 1 < len(ordered) and values[ordered[end + 1]] == values[ordered[begin]]:
            end += 1
        for one in ordered[begin : end + 1]:
            found[one] = (begin + end) / 2
        begin = end + 1
    return found


def spearman(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Rank correlation over everybody who stands in both."""
    both = sorted(set(one) & set(other))
    mine, theirs = ranks({name: one[name] for name in both}), ranks({name: other[name] for name in both})
    mean = (len(both) - 1) / 2
    joint = sum((mine[name] - mean) * (theirs[name] - mean) for name in both)
    spread = sum((mine[name] - mean) ** 2 for name in both) * sum((theirs[name] - mean) ** 2 for name in both)
    return joint / spread**0.5 if spread else 0.0


def board_of(found: Assessment) -> dict[str, float]:
    """The board: each agent's person, by the low end."""
    return {agent.removeprefix("a-"): float(one.net.low) for agent, one in found.agents.items()}


def top_of(board: Mapping[str, float]) -> list[str]:
    """Who holds the top tenth's places."""
    return sorted(board, key=lambda name: -board[name])[: max(1, round(TOP * len(board)))]


def undeserved(board: Mapping[str, float], truth: Mapping[str, float], world: World, known: Iterable[str]) -> float:
    """Share of the top tenth's places that are held by people who game and do not belong there.

    Args:
        known: Who stands there by luck alone.
    """
    top = top_of(board)
    line = sorted((truth.get(name, 0.0) for name in board), reverse=True)[len(top) - 1]
    lucky = set(known)
    wrong = [name for name in top if world.workers[name].games and truth.get(name, 0.0) < line and name not in lucky]
    return len(wrong) / len(top)


def right(finding: WasteFinding, books: Books) -> bool:
    """Whether what a finding names was made up."""
    worker = books.world.workers.get(finding.agent.removeprefix("a-"))
    named = [books.works[id_] for id_ in (*finding.items, *finding.runs) if id_ in books.works]
    if not finding.agent:
        # Times by hand are nobody's agent's.
        return bool(named) and all(work.truth.kind == "slow-by-hand" for work in named)
    if worker is None or not worker.games or not named:
        return False
    return sum(work.truth.fake for work in named) >= NAMED * len(named)


def findings(found: Assessment, books: Books) -> dict[str, float]:
    """Precision and recall, and who was missed."""
    judged = [(finding, right(finding, books)) for finding in found.findings]
    caught: set[str] = set()
    for finding, good in judged:
        if good:
            items = [books.works[id_] for id_ in finding.items if id_ in books.works]
            caught |= {finding.agent.removeprefix("a-")} if finding.agent else {work.truth.person for work in items}
    figures: dict[str, float] = {"precision": sum(good for _, good in judged) / len(judged) if judged else 1.0}
    gamers = {id_: worker for id_, worker in books.world.workers.items() if worker.games}
    for name, dose in DOSES.items():
        mine = [id_ for id_, worker in gamers.items() if max(worker.kinds.values()) == dose]
        figures[f"recall_{name}"] = sum(id_ in caught for id_ in mine) / len(mine) if mine else 1.0
    ring = [id_ for id_, worker in gamers.items() if worker.kinds.get("ring") == DOSES["low"]]
    figures["recall_ring_low"] = sum(id_ in caught for id_ in ring) / len(ring) if ring else 1.0
    _explain(judged, caught, books)
    return figures


def _explain(judged: list[tuple[WasteFinding, bool]], caught: set[str], books: Books) -> None:
    """Print what was missed, by kind and dose, and which findings were wrong."""
    seen: defaultdict[tuple[str, float], list[bool]] = defaultdict(list)
    for id_, worker in books.world.workers.items():
        for kind, dose in worker.kinds.items():
            seen[kind, dose].append(id_ in caught)
    print("\nrecall by kind:            " + "".join(f"{name:>7}" for name in DOSES))
    for kind in KINDS:
        row = [seen[kind, dose] for dose in DOSES.values()]
        print(f"  {kind:24} " + "".join(f"{sum(one) / len(one):7.2f}" if one else "      –" for one in row))
    wrong = Counter(finding.kind for finding, good in judged if not good)
    print("findings:", dict(Counter(finding.kind for finding, _ in judged)), "\nwrong:", dict(wrong))
    for finding, good in judged:
        if not good and wrong[finding.kind] and finding.kind:
            behind = books.world.workers.get(finding.agent.removeprefix("a-"))
            who = f"{behind.habit} {behind.kinds}" if behind else ""
            print(f"  {finding.kind} {finding.agent}: {who} {finding.proof}"[:200])
            wrong[finding.kind] = max(0, wrong[finding.kind] - 3)


def others(books: Books) -> dict[str, dict[str, float]]:
    """Boards that nobody should have: by tokens, and by accepted results."""
    tokens: Counter[str] = Counter(dict.fromkeys(books.world.workers, 0))
    accepted: Counter[str] = Counter(dict.fromkeys(books.world.workers, 0))
    for work in books.works.values():
        for fact in work.facts:
            if isinstance(fact, Call):
                tokens[work.truth.person] += fact.tokens.total
            elif isinstance(fact, Verdict):
                accepted[work.truth.person] += fact.accepted
    return {"tokens": dict(tokens), "accepted": dict(accepted)}


def measure(people: int, weeks: int, seed: int, budget: float, rounds: int) -> dict[str, float]:
    """The figures of one world."""
    books = Books(World(people, weeks, seed), seed, budget, rounds)
    truth = truth_of(books.works)
    found = books.assessed()
    board, top = board_of(found), board_of(books.ceiling())
    claimed = sum(found.organisation.items.values())
    figures = {
        "people": people,
        "items": sum(work.item for work in books.works.values()),
        "spearman": spearman(board, truth),
        "spearman_ceiling": spearman(top, truth),
        "undeserved_top10_share": undeserved(board, truth, books.world, top_of(top)),
        "below_line_top10_share": undeserved(board, truth, books.world, ()),
        "audit_budget_share": sum(len(found) for found in books.looks.values()) / claimed,
        "audit_hours": float(books.auditors.seconds) / 3600,
    }
    figures["spearman_share"] = figures["spearman"] / figures["spearman_ceiling"]
    figures |= findings(found, books)
    boards = {**others(books), "unaudited": board_of(books.unaudited())}
    for name, other in boards.items():
        figures[f"{name}_spearman_share"] = spearman(other, truth) / figures["spearman_ceiling"]
        figures[f"{name}_undeserved_top10_share"] = undeserved(other, truth, books.world, top_of(top))
    return figures


def main() -> int:
    """Measure and publish; 1 when a mark is missed."""
    parser = options("gaming", "How far can the books of worth be gamed?")
    parser.add_argument("--people", type=int, help="in the organisation  [10000]")
    parser.add_argument("--weeks", type=int, help="of work  [26]")
    parser.add_argument("--seed", type=int, default=1, help="of all chances")
    parser.add_argument("--budget", type=float, default=0.1, help="share of claimed items that are looked at")
    parser.add_argument("--rounds", type=int, default=6, help="of looks")
    parser.add_argument("--without-response", action="store_true", help="leave the best responses out")
    given = parser.parse_args()
    people, weeks = given.people or (600 if given.quick else 10_000), given.weeks or (20 if given.quick else 26)
    began = time.process_time()
    figures = measure(people, weeks, given.seed, given.budget, given.rounds)
    print(json.dumps(figures, indent=1), file=sys.stderr)
    if not given.without_response:
        figures |= best_responses(given.seed, given.budget, quick=given.quick)
    conditions = {"seed": given.seed, "budget": given.budget, "cpu_seconds": round(time.process_time() - began)}
    publish("gaming", conditions, figures, given.json)
    return int(figures["spearman_share"] < 0.97 or figures["undeserved_top10_share"] > 0.03)


if __name__ == "__main__":
    raise SystemExit(main())
