"""Watches as the settings of a service want them."""

from __future__ import annotations

from gainful.jobs.deploy.desk import Baseline, Watch
from gainful.jobs.deploy.watching import WatchSettings, begin_watch
from gainful.storage.settings.services import ServiceSetting

USUAL = WatchSettings()


def watch_of(setting: ServiceSetting, baseline: Baseline) -> Watch:
    """The watch over a candidate of this service.

    Raises:
        WatchInvalid: The settings contradict each other, or nothing was measured.
    """
    wanted = setting.watch
    settings = WatchSettings(
        share=wanted.share if baseline.canary else 0,
        margin=wanted.margin,
        effect=max(2 * wanted.margin, USUAL.effect),
        quantile=wanted.quantile,
        latency_margin=wanted.latency_margin,
        latency_effect=max(2 * wanted.latency_margin, USUAL.latency_effect),
        window=None if wanted.window == "auto" else float(wanted.window),
        shortest=wanted.shortest,
        longest=wanted.longest,
        warm_up=wanted.warm_up,
    )
    return begin_watch(settings, baseline.before, baseline.lasted.total_seconds())
