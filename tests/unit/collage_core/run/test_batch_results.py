import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from msgspec import UNSET
from msgspec.structs import replace

from collage_core.contract.receipt import Receipt
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.batch_results import (
    RESULT_COLUMNS,
    as_cell,
    lines_of_run,
    read_results,
    write_results,
)
from collage_core.run.batch_results import results_csv as csv_of_lines
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore
from tests.support.runs import plan, run
from tests.support.strategies import HOSTILE_NAMES, names

_, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}], run_id="b")
_, OTHERS = run([dict.fromkeys(HOSTILE_NAMES, 1)], run_id="a")
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SETTINGS = Settings()
OUTPUT = SETTINGS.output_bucket


def results_csv(
    run_id: str,
    receipts: Iterable[Receipt],
    existing: bytes | None,
    window: Window | None = None,
) -> bytes:
    """The day's file with the lines of a run added or replaced."""
    others = read_results(existing) if existing else []
    own = (line for each in receipts for line in lines_of_run(run_id, each.results, window))
    return csv_of_lines([*(line for line in others if line[0] != run_id), *own])


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
    (first, *_) = lines(results_csv("b", RECEIPTS, None, OCTOBER))
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


BY_EXCEL = [
    b"creator;placed\n",
    "run_id,aná\n".encode("latin-1"),
    results_csv("a", OTHERS, None) + b"torn,line\n",
    results_csv("a", OTHERS, None) + b'"open',
    results_csv("b", RECEIPTS, None).replace(b",3,", b",3.0,", 1),
    results_csv("b", RECEIPTS, None, OCTOBER).replace(b"2026-10-01 00:00:00", b"10/1/2026 0:00"),
]


@pytest.mark.parametrize("name", ["00123", "1e5", "=1", "'", "long" * 90, "zoë"])
def test_a_name_that_a_spreadsheet_took_for_a_number_is_recognised(name: str) -> None:
    (receipt,) = RECEIPTS[1:]
    key = keys.collage(name, receipt.run_timestamp, Trigger.S3)
    result = replace(receipt.results[0], creator=name, collage_key=key)
    written = results_csv("b", [replace(receipt, results=[result])], None)
    assert read_results(written)
    for saved in ("123", "1.00E+05"):
        changed = written.replace(f"b,{as_cell(name)},".encode(), f"b,{saved},".encode())
        if not name.startswith("long"):  # its key has only a digest of it
            with pytest.raises(MessageError, match="line 2 has other values"):
                read_results(changed)


@pytest.mark.parametrize("existing", BY_EXCEL)
def test_a_file_that_another_program_has_saved_is_recognised(existing: bytes) -> None:
    with pytest.raises(MessageError):
        read_results(existing)


def close(store: MemoryStore, run_id: str, *chunks: dict[str, int], record: bool = True) -> bytes:
    """Write the record of a run and its results; the day's file then."""
    manifest, receipts = run(chunks, run_id=run_id)
    if record:
        results = (result for receipt in receipts for result in receipt.results)
        write_record(Run(SETTINGS, store, manifest), results, most=2)
    found = store.get(OUTPUT, write_results(store, SETTINGS, manifest, receipts))
    assert found is not None
    return found.body


DAY = keys.batch_results(plan([]).run_timestamp)


@pytest.mark.parametrize("saved", BY_EXCEL)
def test_a_file_that_another_program_has_saved_is_kept_and_made_again_from_the_records(
    saved: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore()
    for run_id in "abcdef":
        close(store, run_id, {f"{run_id}-1": 2, f"{run_id}-2": 1}, {f"{run_id}-3": 1})
    whole = close(store, "g", {"ana": 1})
    store.put(OUTPUT, DAY, saved, content_type="text/csv")
    assert close(store, "g", {"ana": 1}) == whole
    (kept,) = (key for key in store.list_keys(OUTPUT, "results/") if "_kept_" in key)
    found = store.get(OUTPUT, kept)
    assert found is not None
    assert found.body == saved
    assert kept in caplog.text
    assert close(store, "g", {"ana": 1}) == whole


def test_a_file_that_was_deleted_is_made_again_with_all_runs_of_the_day() -> None:
    store = MemoryStore()
    close(store, "a", {"ana": 2})
    whole = close(store, "b", {"bo": 1})
    store.delete_keys(OUTPUT, [DAY])
    assert close(store, "a", {"ana": 2}) == whole


def test_lines_of_a_run_without_a_record_stay_as_they_are() -> None:
    store = MemoryStore()
    close(store, "older", {"ana": 2}, record=False)
    assert [line["run_id"] for line in lines(close(store, "new", {"bo": 1}))] == ["new", "older"]


def test_a_record_that_cannot_be_read_costs_only_its_own_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    for run_id in "ab":
        close(store, run_id, {"ana": 2})
    store.delete_keys(OUTPUT, [DAY])
    page = keys.recorded_creators(plan([]).run_timestamp, "a", 1)
    store.put(OUTPUT, page, b"{}", content_type="application/json")
    assert [line["run_id"] for line in lines(close(store, "c", {"cy": 1}))] == ["b", "c"]
    assert "no lines of run a" in caplog.text
