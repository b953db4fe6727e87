"""A fully compromised model against the gate, on AgentDojo's 97 tasks: `python -m bench.agentdojo --json FILE`.

Needs AgentDojo 0.1.35 in an environment of its own (bench/README.md). No language model takes part.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from bench.agentdojo.measure import Counts, cases, figures, measured
from bench.agentdojo.others import others_figures, outcome, tasks_from
from bench.agentdojo.self_test import self_test
from bench.agentdojo.world import SUITES, VERSION, Gate
from bench.report import options, publish

ADVERSARIAL = Path(__file__).with_name("adversarial.json")
"""Attacks on the mechanism itself: its lookups, loops, open slots and forms of values."""

DEFAULT = "bench.agentdojo:gainful_gate"


def main() -> int:
    """Measure a gate and publish its figures."""
    asked = _arguments()
    suites = tuple(asked.suite or SUITES)
    if asked.self_test:
        self_test(suites)
        print("self-test: as it must be")
        return 0
    gate = _gate(asked.policy)
    conditions = {"agentdojo": VERSION, "policy": asked.policy, "suites": "+".join(suites), "quick": asked.quick}
    began = time.perf_counter()
    if asked.tasks:
        outcomes = [outcome(task, gate) for task in tasks_from(asked.tasks)]
        for one in outcomes:
            print(one.name, *(f"{tool}:{verdict}" for tool, verdict in one.verdicts), "| attacks:", *one.silent)
        publish("agentdojo", conditions, others_figures(outcomes), asked.json)
        return 0
    planned, bare = Counts(), Counts()
    for case in cases(suites, every=5 if asked.quick else 1):
        planned.update(measured(case, gate, planned=True))
        bare.update(measured(case, gate, planned=False))
    found = dict(figures(planned, bare))
    outcomes = [outcome(task, gate) for task in tasks_from(ADVERSARIAL) if task.suite in suites]
    ours = others_figures(outcomes)
    found |= {"adversarial_silent": ours["silent_attacks"], "adversarial_tried": ours["attacks"]}
    publish("agentdojo", {**conditions, "seconds": round(time.perf_counter() - began)}, found, asked.json)
    if asked.details:
        silent = [one.name for one in outcomes if any(after is not None for after in one.silent)]
        places = {"planned": planned.where, "bare": bare.where, "adversarial": silent}
        asked.details.write_text(json.dumps(places, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = options("agentdojo", "A fully compromised model against the gate, on AgentDojo's tasks.")
    parser.add_argument("--policy", default=DEFAULT, help="module:callable, a gate (default: the product's)")
    parser.add_argument("--suite", action="append", choices=SUITES, help="only this suite; may be repeated")
    parser.add_argument("--tasks", type=Path, help="tasks and attacks of your own, instead of AgentDojo's")
    parser.add_argument("--details", type=Path, help="write here where each silent success, and each approval, was")
    parser.add_argument(
        "--self-test", action="store_true", help="check the harness with gates that are known to be bad"
    )
    return parser.parse_args()


def _gate(name: str) -> Gate:
    sys.path.insert(0, str(Path.cwd()))
    module, _, attribute = name.partition(":")
    gate: Gate = getattr(importlib.import_module(module), attribute)
    return gate


if __name__ == "__main__":
    sys.exit(main())
