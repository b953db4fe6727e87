r"""Counts the lines of each slot's log that are requests, errors among them, and how long they took.

    patterns = Patterns(
        request=r'"(GET|POST) ',
        error=r'" 5\d\d ',
        duration=r"took=([0-9.]+)ms",
        unit=0.001,
    )
    LogMetrics({"blue": Path("/var/log/shop/blue.log"), "green": Path("/var/log/shop/green.log")}, patterns)

What stands in a log was written by strangers. The patterns are matched by RE2, in time that grows with the line and
with nothing else, so no line can make it hang.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from gainful.connectors.logs.tail import Tail
from gainful.sdk.excerpt import log_end
from gainful.sdk.metrics import MetricsInvalid, Totals
from gainful.sdk.tally import Tally

_LONGEST_PATTERN = 1000


@dataclass(frozen=True, slots=True)
class Patterns:
    """Regular expressions in RE2's syntax, each looked for anywhere in a line.

    Args:
        request: Lines that are requests.
        error: Those of them that failed.
        duration: Its first group is how long the request took; empty where the log does not tell.
        unit: Seconds that 1 of the duration is: 0.001 for milliseconds.
    """

    request: str
    error: str
    duration: str = ""
    unit: float = 1.0


class LogMetrics:
    """Counters of slots from their logs, from the moment on when this was made."""

    def __init__(self, logs: Mapping[str, Path], patterns: Patterns) -> None:
        self._request = _compiled("request", patterns.request)
        self._error = _compiled("error", patterns.error)
        self._duration = _compiled("duration", patterns.duration) if patterns.duration else None
        if self._duration is not None and self._duration.groups < 1:
            raise MetricsInvalid(
                "The pattern 'duration' has no group.", "Put the number in parentheses: took=([0-9.]+)"
            )
        self._unit = patterns.unit
        self._logs = dict(logs)
        self._tails = {slot: Tail(path) for slot, path in logs.items()}
        self._tallies = {slot: Tally() for slot in logs}

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Totals by slot, from every line that is whole by now.

        Raises:
            MetricsInvalid: A slot has no log, or one that is no file.
            MetricsUnreachable: A log may not be read.
        """
        for slot in slots:
            if slot not in self._tails:
                raise MetricsInvalid(f"No log of '{slot[:64]}' is named.", "Name one in gainful.toml.")
        for slot in slots:
            for line in self._tails[slot].lines():
                self._count(self._tallies[slot], line)
        return {slot: self._tallies[slot].totals() for slot in slots}

    def excerpt(self, slot: str) -> Sequence[str]:
        """The last lines of this slot's log, without those that tell of requests which were answered well."""
        lines = log_end(self._logs[slot]) if slot in self._logs else []
        return [line for line in lines if not self._went_well(line.encode())]

    def _went_well(self, line: bytes) -> bool:
        return self._request.search(line) is not None and self._error.search(line) is None

    def close(self) -> None:
        """Let go of every file."""
        for tail in self._tails.values():
            tail.close()

    def _count(self, tally: Tally, line: bytes) -> None:
        if self._request.search(line) is None:
            return
        seconds = None
        if self._duration is not None and (found := self._duration.search(line)) is not None:
            try:
                seconds = float(found.group(1)) * self._unit
            except (TypeError, ValueError):
                seconds = None
        tally.add(seconds=seconds, error=self._error.search(line) is not None)


def _compiled(name: str, pattern: str) -> Any:
    if not pattern or len(pattern) > _LONGEST_PATTERN:
        raise MetricsInvalid(f"The pattern '{name}' is empty or too long.", f"Use 1 to {_LONGEST_PATTERN} letters.")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(), options=options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args else ""
        raise MetricsInvalid(
            f"The pattern '{name}' cannot be read: {said}.", "Correct it; RE2 has no look-around and no references."
        ) from error
