"""How fast are facts of an organisation read from lines, booked, and read back by work item, and in how much memory?

Items of six facts each (opened, run, call, review, claim, verdict), of 10,000 people in 300 teams, shuffled within each
file of 50,000 lines as systems deliver them.

- `read_lines_per_s`: JSON Lines to facts, of CPU.
- `booked_facts_per_s`: the whole import, of CPU: lines, pseudonyms, keys, chain, sums, commit of 5,000 facts at a time.
- `doubled_facts_per_s`: the same lines again.
- `record_cpu_s`, `record_rss_mb`: reading every item back by its work item, as worth is told from; a process of its
own.
- `people_cpu_s`: the difference that a list of all people makes when each has another address.

    python -m bench.facts [--items N] [--quick] --json FILE
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.report import options, publish
from gainful.app import Gainful
from gainful.app.books.importing import Importing
from gainful.core.fact import Call, Claim, Fact, HumanTime, Person, Run, Verdict, WorkItem
from gainful.core.fact_json import fact_json
from gainful.core.money import Tokens
from gainful.intake.events.reader import read_lines
from gainful.intake.people import PeopleFile, PersonRow
from gainful.storage.settings.config import Home

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
PEOPLE, TEAMS = 10_000, 300
LINES = 50_000


def facts(items: int) -> Iterator[Fact]:
    """The facts of the organisation."""
    for number in range(PEOPLE):
        names = (f"person{number}@example.org",)
        yield Person(at=BEGIN, id=f"e{number}", team=f"team{number % TEAMS}", identities=names)
    for number in range(items):
        at = BEGIN + timedelta(seconds=15 * number)
        item, run, person = f"T-{number}", f"run-{number}", f"e{number % PEOPLE}"
        asker, agent = f"person{number * 7 % PEOPLE}@example.org", f"agent{number % 2000}"
        yield WorkItem(at=at, id=item, work_class="ticket", requester=asker)
        yield Run(at=at, id=run, agent=agent, person=person, work_item=item, input_hash=f"{number:032x}")
        tokens = Tokens(900, 4000, 0, 350)
        yield Call(at=at, id=run, run=run, provider="anthropic", model="claude-sonnet-4-5", tokens=tokens)
        yield HumanTime(at=at, work_item=item, person=person, what="review", seconds=Decimal(90))
        yield Claim(at=at, work_item=item, claimant=agent)
        yield Verdict(at=at, work_item=item, by=asker, accepted=True)


def files(items: int) -> Iterator[list[str]]:
    """The facts as lines, so many at a time, in no order."""
    chance, lines = random.Random(1), list[str]()
    for fact in facts(items):
        lines.append(json.dumps(fact_json(fact)))
        if len(lines) == LINES:
            chance.shuffle(lines)
            yield lines
            lines = []
    if lines:
        yield lines


def measure(items: int, place: Path) -> dict[str, float]:
    """The figures of one organisation of so many items."""
    read = booked = doubled = 0.0
    count, last = 0, list[str]()
    with Gainful.open(Home(place / "home")) as app:
        importing = Importing(app.facts)
        for lines in files(items):
            began = time.process_time()
            sum(1 for _ in read_lines(lines))
            read += time.process_time() - began
            began = time.process_time()
            done = importing.events(lines, lambda rejected: sys.exit(rejected.reason))
            booked += time.process_time() - began
            count, last = count + done.new, lines
        began = time.process_time()
        again = importing.events(last, lambda rejected: sys.exit(rejected.reason))
        doubled = time.process_time() - began
        if again.new:
            raise SystemExit(f"{again.new} facts were booked twice")
        rows = [
            PersonRow(number, f"e{number}", f"team{number % TEAMS}", (f"new{number}@example.org",))
            for number in range(PEOPLE)
        ]
        began = time.process_time()
        app.people.apply(app.people.plan(PeopleFile(tuple(rows), ()), whole=True))
        people = time.process_time() - began
        if app.facts.verify():
            raise SystemExit(app.facts.verify())
    return {
        "facts": count,
        "read_lines_per_s": round(count / read),
        "booked_facts_per_s": round(count / booked),
        "doubled_facts_per_s": round(len(last) / doubled),
        "people_cpu_s": round(people, 2),
        **_read_back(place, items),
    }


def _read_back(place: Path, items: int) -> dict[str, float]:
    words = [sys.executable, "-m", "bench.facts", "--read-back", str(place / "home")]
    found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    if found.pop("items") != items:
        raise SystemExit("items were lost")
    return dict(found)


def read_back(home: Path) -> dict[str, float]:
    """What it takes to read all items back, in this process."""
    with Gainful.open(Home(home)) as app:
        began, items = time.process_time(), 0
        for case in app.facts.record(BEGIN, BEGIN + timedelta(weeks=520)).cases():
            whole = case.item and case.uses and case.uses[0].calls and case.times and case.claims and case.verdicts
            items += bool(whole)
        took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"items": items, "record_cpu_s": round(took, 1), "record_rss_mb": round(peak)}


def main() -> int:
    """Measure and publish."""
    parser = options("facts", "How fast are facts read, booked, and read back?")
    parser.add_argument("--items", type=int, default=200_000, help="work items, of six facts each")
    parser.add_argument("--read-back", type=Path, help="only read back what this home holds")
    given = parser.parse_args()
    if given.read_back is not None:
        sys.stdout.write(json.dumps(read_back(given.read_back)) + "\n")
        return 0
    items = 20_000 if given.quick else given.items
    with tempfile.TemporaryDirectory(prefix="gainful-facts-") as place:
        publish("facts", {"items": items}, measure(items, Path(place)), given.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
