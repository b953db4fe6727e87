"""Asks a URL of each slot, at the pace at which it is read, and counts what it answers.

ProbeMetrics({"blue": "http://10.0.0.5:8101/", "green": "http://10.0.0.5:8102/"}, Probe(each=5))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUntrusted, HostPatternInvalid
from gainful.sdk.http import HttpClient, Limits
from gainful.sdk.metrics import MetricsInvalid, Totals
from gainful.sdk.tally import Tally
from gainful.sdk.tool import ToolUnreachable

_FAULTS = 400


@dataclass(frozen=True, slots=True)
class Probe:
    """What is asked, and what is a good answer.

    Args:
        each: Requests to each slot at each read.
        seconds: How long an answer may take; longer is an error.
        contains: Text that a good answer has in it.
    """

    each: int = 5
    seconds: float = 2.0
    contains: str = ""

    def __post_init__(self) -> None:
        if not (1 <= self.each <= 1000 and 0 < self.seconds <= 60):
            raise MetricsInvalid(
                f"A probe of {self.each} requests and {self.seconds} seconds asks too much or too little.",
                "Choose 1 to 1000 requests and at most 60 seconds.",
            )


class ProbeMetrics:
    """Counts its own requests alone: a weaker witness than traffic, for it asks for one thing only.

    Args:
        urls: What to ask, by slot; the slot itself, not the proxy before it.
        clock: Monotonic seconds.
    """

    def __init__(
        self, urls: Mapping[str, str], probe: Probe | None = None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._urls = dict(urls)
        self._probe = probe or Probe()
        self._clock = clock
        seconds = self._probe.seconds
        self._limits = Limits(connect=seconds, read=seconds, total=seconds, size=1024 * 1024, redirects=0)
        self._tallies = {slot: Tally() for slot in urls}
        # A busy server is an answer here, and a bad one.
        self._clients = {
            slot: HttpClient(_way(slot, url), limits=self._limits, busy=frozenset(), user_agent="gainful-probe")
            for slot, url in urls.items()
        }

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        """Totals by slot, after a round of requests to each. They are asked in turn, so both see the same moments.

        Raises:
            MetricsInvalid: A slot has no url, or one that cannot be asked.
        """
        for slot in slots:
            if slot not in self._urls:
                raise MetricsInvalid(f"The probe has no url for '{slot[:64]}'.", "Name one in gainful.toml.")
        silent: set[str] = set()
        for _ in range(self._probe.each):
            for slot in slots:
                # One that does not answer in time is not waited for again in this round.
                if slot not in silent and not self._ask(slot):
                    silent.add(slot)
        return {slot: self._tallies[slot].totals() for slot in slots}

    def close(self) -> None:
        """Let go of every connection."""
        for client in self._clients.values():
            client.close()

    def _ask(self, slot: str) -> bool:
        """Count one request; whether there was an answer at all."""
        tally, began = self._tallies[slot], self._clock()
        try:
            answer = self._clients[slot].request("GET", self._urls[slot])
        except EgressUntrusted as error:
            raise MetricsInvalid(f"The url of '{slot}' cannot be asked: {error.what}", error.next_move) from error
        except (EgressRefused, EgressTooLarge):
            # It sends elsewhere, or says too much: neither is the answer that is wanted.
            tally.add(error=True)
            return True
        except ToolUnreachable:
            # A refusal takes no time: only answers are timed.
            tally.add(error=True)
            return False
        good = answer.status < _FAULTS and self._probe.contains.encode() in answer.body
        tally.add(seconds=self._clock() - began, error=not good)
        return True


def _way(slot: str, url: str) -> Egress:
    """To the slot alone; the person named it, so it may lie in their own network."""
    parts = urlsplit(url)
    try:
        egress = Egress(private_ok=frozenset({f"{parts.scheme}://{parts.netloc}"}))
        egress.target("GET", url)
    except (HostPatternInvalid, EgressRefused) as error:
        raise MetricsInvalid(f"The url of '{slot[:64]}' cannot be asked: {error.what}", error.next_move) from error
    return egress
