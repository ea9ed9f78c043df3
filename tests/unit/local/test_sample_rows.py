"""The sample month is what the demo promises: a thousand rows with every fault of real data."""

from collections import Counter, defaultdict
from datetime import timedelta

from local.sample.creators import CREATORS
from local.sample.rows import EARLIER_MONTH, MAIN_MONTH, SampleRow, sample_rows
from local.sample.urls import Trouble

ROWS = sample_rows("http://127.0.0.1:1")


def in_month(row: SampleRow, month: tuple[object, object] = MAIN_MONTH) -> bool:
    start, end = month
    return start <= row.updated_at < end  # type: ignore[operator]


def test_the_main_month_has_about_a_thousand_rows_and_the_earlier_one_some() -> None:
    assert 950 < sum(in_month(row) for row in ROWS) < 1050
    assert sum(in_month(row, EARLIER_MONTH) for row in ROWS) > 100


def test_creators_have_one_to_eighty_covers_in_the_main_month() -> None:
    counts = Counter(row.mark.creator for row in ROWS if row.mark and in_month(row))
    assert set(counts) == set(range(len(CREATORS)))
    assert min(counts.values()) == 1
    assert max(counts.values()) >= 80


def test_the_highest_number_is_the_newest_cover() -> None:
    numbers = defaultdict(list)
    for row in ROWS:  # in the order of their ids
        if row.mark:
            numbers[row.mark.creator].append((row.updated_at, row.mark.number))
    for of_one in numbers.values():
        assert of_one == sorted(of_one)


def test_every_kind_of_trouble_is_met_in_the_main_month() -> None:
    assert {row.trouble for row in ROWS if in_month(row)} == {None, *Trouble}


def test_both_borders_of_the_month_have_a_row_on_either_side() -> None:
    start, end = MAIN_MONTH
    moments = {row.updated_at for row in ROWS}
    assert {start, start - timedelta(seconds=1), end, end - timedelta(seconds=1)} <= moments


def test_names_that_one_collation_merges_are_different_creators() -> None:
    assert {"Ana", "ana", "aná", "ana\u0301"} <= {row.creator for row in ROWS}


def test_another_port_changes_the_urls_and_nothing_else() -> None:
    other = sample_rows("http://127.0.0.1:2")
    assert [(row.creator, row.updated_at, row.mark) for row in other] == [
        (row.creator, row.updated_at, row.mark) for row in ROWS
    ]
