"""What a watch promises: how much worse counts, how sure it must be, and how long it may take."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from math import isfinite

from gainful.core.errors import Invalid
from gainful.core.value import Json


class WatchInvalid(Invalid):
    """A release cannot be watched with these numbers."""

    code = "watch-invalid"


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """The numbers behind a watch. All rates are shares of 1, all times seconds.

    Args:
        share: Percent of the traffic that the candidate takes while it is watched; 0 for a target without a canary.
        margin: How much higher its rate of errors may be: 0.005 is half a percentage point.
        effect: The rise of the rate of errors that the window is made for; larger ones are found sooner.
        quantile: The latency that is watched: 0.95 is the time within which 95 % are answered.
        latency_margin: How much higher that may be, as a part of it.
        latency_effect: The slowdown that the window is made for.
        window: How long to watch; None lets the traffic say.
        warm_up: How long a release may be slow at first, while it fills its caches; its errors count at once.
        shortest: A window that the traffic says is no shorter.
        longest: And it is no longer; after it, "not enough traffic" is the answer.
        false_alarm: Chance, over the whole window, that a release which is no worse fails one of the three tests.
        doubt: Chance that a release which is worse by the margin or less fails one.
        power: Chance that a release which is worse by the effect is found within the window.
    """

    share: float = 10.0
    margin: float = 0.005
    effect: float = 0.01
    quantile: float = 0.95
    latency_margin: float = 0.10
    latency_effect: float = 0.20
    window: float | None = None
    warm_up: float = 0.0
    shortest: float = 60.0
    longest: float = 3600.0
    false_alarm: float = 0.001
    doubt: float = 0.1
    power: float = 0.95

    def __post_init__(self) -> None:
        week = 604_800
        ranges = {
            "share": (0, 100), "margin": (0, 0.5), "effect": (1e-6, 1), "quantile": (0.5, 0.999),
            "latency_margin": (0, 10), "latency_effect": (1e-6, 20), "window": (1, week), "warm_up": (0, 3600),
            "shortest": (1, week), "longest": (1, week), "false_alarm": (1e-9, 0.1), "doubt": (1e-9, 0.5),
            "power": (0.5, 0.999),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and low <= value <= high):
                raise WatchInvalid(f"'{name}' of the watch is {value}.", f"Choose one from {low} to {high}.")
        for name, other in (("margin", "effect"), ("latency_margin", "latency_effect"), ("shortest", "longest")):
            less, more = getattr(self, name), getattr(self, other)
            if less > more or (less == more and name != "shortest"):
                raise WatchInvalid(f"'{name}' is {less} and '{other}' is {more}.", f"Let '{other}' be the larger one.")

    @property
    def part(self) -> float:
        """Share of the requests that the candidate takes, 0 to 1."""
        return self.share / 100

    @property
    def has_canary(self) -> bool:
        """Whether the live release is there beside it, to be compared with."""
        return 0 < self.share < 100

    def as_json(self) -> dict[str, Json]:
        """As the journal keeps it."""
        return asdict(self)


def settings_from(kept: Json) -> WatchSettings:
    """The settings that `as_json` wrote.

    Raises:
        WatchInvalid: They are no settings.
    """
    try:
        return WatchSettings(**{one.name: kept[one.name] for one in fields(WatchSettings)})
    except (KeyError, TypeError) as error:
        raise WatchInvalid(f"The kept settings of a watch have no {error}.", "Start the deployment anew.") from error
