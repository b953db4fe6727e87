"""How well pointless deployments are told from real ones: `python -m bench.pointless --repos DIR --json FILE`.

Every change of `labels/*.tsv` is planned as the product plans it: `base` is live, `head` is the candidate, the service
ships what `services.d/*.toml` declares. The labels were given by people who read each change. `--wrong` lists the
changes whose verdict is another than the label.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.pointless.labelled import HERE, Labelled, Service, labelled, repository_below, services
from bench.pointless.must_not import Case, cases
from bench.report import options, percentile, publish
from gainful.connectors.git import GitHistory
from gainful.core.deployment import Action, Kind, Release, Running, TargetState
from gainful.jobs.deploy.planning import Plan, plan, shipped_digest

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CERTAIN = (Kind.SAME_TREE, Kind.NOTHING_SHIPPED)
"""What a refusal may be for."""

MUST_NOT_PER_SERVICE = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled change with the plan that was made of it.

    Args:
        seconds: Wall time of the plan, the first one over a history that knew nothing yet.
    """

    said: Labelled
    made: Plan
    seconds: float

    @property
    def action(self) -> Action:
        """What the plan says is to be done."""
        return self.made.verdict.action


def judged(change: Labelled, where: Path) -> Judged:
    """The plan of a change, as if its base were live."""
    state = live_at(change.service, where, change.base)
    began = time.perf_counter()
    history = _history(change.service, where)
    made = plan(change.service.name, change.service.shipping, history, state, change.head, at=NOW)
    return Judged(change, made, time.perf_counter() - began)


def live_at(service: Service, where: Path, revision: str) -> TargetState:
    """A target that runs this commit."""
    history = _history(service, where)
    commit = history.resolve(revision)
    digest = shipped_digest(history, service.shipping, commit.id)
    return TargetState(Running(Release(commit.id, digest, tree=commit.tree), "blue"))


def figures(all_of_them: list[Judged], must_not: list[Case]) -> dict[str, float]:
    """What the verdicts come to."""
    refused = [one for one in all_of_them if one.action is Action.REFUSE]
    pointless = [one for one in all_of_them if one.said.label is not Kind.REAL]
    real = [one for one in all_of_them if one.said.label is Kind.REAL]
    seconds = [one.seconds for one in all_of_them]
    return {
        "refuse_precision": _share(sum(one.said.label in CERTAIN for one in refused), len(refused)),
        "recall": _share(sum(one.action is not Action.PROCEED for one in pointless), len(pointless)),
        "plan_p95_s": percentile(seconds, 0.95),
        "labelled": len(all_of_them),
        "refused": len(refused),
        "real_refused": sum(one.action is Action.REFUSE for one in real),
        "real_flagged": sum(one.action is Action.FLAG for one in real),
        "pointless": len(pointless),
        "must_not_cases": len(must_not),
        "must_not_refused": sum(case.refused for case in must_not),
        "plan_p50_s": percentile(seconds, 0.5),
    }


def confusion(all_of_them: list[Judged]) -> list[str]:
    """Lines of a table: what people said, and what became of it."""
    count = Counter((one.said.label, one.made.verdict.kind) for one in all_of_them)
    kinds = sorted({kind for _, kind in count}, key=list(Kind).index)
    lines = [f"  {'label':<16}" + "".join(f"{kind:>18}" for kind in kinds)]
    for label in sorted({label for label, _ in count}, key=list(Kind).index):
        lines.append(f"  {label:<16}" + "".join(f"{count[label, kind]:>18}" for kind in kinds))
    return lines


def main() -> None:
    """Run the benchmark."""
    parser = options("pointless", (__doc__ or "").partition(":")[0])
    parser.add_argument("--repos", type=Path, required=True, help="folder with the repositories, OWNER+NAME/repo")
    parser.add_argument("--labels", type=Path, default=HERE, help="folder with labels/ and services.d/")
    parser.add_argument("--wrong", action="store_true", help="list the changes that are judged otherwise")
    asked = parser.parse_args()
    all_of_them: list[Judged] = []
    must_not: list[Case] = []
    for service in services(asked.labels):
        where = repository_below(asked.repos, service.repository)
        if where is None:
            sys.exit(
                f"{service.repository} is not below {asked.repos}: put it there as OWNER+NAME/repo, or OWNER/NAME."
            )
        changes = list(labelled(service, asked.labels))[:: 4 if asked.quick else 1]
        all_of_them += [judged(change, where) for change in changes]
        must_not += _must_not(service, where, changes)
    if not all_of_them:
        sys.exit(f"There are no labels in {asked.labels}.")
    print("\n".join(confusion(all_of_them)))
    for case in must_not:
        if case.refused:
            print(f"  refused, and must not be: {case.made.service}, {case.kind}")
    if asked.wrong:
        _tell_wrong(all_of_them)
    publish("pointless", {"services": len(services(asked.labels))}, figures(all_of_them, must_not), asked.json)


def _must_not(service: Service, where: Path, changes: list[Labelled]) -> list[Case]:
    """The cases over some of the labelled commits, spread over them all."""
    some = changes[:: max(1, len(changes) // MUST_NOT_PER_SERVICE)][:MUST_NOT_PER_SERVICE]
    found: list[Case] = []
    for change in some:
        history = _history(service, where)
        found += cases(service.name, service.shipping, history, live_at(service, where, change.head), NOW)
    return found


def _tell_wrong(all_of_them: list[Judged]) -> None:
    for one in all_of_them:
        if one.said.label is not one.made.verdict.kind:
            print(f"{one.said.service.short} {one.said.base[:12]} {one.said.head[:12]}")
            print(f"  label {one.said.label}: {one.said.reason}")
            print(f"  verdict {one.made.verdict.kind}: {'; '.join(one.made.verdict.proof[:3])}")


def _history(service: Service, where: Path) -> GitHistory:
    # Public snapshots lack some large files, pictures mostly. They count by their ids.
    return GitHistory.at(service.short, where, partial=True)


def _share(some: int, of: int) -> float:
    return some / of if of else 0.0


if __name__ == "__main__":
    main()
