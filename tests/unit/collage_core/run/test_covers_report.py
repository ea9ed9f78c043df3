import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.family import Superseded
from collage_core.contract.selection import Selection
from collage_core.contract.summary import RunSummary
from collage_core.contract.window import Window
from collage_core.run.covers_report import covers_report, select_runs
from tests.support.runs import summary
from tests.support.strategies import balanced_books

OCTOBER = ("2026-10-01", "2026-11-01")


def rows(number: int) -> Books:
    return Books(rows=RowCounts(total=number, placed=number))


def day(number: int) -> tuple[str, str]:
    return f"2026-10-{number:02d}", f"2026-10-{number + 1:02d}"


def chosen(*runs: RunSummary) -> tuple[list[str], dict[str, tuple[str, str | None]]]:
    """The runs that count, and why the others do not."""
    counted, left_out = select_runs("202610", runs)
    return [run.run_id for run in counted], {
        run.run_id: (run.because, run.counted) for run in left_out
    }


SCHEDULED = summary("scheduled", "20261001_000000", rows(10), window=OCTOBER)
BY_HAND = summary("by-hand", "20261103_091500", rows(11), window=OCTOBER)
AGAIN = summary("again", "20261120_091500", rows(12), window=OCTOBER)


def test_two_manual_october_runs_in_november_count_once_in_october() -> None:
    report = covers_report("202610", [BY_HAND, AGAIN], changes=None)
    assert [run.run_id for run in report.runs] == ["again"]
    assert report.books == AGAIN.books
    (left_out,) = report.left_out
    assert (left_out.run_id, left_out.because, left_out.counted) == ("by-hand", "repeated", "again")
    assert covers_report("202611", [BY_HAND, AGAIN], changes=None).books == Books()


def test_a_manual_run_counts_instead_of_the_scheduled_one_of_the_same_month() -> None:
    assert chosen(SCHEDULED, BY_HAND) == (["by-hand"], {"scheduled": ("repeated", "by-hand")})


def test_days_count_side_by_side_and_the_days_without_a_run_are_named() -> None:
    days = [summary(f"day-{n}", f"202610{n:02d}_000001", rows(n), window=day(n)) for n in (1, 2, 9)]
    report = covers_report("202610", days, changes=None)
    assert report.books.rows.total == 12
    assert [str(gap) for gap in report.gaps] == [
        "[2026-10-03 00:00:00, 2026-10-09 00:00:00) UTC",
        "[2026-10-10 00:00:00, 2026-11-01 00:00:00) UTC",
    ]


def test_a_run_of_the_month_is_not_replaced_by_newer_runs_of_its_days() -> None:
    days = [summary(f"day-{n}", f"202610{n:02d}_000001", rows(n), window=day(n)) for n in (1, 30)]
    assert chosen(SCHEDULED, *days) == (
        ["scheduled"],
        {"day-1": ("overlaps", "scheduled"), "day-30": ("overlaps", "scheduled")},
    )


def test_a_run_without_rows_replaces_no_run_that_had_some() -> None:
    empty = summary("empty", "20261224_000000", window=OCTOBER)
    a_day = summary("day-7", "20261007_000001", rows(7), window=day(7))
    assert chosen(SCHEDULED, empty) == (["scheduled"], {"empty": ("repeated", "scheduled")})
    assert chosen(a_day, empty) == (["day-7"], {"empty": ("overlaps", "day-7")})
    assert chosen(empty) == (["empty"], {})


def test_a_window_that_goes_beyond_the_month_is_named_and_not_counted() -> None:
    week = summary("week", "20261103_091500", rows(5), window=("2026-10-28", "2026-11-04"))
    elsewhere = summary("september", "20260901_000000", rows(5), window=("2026-09-01", OCTOBER[0]))
    upload = summary("upload", "20261009_101112", rows(5))
    assert chosen(week, elsewhere, upload) == ([], {"week": ("beyond_month", None)})


def test_a_run_of_some_creators_does_not_stand_for_the_month() -> None:
    trial = replace(AGAIN, run_id="trial", selection=Selection(creators=["ana"], rows_left_out=9))
    assert chosen(SCHEDULED, trial) == (["scheduled"], {"trial": ("some_creators", None)})


october_runs = st.lists(
    st.tuples(st.integers(0, 35), st.integers(1, 12), st.integers(1, 28), balanced_books()),
    max_size=12,
).map(
    lambda runs: [
        summary(
            f"run-{number}",
            f"202611{made:02d}_{number:02d}0000",
            books,
            window=(date_of(start), date_of(start + days)),
        )
        for number, (start, days, made, books) in enumerate(runs)
    ]
)


def date_of(day: int) -> str:
    """The day of October with this number; those after 31 are in November."""
    return f"2026-10-{day + 1:02d}" if day < 31 else f"2026-11-{day - 30:02d}"


@pytest.mark.thorough
@given(october_runs, st.randoms(use_true_random=False))
def test_no_moment_counts_twice_and_each_run_is_told_exactly_once(
    runs: list[RunSummary], shuffler: random.Random
) -> None:
    report = covers_report("202610", runs, changes=None)
    windows = [run.window for run in report.runs]
    assert all(one.end <= other.start for one, other in pairwise(windows))
    covered = sum((window.end - window.start).days for window in [*windows, *report.gaps])
    assert covered == 31
    told = [*(run.run_id for run in report.runs), *(run.run_id for run in report.left_out)]
    in_october = [run.run_id for run in runs if _is_in_october(run.window)]
    assert sorted(told) == sorted(in_october)
    counted = {run.run_id for run in report.runs}
    assert report.books == Books.total(run.books for run in runs if run.run_id in counted)
    shuffler.shuffle(runs)
    assert to_json(covers_report("202610", runs, changes=None)) == to_json(report)


def _is_in_october(window: Window | None) -> bool:
    return window is not None and f"{window.start:%Y%m}" == "202610"


def fill_of(first: RunSummary, run_id: str, timestamp: str, number: int) -> RunSummary:
    return replace(
        summary(run_id, timestamp, rows(number), window=OCTOBER),
        parent=first.run_id,
        family=first.name,
        selection=Selection(rows_left_out=1),
    )


def test_a_fill_counts_with_the_first_run_of_its_family_and_each_creator_once() -> None:
    fill = fill_of(SCHEDULED, "fill", "20261115_091500", 4)
    first = replace(SCHEDULED, superseded=Superseded(by=["fill"], books=rows(3)))
    report = covers_report("202610", [fill, first], changes=None)
    assert [run.run_id for run in report.runs] == ["scheduled", "fill"]
    assert report.books == rows(10 - 3 + 4)
    assert report.gaps == []


def test_a_fill_is_left_out_as_its_first_run_is_although_it_is_the_newest() -> None:
    fill = fill_of(SCHEDULED, "fill", "20261120_101500", 4)
    assert chosen(fill, SCHEDULED, BY_HAND) == (
        ["by-hand"],
        {"scheduled": ("repeated", "by-hand"), "fill": ("repeated", "by-hand")},
    )
    trial = replace(SCHEDULED, selection=Selection(limit=1))
    assert chosen(fill, trial)[1] == dict.fromkeys(("scheduled", "fill"), ("some_creators", None))
    assert chosen(fill) == ([], {"fill": ("some_creators", None)})
