"""How light it is: `python -m bench.start [--quick] --json FILE`.

*Help*: wall time of `gainful --help`. *Ready*: from starting `gainful serve` to its line "ready", with one Maildir.
*Idle*: resident memory of that process and its children after it has had nothing to do. *Install*: a fresh environment
from `requirements.txt` and this package, as `pip` leaves it, compiled files included; needs the package index.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.process import resident_mb
from bench.report import options, publish

ROOT = Path(__file__).resolve().parents[1]
GAINFUL = Path(sys.executable).parent / "gainful"
SETTINGS = '[[accounts]]\nname = "mail"\nurl = "maildir:{mail}"\naddresses = ["me@example.org"]\n'


def help_seconds(times: int) -> list[float]:
    """Wall seconds of `gainful --help`, so many times."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([GAINFUL, "--help"], stdout=subprocess.DEVNULL, check=True)
        found.append(time.perf_counter() - start)
    return found


def serve_once(idle_seconds: float) -> tuple[float, float]:
    """Seconds until `gainful serve` says that it is ready, and MiB resident after idling."""
    with tempfile.TemporaryDirectory(prefix="gainful-start-") as directory:
        home, mail = Path(directory) / "home", Path(directory) / "Mail"
        for part in ("cur", "new", "tmp"):
            (mail / part).mkdir(parents=True)
        home.mkdir(mode=0o700)
        (home / "gainful.toml").write_text(SETTINGS.format(mail=mail), encoding="utf-8")
        start = time.perf_counter()
        server = subprocess.Popen(
            [GAINFUL, "serve", "--json"],
            stdout=subprocess.PIPE,
            env={**os.environ, "GAINFUL_HOME": str(home)},
            text=True,
        )
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            ready = time.perf_counter() - start
            if json.loads(line)["event"] != "ready":
                raise SystemExit(f"serve said {line!r} instead of being ready")
            time.sleep(idle_seconds)
            return ready, resident_mb(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def install() -> dict[str, float]:
    """Sizes and package counts of a fresh environment with Gainful in it."""
    with tempfile.TemporaryDirectory(prefix="gainful-install-") as directory:
        venv = Path(directory) / "venv"
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        before = _listed(pip)
        base = _size_mb(venv)
        locked = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
        subprocess.run([*pip, "install", "--quiet", *locked], check=True)
        subprocess.run([*pip, "install", "--quiet", "--no-deps", str(ROOT)], check=True)
        whole = _size_mb(venv)
        packages = len(_listed(pip)) - len(before)
        for cached in list(venv.rglob("__pycache__")):
            shutil.rmtree(cached)
        own = next(venv.glob("lib/python*/site-packages/gainful"))
        return {
            "installed_mb": round(whole, 1),
            "packages": packages,
            "installed_without_pip_mb": round(whole - base, 1),
            "installed_without_bytecode_mb": round(_size_mb(venv), 1),
            "own_mb": round(_size_mb(own), 1),
        }


def _listed(pip: list[str]) -> list[dict[str, str]]:
    done = subprocess.run([*pip, "list", "--format", "json"], capture_output=True, text=True, check=True)
    listed: list[dict[str, str]] = json.loads(done.stdout)
    return listed


def _size_mb(directory: Path) -> float:
    """Disk blocks in use, MiB, as `du` counts them; a linked file once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for path in (directory, *directory.rglob("*")):
        info = path.lstat()
        if (info.st_dev, info.st_ino) not in seen:
            seen.add((info.st_dev, info.st_ino))
            total += info.st_blocks * 512
    return total / 1024 / 1024


def main() -> None:
    """Measure and publish."""
    arguments = options("start", "How light it is: help, readiness, memory, install.").parse_args()
    helps = help_seconds(5 if arguments.quick else 21)
    served = [serve_once(5 if arguments.quick else 30) for _ in range(2 if arguments.quick else 5)]
    figures = {
        "help_s": round(statistics.median(helps), 3),
        "ready_s": round(statistics.median(ready for ready, _ in served), 3),
        "idle_rss_mb": round(max(memory for _, memory in served), 1),
        **install(),
    }
    conditions = {"help_runs": len(helps), "serve_runs": len(served), "quick": arguments.quick}
    publish("start", conditions, figures, arguments.json)


if __name__ == "__main__":
    main()
