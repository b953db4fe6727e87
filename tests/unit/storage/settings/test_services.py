"""Settings of services: each mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.storage.settings.config import parse
from gainful.storage.settings.findings import ConfigInvalid

GOOD = """
[git.repositories]
shop = "/srv/shop"

[[services]]
name = "shop"
repository = "shop"
target = { kind = "releases", folder = "/srv/run" }
"""


def test_what_is_left_out_has_a_default() -> None:
    service = parse(GOOD, Path("gainful.toml")).services[0]
    assert (service.ships, service.approval, service.watch.share, service.watch.window) == (
        ("**",),
        "start",
        10,
        "auto",
    )
    assert service.freezes() == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("share = 20", "is not a setting"),
        ('approval = "never"', "should be 'start', 'always' or 'four-eyes'"),
        ('freeze = ["Friday"]', "has a freeze that cannot be"),
        ('freeze = ["Fri 16:00 - Mon 08:00"]\nzone = "Mars/Olympus"', "is no time zone"),
        ('metrics = { backend = "shop" }', "names no kind"),
        ('metrics = { kind = "grafana" }', "has the kind 'grafana', and there are: prometheus"),
        ("watch = { share = 100 }", "less than or equal to 99"),
        ('watch = { window = "long" }', 'must be "auto" or a number of seconds'),
        ("watch = { window = true }", 'must be "auto" or a number of seconds'),
        ("watch = { shortest = 60, longest = 30 }", "shortest window that is longer"),
        ('on_call = "-rf"', "does not fit"),
    ],
)
def test_a_mistake_is_named(line: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        parse(f"{GOOD}{line}\n", Path("gainful.toml"))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "shop"', 'name = "../shop"', "does not fit"),
        ('repository = "shop"', 'repository = "till"', "which is not under [git.repositories]; there are: shop"),
        ('kind = "releases"', 'kind = "ftp"', "has the kind 'ftp', and there are: releases"),
        ("target =", "# target =", "'services[1].target' is missing"),
    ],
)
def test_a_service_that_cannot_be(before: str, after: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        parse(GOOD.replace(before, after, 1), Path("gainful.toml"))
    assert said in str(raised.value)


def test_two_of_one_name() -> None:
    block = GOOD[GOOD.index("[[services]]") :]
    with pytest.raises(ConfigInvalid, match="two services are named 'shop'"):
        parse(GOOD + block, Path("gainful.toml"))
