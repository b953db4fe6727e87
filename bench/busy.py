"""How often the busy rule is right: `python -m bench.busy [--quick] --json FILE`.

Each case of `busy_cases.txt` is a calendar as text, and moments with what a person would say: busy until then, or free.
The values were written by hand, each with its reason. Everything goes the product's own way: the text is read, its
series are worked out, and the rule decides. `right_share` is the share of cases all of whose moments come out right.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.report import options, percentile, publish
from gainful.core.busy import busy_until
from gainful.sdk.calendar import Agenda
from gainful.sdk.ical import Schedule

FILE = Path(__file__).with_name("busy_cases.txt")
BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 30)
LOOKED_AT = timedelta(days=3)
"""Around a moment that is asked about, as long as the longest chain of meetings in the cases needs, and more."""

_MOMENT = re.compile(r"(?:(\d{4}-\d{2}-\d{2}) )?(\d{2}:\d{2}(?::\d{2})?)(Z?)")
_ESCAPES = {"/fold/": "\r\n ", "/unended/": "", "/long/": "x" * 300_000}


@dataclass
class Case:
    """A calendar, whose it is, and what is known of some moments.

    Args:
        asked: Moments, each with the end of what the person is in, or None for free.
        stated: Whether the zone is the person's own word, or only usual.
    """

    name: str
    line: int
    lines: list[str] = field(default_factory=list)
    addresses: frozenset[str] = frozenset({"ada@example.org"})
    zone: ZoneInfo = BERLIN
    stated: bool = True
    aside: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """The calendar as it would come from a server."""
        body = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *self.lines, "END:VCALENDAR", ""))
        # One octet that is no letter in UTF-8.
        return body.encode().replace(b"/ff/", b"\xff")

    def schedule(self) -> Schedule:
        """The calendar, read."""
        return Schedule(self.text, self.zone, self.zone if self.stated else None)

    def questions(self) -> Iterator[tuple[datetime, datetime | None]]:
        """Each moment with what is right there."""
        for at, until in self.asked:
            yield self._moment(at), None if until == "free" else self._moment(until)

    def _moment(self, text: str) -> datetime:
        found = _MOMENT.fullmatch(text)
        if found is None:
            raise ValueError(f"line {self.line}: {text!r} is no moment")
        day, clock, utc = found.groups()
        wall = datetime.fromisoformat(f"{day or DAY.isoformat()}T{clock}")
        return wall.replace(tzinfo=UTC if utc else self.zone).astimezone(UTC)


def cases(file: Path = FILE) -> list[Case]:
    """Every case of the file."""
    body, _, zones = file.read_text(encoding="utf-8").partition("\n== Descriptions of zones\n")
    described = _descriptions(zones)
    found: list[Case] = []
    for number, line in enumerate(body.splitlines(), 1):
        kind, _, rest = line.partition(" ")
        if kind == "#":
            found.append(Case(rest, number))
        elif found and kind:
            _add(found[-1], kind, rest, described)
    return found


def _add(case: Case, kind: str, rest: str, described: dict[str, list[str]]) -> None:
    match kind:
        case "E":
            case.lines += _event(rest)
        case "C":
            case.lines += ["END:VCALENDAR", "BEGIN:VCALENDAR"] if rest == "BEGIN" else [rest]
        case "Z":
            case.lines += ["BEGIN:VTIMEZONE", *described[rest], "END:VTIMEZONE"]
        case "zone":
            case.stated = not rest.startswith("usual ")
            case.zone = ZoneInfo(rest.removeprefix("usual "))
        case "me":
            case.addresses = frozenset() if rest == "none" else frozenset(rest.split(", "))
        case "aside":
            case.aside = int(rest)
        case "?":
            at, _, until = rest.partition(" = ")
            case.asked.append((at, until))
        case "==":
            pass
        case _:
            raise ValueError(f"after line {case.line}: {kind!r} is not known")


def _event(text: str) -> list[str]:
    lines = text.split(" | ")
    if not any(line.startswith("UID:") for line in lines):
        lines.insert(0, "UID:1")
    ends = [] if "/unended/" in lines else ["END:VEVENT"]
    for short, long in _ESCAPES.items():
        lines = [line.replace(short, long) for line in lines]
    return ["BEGIN:VEVENT", *(line for line in lines if line), *ends]


def _descriptions(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("zone "):
            lines = found.setdefault(line.removeprefix("zone "), [])
        elif line:
            lines.append(line)
    return found


def wrong(case: Case) -> list[str]:
    """What of a case does not come out right, in words; empty where all does."""
    schedule = case.schedule()
    problems, agenda = [], Agenda()
    for at, right in case.questions():
        agenda = schedule.between(at - LOOKED_AT, at + LOOKED_AT)
        said = busy_until(agenda.events, case.addresses, at)
        if said != right:
            problems.append(f"at {at.isoformat()}: {said and said.isoformat()}, and not {right and right.isoformat()}")
    if len(agenda.aside) != case.aside:
        problems.append(f"set aside: {agenda.aside}, and not {case.aside}")
    return problems


def main() -> None:
    """Measure and publish."""
    arguments = options("busy", "How often the busy rule is right, on cases written by hand.").parse_args()
    found, right, took = cases(), 0, []
    for case in found:
        began = time.perf_counter()
        problems = wrong(case)
        took.append((time.perf_counter() - began) * 1000 / len(case.asked))
        right += not problems
        for problem in problems:
            print(f"{FILE.name}:{case.line}: {case.name} {problem}")
    figures = {
        "right_share": right / len(found),
        "cases": len(found),
        "moments": sum(len(case.asked) for case in found),
        "answer_p50_ms": percentile(took, 0.5),
        "answer_p95_ms": percentile(took, 0.95),
    }
    publish("busy", {}, figures, arguments.json)


if __name__ == "__main__":
    main()
