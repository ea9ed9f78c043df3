"""What is concluded from a few values of a time column."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.preflight import time_values
from collage_airflow.preflight.time_values import FORMATS, fits, guesses, telling
from collage_core.database.strptime_format import StrptimeFormat

MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.sampled_from(FORMATS))
def test_times_fit_their_own_format_and_the_first_guess(moments: list[datetime], form: str) -> None:
    values = [moment.strftime(form) for moment in moments]
    assert fits(values, form) is None
    found = guesses(values)
    assert form in found
    assert fits(values, found[0]) is None


@given(
    st.lists(MOMENTS, min_size=1, max_size=5),
    st.sampled_from([("unix_seconds", 1), ("unix_milliseconds", 1e3), ("unix_microseconds", 1e6)]),
)
def test_an_epoch_is_known_by_its_size(moments: list[datetime], unit: tuple[str, float]) -> None:
    kind, factor = unit
    values = [str(int(moment.timestamp() * factor)) for moment in moments]
    assert guesses(values) == [kind]
    assert fits(values, kind) is None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["20261014", "20010101"], "%Y%m%d"),
        (["20261014083000"], "%Y%m%d%H%M%S"),
        (["1760430600.25", "1760430600"], "unix_seconds"),
        (["1.7604306e9"], "unix_seconds"),
        (["20261014.000"], "%Y%m%d"),
        (["99999999"], None),
        (["7", "1e400", "nan", "inf"], None),
        (["1760430600", "1760430600000"], None),
        (["7300000000000000001"], None),
        (["soon"], None),
        (["2026-1-5"], None),
        (["١٧٦٠٤٣٠٦٠٠"], "unix_seconds"),
    ],
)
def test_numbers_and_text_are_recognized_by_their_form(values: list[str], kind: str | None) -> None:
    assert guesses(values)[:1] == ([kind] if kind else [])


def test_junk_beside_values_that_fit_is_no_reason_to_refuse_a_column() -> None:
    assert fits(["10/14/2026", "soon"], "%m/%d/%Y") is None
    assert fits(["soon", "later"], "%m/%d/%Y") == "soon"
    assert fits(["10/14/2026", "2026-10-14"], "%m/%d/%Y") == "2026-10-14"


@pytest.mark.parametrize(
    "value",
    ["0000-00-00", "0000-00-00 00:00:00", "2026-10-00", "20261000", "0", "0.0", "", "20260014"],
)
def test_zeros_show_no_format(value: str) -> None:
    assert telling([value]) == []


@pytest.mark.parametrize("value", ["2026-10-14", "20261014", "1760430600", "10/14/2026", "junk"])
def test_values_show_their_format(value: str) -> None:
    assert telling([value]) == [value]


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_compared_as_text_only_if_it_sorts_as_its_moments_do(form: str) -> None:
    early = datetime(2026, 2, 9, 8, 7, 6, tzinfo=UTC)
    late = datetime(2026, 11, 1, 1, 2, 3, tzinfo=UTC)
    if StrptimeFormat.parse(form).is_ordered:
        assert early.strftime(form) < late.strftime(form)
    assert not time_values.fits([early.strftime(form)], form)
