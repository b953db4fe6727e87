"""Charts over time: what is drawn, what is cut off, and that nothing is told by colour alone."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from gainful.web.console.bands import Moment, Reading, bands


def readings(middle: float = 0.001, limit: float | None = 0.005) -> list[Reading]:
    return [Reading(second, middle - 0.5 / second, middle, middle + 0.5 / second, limit) for second in range(2, 62, 2)]


def drawn(*given: Reading, end: float = 100.0, moment: Moment | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(str(bands("The difference", list(given), end, moment)))


def numbers(element: ElementTree.Element) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", element.attrib["points"])]


def test_nothing_is_drawn_of_nothing() -> None:
    assert bands("The difference", [], 60) == ""


def test_a_line_within_its_band_beside_zero_and_the_margin() -> None:
    chart = drawn(*readings())
    kinds = [one.attrib.get("class") for one in chart.iter() if "class" in one.attrib]
    assert {"band", "series", "target", "zero"} <= set(kinds)
    assert "margin +0.50 pt" in "".join(chart.itertext())


def test_what_knows_nothing_yet_is_cut_off_at_the_frame() -> None:
    chart = drawn(Reading(1, -1, 0, 1, 0.005), *readings())
    width, height = (float(part) for part in chart.find(".//svg").attrib["viewBox"].split()[2:])  # type: ignore[union-attr]
    for one in chart.iter():
        if "points" in one.attrib:
            found = numbers(one)
            assert all(0 <= x <= width for x in found[::2])
            assert all(0 <= y <= height for y in found[1::2])


def test_a_candidate_beyond_the_margin_has_hollow_points_and_words_for_it() -> None:
    chart = drawn(*readings(0.02), moment=Moment(60, "Rolled back after 60 seconds", bad=True))
    assert {one.attrib["class"] for one in chart.iter("circle")} == {"dot bad"}
    assert "Rolled back after 60 seconds" in "".join(chart.itertext())
    assert chart.find(".//line[@class='moment bad']") is not None


@pytest.mark.parametrize("middle", [-0.9, 0.0, 0.9])
def test_any_difference_lies_within_the_frame(middle: float) -> None:
    chart = drawn(Reading(0, middle, middle, middle, None), end=0)
    (dot,) = chart.iter("circle")
    assert 0 <= float(dot.attrib["cy"]) <= 240
