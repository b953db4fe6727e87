"""What every benchmark shares: its options, its table, its JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path


def options(benchmark: str, summary: str) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{benchmark}", description=summary)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions of the same work; ends in a minute")
    parser.add_argument("--data", type=Path, help="folder with licensed mail data, where the benchmark takes some")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser


def publish(benchmark: str, conditions: Mapping[str, object], figures: Mapping[str, float], file: Path | None) -> None:
    """Print the figures as a table and, where a file is named, write them as JSON."""
    conditions = {**machine(), **conditions}
    print(f"\n{benchmark}: " + ", ".join(f"{name} {value}" for name, value in conditions.items()))
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        print(f"  {name:<{width}}  {value:g}")
    if file is not None:
        document = {"benchmark": benchmark, "conditions": conditions, "figures": dict(figures)}
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """What the figures depend on that the benchmark does not choose."""
    load = os.getloadavg()[0]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(load, 1),
    }


def percentile(values: list[float], share: float) -> float:
    """The value below or at which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))
    return ordered[rank]
