"""Watching a release: is it worse than what runs, and by enough to matter? Pure arithmetic on counters."""

from gainful.jobs.deploy.watching.counted import Counted, counted_from
from gainful.jobs.deploy.watching.look import Comparison, Look, Verdict
from gainful.jobs.deploy.watching.series import Line, Series, series_of
from gainful.jobs.deploy.watching.settings import WatchInvalid, WatchSettings
from gainful.jobs.deploy.watching.watch import Watch, begin_watch, watch_from
from gainful.jobs.deploy.watching.window import Window

__all__ = [
    "Comparison",
    "Counted",
    "Line",
    "Look",
    "Series",
    "Verdict",
    "Watch",
    "WatchInvalid",
    "WatchSettings",
    "Window",
    "begin_watch",
    "counted_from",
    "series_of",
    "watch_from",
]
