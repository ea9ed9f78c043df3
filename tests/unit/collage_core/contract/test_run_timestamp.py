from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from tests.support.strategies import timestamps


@given(timestamps, timestamps)
def test_a_timestamp_is_read_back_and_sorts_like_its_text(a: RunTimestamp, b: RunTimestamp) -> None:
    assert RunTimestamp.parse(str(a)) == a
    assert (a < b) == (str(a) < str(b))


def test_a_timestamp_is_utc_to_the_second() -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2026, 10, 1, 7, 59, 59, 999999, tzinfo=shanghai)
    assert str(RunTimestamp.of(moment)) == "20260930_235959"


def test_a_timestamp_knows_its_day_and_month() -> None:
    timestamp = RunTimestamp(datetime(2026, 10, 1, tzinfo=UTC))
    assert (timestamp.day, timestamp.month) == ("20261001", "202610")
    assert (timestamp.day_path, timestamp.month_path) == ("2026/10/01", "2026/10")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        RunTimestamp.of(datetime(2026, 10, 1))  # noqa: DTZ001 - the mistake that is meant


@pytest.mark.parametrize(
    "text",
    [
        None,
        20261001,
        "",
        "20261001",
        "2026101_000000",
        "20261301_000000",
        "20261001-000000",
        "20261001_240000",
        "20261001_000000Z",
        "\uff12\uff10\uff12\uff161001_000000",
    ],
)
def test_a_timestamp_in_any_other_format_is_refused(text: object) -> None:
    with pytest.raises(MessageError, match="run_timestamp"):
        RunTimestamp.parse(text)
