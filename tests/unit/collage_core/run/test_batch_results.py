import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from msgspec import UNSET
from msgspec.structs import replace

from collage_core.contract.window import Window
from collage_core.errors import MessageError
from collage_core.run.batch_results import RESULT_COLUMNS, as_cell, results_csv
from tests.support.runs import run
from tests.support.strategies import HOSTILE_NAMES, names

_, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}], run_id="b")
_, OTHERS = run([dict.fromkeys(HOSTILE_NAMES, 1)], run_id="a")


def lines(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_each_creator_of_the_run_has_one_line_with_its_rows() -> None:
    first, *rest = lines(results_csv("b", RECEIPTS, None))
    assert list(first) == list(RESULT_COLUMNS)
    assert first == {
        "run_id": "b",
        "creator_name": "ana",
        "outcome": "complete",
        "total": "3",
        "placed": "3",
        "duplicate": "0",
        "not_selected": "0",
        "rejected": "0",
        "failed": "0",
        "collage_key": "collages/ana",
        "reasons": "",
        "window_start": "",
        "window_end": "",
    }
    assert [line["creator_name"] for line in rest] == ["bo", "cy"]


def test_a_run_that_is_repeated_replaces_its_own_lines_and_keeps_those_of_others() -> None:
    others = results_csv("a", OTHERS, None)
    both = results_csv("b", RECEIPTS, others)
    assert lines(both) == lines(others) + lines(results_csv("b", RECEIPTS, None))
    assert results_csv("b", RECEIPTS, both) == both
    assert lines(results_csv("b", RECEIPTS[:1], both)) == lines(both)[:-1]


def test_the_file_does_not_depend_on_which_run_ended_last() -> None:
    a_then_b = results_csv("b", RECEIPTS, results_csv("a", OTHERS, None))
    b_then_a = results_csv("a", OTHERS, results_csv("b", RECEIPTS, None))
    assert a_then_b == b_then_a


def test_a_run_without_creators_leaves_a_header() -> None:
    header = "\ufeff" + ",".join(RESULT_COLUMNS) + "\r\n"
    assert results_csv("b", [], None).decode() == header
    assert results_csv("b", [], header.encode()).decode() == header  # the mark comes once


def test_reasons_are_counted_with_the_most_frequent_first() -> None:
    reasons: dict[str, int] = {"timeout": 1, "http_404": 12, "bad_row": 1}
    (receipt,) = RECEIPTS[1:]
    result = replace(receipt.results[0], reasons=reasons)
    (line,) = lines(results_csv("b", [replace(receipt, results=[result])], None))
    assert line["reasons"] == "12 http_404, 1 bad_row, 1 timeout"


def test_a_receipt_of_a_release_that_wrote_no_reasons_leaves_them_empty() -> None:
    (receipt,) = RECEIPTS[1:]
    old = replace(receipt, results=[replace(receipt.results[0], reasons=UNSET)])
    (line,) = lines(results_csv("b", [old], None))
    assert line["reasons"] == ""


def as_before(data: bytes) -> bytes:
    """The same file as releases wrote it before the mark and the last three columns."""
    text = io.StringIO()
    csv.writer(text).writerows([list(line.values())[:-3] for line in [HEADER, *lines(data)]])
    return text.getvalue().encode()


HEADER = dict(zip(RESULT_COLUMNS, RESULT_COLUMNS, strict=True))


def test_the_file_of_an_earlier_release_is_read_and_gets_the_columns() -> None:
    old = as_before(results_csv("a", OTHERS, None))
    assert old.startswith(b"run_id,")
    assert b"reasons" not in old
    now = results_csv("b", RECEIPTS, old)
    assert now == results_csv("b", RECEIPTS, results_csv("a", OTHERS, None))


def test_each_line_says_which_window_its_covers_come_from() -> None:
    october = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    (first, *_) = lines(results_csv("b", RECEIPTS, None, october))
    assert first["window_start"] == "2026-10-01 00:00:00"
    assert first["window_end"] == "2026-11-01 00:00:00"


@given(names)
def test_no_name_is_a_formula_and_every_name_can_be_restored(name: str) -> None:
    cell = as_cell(name)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == name


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "'=x"]
)
def test_a_name_that_a_spreadsheet_would_compute_is_marked_as_text(name: str) -> None:
    assert as_cell(name) == "'" + name


@pytest.mark.parametrize(
    "existing",
    [
        b"creator;placed\n",
        "run_id,aná\n".encode("latin-1"),
        results_csv("a", OTHERS, None) + b"torn,line\n",
        results_csv("a", OTHERS, None) + b'"open',
    ],
)
def test_a_file_that_another_program_changed_is_not_overwritten(existing: bytes) -> None:
    with pytest.raises(MessageError, match="move that file away"):
        results_csv("b", RECEIPTS, existing)
