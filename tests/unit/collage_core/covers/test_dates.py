from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.date_counts import DateCounts
from collage_core.covers.date_column import DateColumn
from collage_core.covers.dates import DateRead, DayOrMonth, read_date
from collage_core.errors import CsvFormatError
from tests.support.strategies import date_counts

MOMENT = datetime(2026, 10, 14, 8, 30, tzinfo=UTC)
DAY = datetime(2026, 10, 14, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())

FORMATS = {
    "iso": [
        "2026-10-14 8:30",
        "2026-10-14T0830Z",
        "2026-10-14T08:30:00Z",
        "2026-10-14t08:30:00z",
        "2026-10-14T08:30:00,000Z",
        "2026-10-14 08:30:00.000000000",
        "2026-10-14T08:30:00+00",
        "2026-10-14T08:30:00 +0000",
        "2026-10-14T16:30:00+08:00",
        "2026-10-14 08:30:00 UTC",
        "2026-10-14 08:30:00.000 UTC",
        "2026-10-14 08:30:00 GMT",
        "2026-10-14 08:30:00 +0000 UTC",
        "2026-10-14 16:30:00.000000001 +0800 CST m=+0.5",
        "2026-10-14T16:30+08:00[Asia/Shanghai]",
        "2026-10-14 8:30 AM",
        "2026-10-14 8:30:00\u202fa.m.",
        "20261014T083000Z",
        "20261014 083000",
        "20261014083000",
        "20261014083000000",
        "202610140830",
        "2026-W42-3T08:30",
        "2026W423T083000Z",
        "2026-287T08:30:00Z",
        "2026287T083000Z",
        "\ufeff2026-10-14  08:30:00\u200b",
        "2026-10-14T08:29:60Z",
    ],
    "unix seconds": [f"{SECONDS}", f"{SECONDS}.0", f"{SECONDS},000"],
    "unix milliseconds": [f"{SECONDS}000"],
    "unix microseconds": [f"{SECONDS}000000"],
    "unix nanoseconds": [f"{SECONDS}000000000"],
    "excel serial": ["46309.354166666664", "46309.35416667", "46309,354166666664"],
    "year/month/day": ["2026/10/14 08:30", "2026/10/14 8:30:00 AM"],
    "year.month.day": ["2026.10.14 08:30", "2026. 10. 14. 8:30"],
    "named month": [
        "Wed, 14 Oct 2026 08:30:00 GMT",
        "Wed, 14 Oct 2026 04:30:00 -0400 (EDT)",
        "14 Oct 2026 08:30 +0000",
        "Wednesday, 14-Oct-26 08:30:00 GMT",
        "Wed Oct 14 08:30:00 2026",
        "Wed Oct 14 08:30:00 UTC 2026",
        "Wed Oct 14 2026 16:30:00 GMT+0800 (China Standard Time)",
        "Oct 14, 2026 8:30 AM",
        "October 14, 2026 at 8:30 AM",
        "14-Oct-2026 08:30",
    ],
}
each_spelling = pytest.mark.parametrize(
    ("text", "name"), [(text, name) for name, texts in FORMATS.items() for text in texts]
)


@each_spelling
def test_a_date_with_one_meaning_is_read_in_every_format(text: str, name: str) -> None:
    assert read_date(text) == DateRead(MOMENT, name)


@pytest.mark.parametrize(
    "text", ["20261014", "2026287", "2026-287", "2026/10/14", "2026-W42-3", "2026-10-13T24:00"]
)
def test_a_day_without_a_time_begins_at_midnight_in_utc(text: str) -> None:
    found = read_date(text)
    assert isinstance(found, DateRead)
    assert found.moment == DAY


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        # An offset behind a day (XML Schema part 2, 3.2.9), which fromisoformat takes for a time.
        ("2026-10-14+02:00", "2026-10-14T00:00:00+02:00"),
        ("20261014+0200", "2026-10-14T00:00:00+02:00"),
        ("2026-10-14Z", "2026-10-14T00:00:00+00:00"),
        ("2026-10-14-08:30", ""),  # the same, or half past eight
        ("20261014-083000", ""),
        ("2026-W42-3T08:30", "2026-10-14T08:30:00+00:00"),
        ("2026-10-14_08:30", "2026-10-14T08:30:00+00:00"),
    ],
)
def test_an_offset_after_a_day_is_never_read_as_a_time_of_day(text: str, iso: str) -> None:
    assert DateColumn().add(text, line=2) == iso


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("10/14/2026", None, DAY),
        ("14.10.2026", DAY, None),
        ("14-10-2026 8:30", MOMENT, None),
        ("10/14/2026 8:30:00 am", None, MOMENT),
        ("10/14/2026, 08:30:00", None, MOMENT),
        ("\u200e10/\u200e14/\u200e2026 8:30", None, MOMENT),
        ("11/10/2026", datetime(2026, 10, 11, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)),
    ],
)
def test_day_and_month_are_left_open_unless_one_of_them_is_over_12(
    text: str, day_first: datetime | None, month_first: datetime | None
) -> None:
    found = read_date(text)
    assert isinstance(found, DayOrMonth)
    assert (found.day_first, found.month_first) == (day_first, month_first)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "-1",
        "0",
        "42",
        "2026",
        "202610",
        "99999",
        "946684799",
        "9" * 30,
        "1.76043E+12",
        "1,760,430,600",
        "14.10.26",
        "10/14/26",
        "14-Oct-26",
        "13/13/2026",
        "31/02/2026",
        "2026-02-30",
        "2026-367",
        "2025-366",
        "20261301",
        "2026-10-14 25:00",
        "2026-10-14 24:01",
        "2026-10-14 08:60",
        "2026-10-14 13:30 PM",
        "2026-10-14 08:30:00 EST",
        "2026-10-14 08:30:00 Europe/Berlin",
        "2026-10-14T08:30:00+99:00",
        "2026-10-14 08:30 tomorrow",
        "14 Okt 2026",
        "0000-00-00 00:00:00",
        "9999-12-31T24:00",
        "2026-10-14-08:30",
        "20261014-0830",
        "2026-10-14 " + " " * 200,
    ],
)
def test_ambiguous_or_invalid_dates_are_not_read(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=40) | st.from_regex(r"[0-9/.:TZ+ -]{1,30}", fullmatch=True))
def test_no_text_makes_reading_a_date_raise(text: str) -> None:
    read_date(text)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
def test_unix_times_are_read_in_every_unit(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=0)
    for zeros in ("", "000", "000000", "000000000"):
        found = read_date(f"{int(moment.timestamp())}{zeros}")
        assert isinstance(found, DateRead)
        assert found.moment == moment


# --- what the dates of one file decide


@pytest.mark.parametrize(
    ("texts", "expected", "counts"),
    [
        (
            ["10/11/2026 8:30", "10/14/2026"],
            ["2026-10-11T08:30:00+00:00", "2026-10-14T00:00:00+00:00"],
            DateCounts(2, 0, "month/day/year"),
        ),
        (
            ["10/11/2026", "14/11/2026"],
            ["2026-11-10T00:00:00+00:00", "2026-11-14T00:00:00+00:00"],
            DateCounts(2, 0, "day/month/year"),
        ),
        (
            ["10-11-2026", "10-14-2026", ""],
            ["2026-10-11T00:00:00+00:00", "2026-10-14T00:00:00+00:00", ""],
            DateCounts(2, 0, "month-day-year"),
        ),
        (
            ["10.11.2026"],
            ["2026-11-10T00:00:00+00:00"],
            DateCounts(1, 0, "day.month.year"),
        ),
        (
            ["10.11.2026", "10.14.2026"],
            ["2026-10-11T00:00:00+00:00", "2026-10-14T00:00:00+00:00"],
            DateCounts(2, 0, "month.day.year"),
        ),
        (
            ["1/2/2026", "10/10/2026", "2/1/2026"],
            ["", "2026-10-10T00:00:00+00:00", ""],
            DateCounts(1, 2, "day and month the same"),
        ),
        (
            ["14/10/2026", "10/14/2026", "2026-10-14T08:30:00+08:00"],
            ["", "", "2026-10-14T08:30:00+08:00"],
            DateCounts(1, 2, "iso"),
        ),
        (
            ["10/14/2026", "10-11-2026", "soon"],
            ["2026-10-14T00:00:00+00:00", "", ""],
            DateCounts(1, 2, "month/day/year"),
        ),
        (["", " "], ["", ""], DateCounts()),
        (["1712010100000"], ["2024-04-01T22:21:40+00:00"], None),
    ],
)
def test_the_dates_of_a_file_decide_each_others_order(
    texts: list[str], expected: list[str], counts: DateCounts | None
) -> None:
    dates = DateColumn()
    written = [dates.add(text, line) for line, text in enumerate(texts, 2)]
    found = dates.decide()
    assert [
        dates.iso(row) if text is None else text for row, text in enumerate(written)
    ] == expected
    assert counts is None or found == counts


EITHER_WAY = DateCounts(3, 0, "day/month/year or month/day/year")


def test_dates_that_sort_the_same_either_way_give_only_an_order() -> None:
    texts = ["10/2/2026 8:30", "10/10/2026 8:30", "", "10/1/2026 9:30"]
    dates = DateColumn()
    written = [dates.add(text, line) for line, text in enumerate(texts, 2)]
    assert dates.decide() == EITHER_WAY
    assert written == [None, None, "", None]
    assert [dates.iso(row) for row in (0, 1, 3)] == ["", "", ""]
    newest_first = sorted(range(4), key=dates.moments.__getitem__, reverse=True)
    assert newest_first == [1, 0, 3, 2]
    assert "line 2 is '10/2/2026 8:30'" in (dates.first_of_either_order or "")


@pytest.mark.parametrize(
    "texts",
    [
        ["1/2/2026", "2/1/2026"],
        ["10/1/2026", "10/2/2026", "9/3/2026"],
        ["10/1/2026 09:00 +02:00", "1/10/2026"],
    ],
)
def test_dates_that_sort_differently_either_way_are_refused(texts: list[str]) -> None:
    dates = DateColumn()
    for line, text in enumerate(texts, 2):
        assert dates.add(text, line) is None
    with pytest.raises(CsvFormatError, match="no date of the file has a number over 12"):
        dates.decide()


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1))
def test_an_order_is_only_used_when_both_readings_give_it(days: list[tuple[int, int]]) -> None:
    dates = DateColumn()
    for line, (first, second) in enumerate(days, 2):
        dates.add(f"{first}/{second}/2026", line)
    agree = all(
        (a < b) == (a[::-1] < b[::-1]) and (a == b) == (a[::-1] == b[::-1])
        for a in days
        for b in days
    )
    try:
        counts = dates.decide()
    except CsvFormatError:
        counts = None
    assert (dates.first_of_either_order is not None) == agree
    assert counts is None or counts.read > 0


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (["", "yesterday"], "line 3 is 'yesterday'"),
        (["10/11/2026", "soon"], "line 2 is '10/11/2026', and no date .* over 12"),
        (["14/10/2026", "10/14/2026"], "first on line 2, but the month is first on line 3"),
    ],
)
def test_unreadable_dates_are_refused_with_the_first_one_and_the_fix(
    texts: list[str], named: str
) -> None:
    dates = DateColumn()
    for line, text in enumerate(texts, 2):
        dates.add(text, line)
    with pytest.raises(CsvFormatError, match=rf"{named}.* write dates as 2026-10-14"):
        dates.decide()


def test_a_url_in_place_of_a_date_is_not_in_the_message() -> None:
    dates = DateColumn()
    dates.add("https://cdn.example/1.jpg?sig=secret", 2)
    with pytest.raises(CsvFormatError) as refused:
        dates.decide()
    assert "secret" not in str(refused.value)


@given(date_counts, date_counts, date_counts)
def test_counts_of_dates_add_up_in_any_grouping(
    one: DateCounts, two: DateCounts, three: DateCounts
) -> None:
    assert (one + two) + three == one + (two + three)
    assert DateCounts.total([one, two]) == one + two
    assert DateCounts.total([one, None]) is None
