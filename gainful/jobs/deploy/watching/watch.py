"""Watches a release: from the counters of both, and the time, to a verdict. Pure; asks no model and costs no token.

    watch = begin_watch(WatchSettings(), before, seconds=60)
    look = watch.look(live, candidate, elapsed)       # what both have counted since traffic moved
    look.verdict, look.why

A look depends on the counters alone, not on earlier looks: a process that died goes on with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from gainful.core.value import Json
from gainful.jobs.deploy.watching.counted import totals_from, totals_json
from gainful.jobs.deploy.watching.evidence import Claim, Counts, log_evidence, prior_from, threshold
from gainful.jobs.deploy.watching.latency import Bound, allowed, choose_bound, slower
from gainful.jobs.deploy.watching.look import Comparison, Limit, Look, Verdict, compare
from gainful.jobs.deploy.watching.settings import WatchInvalid, WatchSettings, settings_from
from gainful.jobs.deploy.watching.window import Window, plan_window, spoken
from gainful.sdk.metrics import Totals

_VANISHED = 3.0
"""Where nothing runs beside it, traffic may also have ended by itself: so many times the proof is asked for."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One release under watch.

    Args:
        before: What the live release answered before traffic moved.
        seconds: How long that was counted.
        bound: What is watched of the latency; None where it is not.
        unwatched: Why it is not.
    """

    settings: WatchSettings
    before: Totals
    seconds: float
    window: Window
    bound: Bound | None
    unwatched: str = ""

    def look(self, live: Totals, candidate: Totals, elapsed: float, warm: tuple[Totals, Totals] | None = None) -> Look:
        """What the counters say now.

        Args:
            live: What the live release answered since traffic moved; it does not matter without a canary.
            candidate: What the candidate answered since then.
            elapsed: Seconds since then.
            warm: What both had answered at the first look after `warm_up`; the latency is judged by what came later.
        """
        beside = live if self.settings.has_canary and live.requests else self.before
        errors = self._failures(_errors(beside), _errors(candidate))
        latency = self._latency(beside, candidate, warm) if elapsed >= self.settings.warm_up else None
        verdict, why = self._judged(live, candidate, elapsed, errors, latency)
        unwatched = self.unwatched
        if elapsed < self.settings.warm_up:
            unwatched = unwatched or "It is warming up; its latency is judged after that."
        elif self.bound is not None and latency is None and candidate.requests:
            unwatched = "The two releases do not time their answers in the same buckets."
        return Look(
            verdict, why, elapsed, self.window.sample, candidate.requests, errors, latency, unwatched,
            self.window.seconds, self.bound.seconds if self.bound is not None else None,
        )  # fmt: skip

    def as_json(self) -> dict[str, Json]:
        """As the journal keeps it; `watch_from` makes the same watch of it."""
        return {"settings": self.settings.as_json(), "before": totals_json(self.before), "seconds": self.seconds}

    def _failures(self, beside: Counts, candidate: Counts) -> Comparison:
        before = _errors(self.before)
        limit = Limit(beside, before, Claim(plus=self.settings.margin))
        return compare("errors", beside, candidate, before, limit, self.settings)

    def _latency(self, beside: Totals, candidate: Totals, warm: tuple[Totals, Totals] | None) -> Comparison | None:
        if self.bound is None:
            return None
        if warm is not None:
            beside = beside if beside is self.before else beside.since(warm[0])
            candidate = candidate.since(warm[1])
        timed, own = slower(beside, self.bound.seconds), slower(candidate, self.bound.seconds)
        before = slower(self.before, self.bound.seconds)
        if timed is None or own is None or before is None:
            return None
        limit = Limit(allowed(beside, self.bound), allowed(self.before, self.bound), Claim())
        return compare("latency", timed, own, before, limit, self.settings)

    def _judged(
        self, live: Totals, candidate: Totals, elapsed: float, errors: Comparison, latency: Comparison | None
    ) -> tuple[Verdict, str]:
        if why := self._silent(live, candidate, elapsed):
            return Verdict.BAD, why
        if errors.proven:
            return Verdict.BAD, self._more_errors(errors)
        if latency is not None and latency.proven:
            return Verdict.BAD, self._slower(latency)
        if why := self._incident(live):
            return Verdict.HOLD, why
        return self._time(candidate, elapsed, [one for one in (errors, latency) if one is not None])

    def _silent(self, live: Totals, candidate: Totals, elapsed: float) -> str:
        """Why a candidate that answers nothing must be dead; empty where that is not certain."""
        if candidate.requests:
            return ""
        wanted = threshold(self.settings.false_alarm)
        if self.settings.has_canary:
            # The chance that a balancer which gives it its share has not once chosen it.
            if live.requests * -log(1 - self.settings.part) < wanted:
                return ""
            return (
                f"It has not answered one request, while the live release answered {live.requests} "
                f"and {self.settings.share:g} % were meant for it."
            )
        expected = self.window.rate * elapsed
        if expected < _VANISHED * wanted:
            return ""
        return f"It has not answered one request in {spoken(elapsed)}; before, {expected:.0f} would have come."

    def _incident(self, live: Totals) -> str:
        """What is wrong with the live release itself; empty where nothing is, or it is not known."""
        if not self.settings.has_canary or not live.requests or not self.before.requests:
            return ""
        before = _errors(self.before)
        claim = Claim(plus=self.settings.margin)
        if log_evidence(before, _errors(live), claim, prior_from(before)) < threshold(self.settings.false_alarm):
            return ""
        return (
            f"Errors rose from {before.rate:.2%} to {_errors(live).rate:.2%} on the live release too: "
            "an incident elsewhere, or one that the candidate causes for both."
        )

    def _time(self, candidate: Totals, elapsed: float, compared: list[Comparison]) -> tuple[Verdict, str]:
        """The verdict while nothing is proven: it depends on the time and the traffic."""
        window, missing = self.window, self.window.sample - candidate.requests
        over = elapsed >= window.longest
        unsure = next((one for one in compared if one.looks_worse), None)
        if not window.sample or missing > 0:
            if over:
                return Verdict.NOT_ENOUGH, self._too_little(candidate, elapsed)
            if elapsed >= window.seconds:
                return (
                    Verdict.GO_ON,
                    f"It has answered {candidate.requests:,} requests of {window.sample:,}; it goes on.",
                )
        elif elapsed >= window.seconds and unsure is None:
            return Verdict.GOOD, self._no_worse(candidate, elapsed, compared)
        elif over:
            return Verdict.NOT_ENOUGH, f"Its {_name(unsure)} looks worse, and the traffic does not suffice to prove it."
        elif elapsed >= window.seconds:
            return Verdict.GO_ON, f"Its {_name(unsure)} looks worse and nothing is proven yet; it is watched on."
        return (
            Verdict.GO_ON,
            f"{candidate.requests:,} requests, nothing is wrong; {spoken(window.seconds - elapsed)} left.",
        )

    def _too_little(self, candidate: Totals, elapsed: float) -> str:
        told = f"In {spoken(elapsed)} it has answered {candidate.requests} requests"
        if not self.window.sample:
            return f"{told}; no number of them would show the difference that is looked for."
        if not candidate.requests:
            return f"{told}, and {self.window.sample} are needed."
        takes = spoken(self.window.sample * elapsed / candidate.requests)
        return f"{told}, and {self.window.sample} are needed: at this rate, {takes}."

    def _no_worse(self, candidate: Totals, elapsed: float, compared: list[Comparison]) -> str:
        known = " and its ".join(_name(one) for one in compared) + (" is" if len(compared) == 1 else " are")
        weaker = "" if self.settings.has_canary else " It was compared with the time before, not with another release."
        return f"{candidate.requests:,} requests in {spoken(elapsed)}; its {known} no worse.{weaker}"

    def _more_errors(self, errors: Comparison) -> str:
        beside = "on the live release" if self.settings.has_canary else "before"
        return (
            f"{errors.candidate.rate:.2%} of its requests fail ({errors.candidate.hits:.0f} of "
            f"{errors.candidate.trials:.0f}), {errors.live.rate:.2%} {beside}."
        )

    def _slower(self, latency: Comparison) -> str:
        beside = "on the live release" if self.settings.has_canary else "before"
        limit = self.bound.seconds * 1000 if self.bound else 0.0
        return (
            f"{latency.candidate.rate:.1%} of its requests take longer than {limit:g} ms, "
            f"{latency.live.rate:.1%} {beside}."
        )


def begin_watch(settings: WatchSettings, before: Totals, seconds: float) -> Watch:
    """The watch for a service that answered this before traffic moved.

    Raises:
        WatchInvalid: That was counted in no time.
    """
    if not seconds > 0:
        raise WatchInvalid("The time before traffic moved has no length.", "Read the counters twice, some time apart.")
    chosen = choose_bound(before, settings)
    bound = chosen if isinstance(chosen, Bound) else None
    window = plan_window(settings, before, seconds, bound)
    return Watch(settings, before, seconds, window, bound, "" if isinstance(chosen, Bound) else chosen)


def watch_from(kept: Json) -> Watch:
    """The watch that `Watch.as_json` wrote.

    Raises:
        WatchInvalid: It did not.
    """
    try:
        return begin_watch(settings_from(kept["settings"]), totals_from(kept["before"]), float(kept["seconds"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WatchInvalid("A kept watch cannot be read.", "Start the deployment anew.") from error


def _errors(totals: Totals) -> Counts:
    return Counts(totals.requests, min(totals.errors, totals.requests))


def _name(comparison: Comparison | None) -> str:
    if comparison is None:
        return "behaviour"
    return "rate of errors" if comparison.what == "errors" else "latency"
