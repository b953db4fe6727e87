"""Draw changes from a repository's history: `python bench/pointless/draw.py --repository DIR --seed N --count N`.

Prints one `base<TAB>head` a line, in the order drawn and without repeats. The history is the first-parent line up to
`--tip`, so each commit is a state that once stood on the main branch. Most changes are one commit on its parent; about
`--spans` of them reach over two to six commits, as a deployment that waited does. The same arguments on the same
history give the same lines.
"""

from __future__ import annotations

import argparse
import random
import subprocess
from pathlib import Path

LONGEST = 6


def history(repository: Path, tip: str, since: str | None) -> list[str]:
    """The first-parent commits up to the tip, oldest first; only those from a date on, if one is given."""
    asked = ["git", "-C", str(repository), "rev-list", "--first-parent", "--reverse"]
    if since:
        asked.append(f"--since={since}")
    return subprocess.run([*asked, tip], check=True, capture_output=True, text=True).stdout.split()


def draw(commits: list[str], seed: int, count: int, spans: float) -> list[tuple[str, str]]:
    """Distinct pairs of a base and a later head; fewer than asked only if the history has no more."""
    chance = random.Random(seed)
    drawn: dict[tuple[str, str], None] = {}
    for _ in range(count * 50):
        if len(drawn) == count:
            break
        length = chance.randint(2, LONGEST) if chance.random() < spans else 1
        if len(commits) > length:
            base = chance.randrange(len(commits) - length)
            drawn[commits[base], commits[base + length]] = None
    return list(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw changes from a repository's history.")
    parser.add_argument("--repository", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--spans", type=float, default=0.12, help="share of changes that reach over several commits")
    parser.add_argument("--since", help="only commits from this date on, as 2016-01-01")
    parser.add_argument("--tip", default="HEAD", help="where the history ends; a commit id makes the draw repeatable")
    options = parser.parse_args()
    commits = history(options.repository, options.tip, options.since)
    for base, head in draw(commits, options.seed, options.count, options.spans):
        print(f"{base}\t{head}")


if __name__ == "__main__":
    main()
