"""Names of reactions and their signs."""

from __future__ import annotations

import pytest

from gainful.connectors.matrix import reaction
from gainful.connectors.matrix.reaction import name_of, number_of, number_sign, sign_of
from gainful.core.errors import Invalid


@pytest.mark.parametrize("name", sorted({*reaction._SIGNS, "snowman", "octopus"} - {"thumbsup", "thumbsdown"}))
def test_a_name_comes_back(name: str) -> None:
    assert name_of(sign_of(name)) == name


def test_two_names_of_one_sign() -> None:
    assert sign_of("thumbsup") == sign_of("+1") == "👍"
    assert name_of("👍") == "+1"


@pytest.mark.parametrize(("sign", "name"), [("❤️", "heart"), ("👩‍💻", "👩‍💻"), ("lgtm", "lgtm"), ("", "")])
def test_a_sign_of_its_own(sign: str, name: str) -> None:
    assert name_of(sign) == name


@pytest.mark.parametrize("name", ["", "no such thing", "<script>", "👀" * 30])
def test_what_is_no_reaction(name: str) -> None:
    with pytest.raises(Invalid):
        sign_of(name)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((number_sign(number), number) for number in range(1, 10)),
        *(("7\u20e3", 7), (" 2 ", 2)),
        *((odd, 0) for odd in ("0", "12", "", "²", "٣", "two")),
    ],
)
def test_numbers(text: str, number: int) -> None:
    assert number_of(text) == number
