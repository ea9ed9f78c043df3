import pytest

from collage_core.report.number_formats import (
    FORMATS,
    counted,
    duration,
    number,
    percent,
    share,
    size,
    usd,
)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1234567), "1,234,567"),
        (number(0.25), "0.25"),
        (counted(0, "creator"), "0 creators"),
        (counted(1, "creator"), "1 creator"),
        (counted(1234, "creator"), "1,234 creators"),
        (counted(None, "creator"), "— creators"),
        (percent(0.1234), "12.3%"),
        (percent(0.5), "50%"),
        (usd(0.01234), "0.0123 USD"),
        (usd(1234.5), "1,234.50 USD"),
        (duration(4.2), "4.2 s"),
        (duration(93.4), "1 min 33 s"),
        (duration(3720), "1 h 2 min"),
        (size(999), "999 B"),
        (size(1_234_567), "1.2 MB"),
        (size(5e15), "5000 TB"),
    ],
)
def test_numbers_are_short(shown: str, text: str) -> None:
    assert shown == text


def test_a_share_that_is_nearly_nothing_or_nearly_all_does_not_say_so() -> None:
    assert share(1, 1_000_000) == "<0.1%"
    assert share(999_999, 1_000_000) == ">99.9%"
    assert share(0, 7) == "0%"
    assert share(7, 7) == "100%"


def test_a_share_of_nothing_is_not_known() -> None:
    assert share(0, 0) == "—"


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"share", "counted"}))
def test_what_is_not_known_is_a_dash(name: str) -> None:
    assert FORMATS[name](None) == "—"
