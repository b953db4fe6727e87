"""Processor time of one turn of the agent loop, beside other loops: `python -m bench.loop --peers DIR --json FILE`.

Two turns a run with one tool call between them, against one model server in a process of its own. Each loop runs in a
process of its own, in turn, for several rounds; the median round counts. `--peers` names an environment with
`openai-agents`, `langgraph`, `langgraph-checkpoint-sqlite` and `langchain-openai`; without it, they are left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import options, publish

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUNS, QUICK_RUNS = 100, 20
ROUNDS, QUICK_ROUNDS = 5, 2


def measured(command: list[str]) -> float:
    """Processor milliseconds of a turn, as the loop's process tells."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "LANGSMITH_TRACING": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{command[1]} failed: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return float(1000 * told["cpu_s"] / told["turns"])


def contestants(url: str, runs: int, folder: Path, peers: Path | None) -> dict[str, list[str]]:
    """What is run, by name."""
    found = {
        "raw": [sys.executable, str(HERE / "raw.py"), url, str(runs)],
        "gainful": [sys.executable, "-m", "bench.loop.ours", url, str(runs), str(folder / "ours")],
    }
    (folder / "ours").mkdir(parents=True)
    if peers is not None:
        python = str(peers / "bin" / "python")
        found["openai_agents"] = [python, str(HERE / "openai_agents.py"), url, str(runs)]
        found["langgraph"] = [python, str(HERE / "langgraph_sqlite.py"), url, str(runs), str(folder / "peer.sqlite")]
    return found


def main() -> None:
    """Measure and print."""
    parser = options("loop", __doc__ or "")
    parser.add_argument("--peers", type=Path, help="an environment with the other loops")
    given = parser.parse_args()
    runs, rounds = (QUICK_RUNS, QUICK_ROUNDS) if given.quick else (RUNS, ROUNDS)
    times: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "bench.loop.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            for number in range(rounds):
                for name, command in contestants(url, runs, Path(folder) / str(number), given.peers).items():
                    times.setdefault(name, []).append(measured(command))
        finally:
            server.stdin.close()
    figures = {f"cpu_ms_per_turn_{name}": statistics.median(values) for name, values in times.items()}
    figures["cpu_ms_per_turn"] = figures.pop("cpu_ms_per_turn_gainful")
    figures["ratio_raw"] = figures["cpu_ms_per_turn"] / figures["cpu_ms_per_turn_raw"]
    for peer, name in (("openai_agents", "ratio_openai_agents"), ("langgraph", "ratio_langgraph_durable")):
        if peer in times:
            figures[name] = figures["cpu_ms_per_turn"] / figures[f"cpu_ms_per_turn_{peer}"]
    publish("loop", {"runs": runs, "rounds": rounds, "turns_a_run": 2, "durability": "full"}, figures, given.json)


if __name__ == "__main__":
    main()
