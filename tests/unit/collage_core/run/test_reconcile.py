import pytest
from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.rejected import MOST_REJECTED_LINES, RejectedRow, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import MOST_FAILED_CREATORS, FailedCreator
from collage_core.errors import BooksError
from collage_core.run.reconcile import summarise
from tests.support.runs import SOURCE, TIMESTAMP, plan, run

ROWS = [{"ana": 3, "bo": 2}, {"cy": 4}]


def spoiled(receipt: Receipt, **books: object) -> Receipt:
    return replace(receipt, books=replace(receipt.books, **books))


def test_the_books_of_a_run_are_the_sum_of_its_receipts() -> None:
    manifest, receipts = run(ROWS)
    summary = summarise(manifest, receipts)
    assert summary.books == receipts[0].books + receipts[1].books
    assert summary.books.rows == RowCounts(total=9, placed=9)
    assert (summary.chunks, summary.status) == (2, "complete")
    assert (summary.run_id, summary.run_timestamp) == (manifest.run_id, TIMESTAMP)


def test_receipts_may_come_in_any_order() -> None:
    manifest, receipts = run(ROWS)
    assert summarise(manifest, reversed(receipts)) == summarise(manifest, receipts)


def test_a_run_without_rows_is_empty_and_balances() -> None:
    summary = summarise(plan([]), [])
    assert (summary.status, summary.books) == ("empty", Books())


def test_rows_rejected_before_any_chunk_are_in_the_books_with_their_reasons() -> None:
    first = [RejectedRow(2, "bad_row"), RejectedRow(4, "bad_row"), RejectedRow(9, "invalid_url")]
    rejected = Rejections({"bad_row": 2, "invalid_url": 1}, first=first)
    summary = summarise(plan([], rejected=rejected), [])
    assert summary.books.rows == RowCounts(total=3, rejected=3)
    assert summary.books.reasons == {"bad_row": 2, "invalid_url": 1}
    assert [row.line for row in summary.rejected] == [2, 4, 9]


def test_creators_with_only_rejected_rows_count_as_failed() -> None:
    manifest, receipts = run(ROWS)
    rejected = Rejections({"invalid_url": 5}, creators=2)
    summary = summarise(replace(manifest, rejected=rejected), receipts)
    assert summary.books.creators == CreatorCounts(total=5, complete=3, failed=2)


def test_rejected_lines_of_a_chunk_become_lines_of_the_csv() -> None:
    manifest, (first, second) = run(ROWS)
    books = replace(
        second.books,
        rows=RowCounts(total=4, placed=3, rejected=1),
        reasons={"invalid_url": 1},
    )
    second = replace(second, books=books, rejected=[RejectedRow(3, "invalid_url")])
    # The chunk begins at line 7: behind the header and the five rows of the first chunk.
    assert summarise(manifest, [first, second]).rejected == [RejectedRow(9, "invalid_url")]


def test_a_summary_names_no_more_rejected_lines_than_help() -> None:
    manifest, (first, second) = run([{"ana": 3}, {"cy": 150}])
    books = replace(second.books, rows=RowCounts(total=150, rejected=150), reasons={"bad_row": 150})
    lines = [RejectedRow(line, "bad_row") for line in range(1, 151)]
    second = replace(second, books=books, rejected=lines)
    summary = summarise(manifest, [first, second])
    assert len(summary.rejected) == MOST_REJECTED_LINES
    assert summary.books.rows.rejected == 150


def test_the_summary_of_a_csv_from_outside_names_the_uploaded_csv() -> None:
    origin = CsvSource("tiktok-image-input", "manual-uploads/mine.csv", "abc")
    assert summarise(plan([], origin=origin), []).source == origin
    assert summarise(plan([]), []).source == SOURCE


def test_a_missing_receipt_stops_the_run() -> None:
    manifest, receipts = run(ROWS)
    with pytest.raises(BooksError, match=f"no receipt of 1 .*{manifest.chunks[1].chunk_id}"):
        summarise(manifest, receipts[:1])


def test_a_receipt_that_comes_twice_stops_the_run() -> None:
    manifest, receipts = run(ROWS)
    with pytest.raises(BooksError, match="twice"):
        summarise(manifest, [*receipts, receipts[0]])


def test_a_receipt_of_an_unknown_chunk_stops_the_run() -> None:
    manifest, receipts = run(ROWS)
    with pytest.raises(BooksError, match="00000-foreign"):
        summarise(manifest, [*receipts, replace(receipts[0], chunk_id="00000-foreign")])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("run_id", "another"),
        ("run_timestamp", RunTimestamp.parse("20261002_000000")),
        ("resume_at", 736),
    ],
)
def test_a_receipt_of_another_run_or_of_a_part_stops_the_run(field: str, value: object) -> None:
    manifest, (first, second) = run(ROWS)
    changed = replace(second, **{"byte_range" if field == "bytes" else field: value})
    with pytest.raises(BooksError, match=f"{second.chunk_id} .* has {field} .* Clear dispatch"):
        summarise(manifest, [first, changed])


def test_a_receipt_of_the_same_rows_counts_wherever_they_were_when_it_was_written() -> None:
    manifest, (first, second) = run(ROWS)
    moved = replace(second, source=replace(SOURCE, etag="another"), byte_range=(36, 435))
    assert summarise(manifest, [first, moved]) == summarise(manifest, [first, second])


def test_a_receipt_of_the_same_rows_in_another_csv_counts() -> None:
    """Its run was planned again: an ETag and a place have changed, and no row of this chunk."""
    manifest, (first, second) = run(ROWS)
    moved = tuple(byte + 100 for byte in second.byte_range)
    kept = replace(second, source=replace(SOURCE, etag="another"), byte_range=moved)
    assert summarise(manifest, [first, kept]) == summarise(manifest, [first, second])


def test_a_receipt_of_an_older_release_must_be_of_the_very_csv() -> None:
    manifest, (first, second) = run(ROWS)
    chunks = [replace(chunk, rows_sha256=None) for chunk in manifest.chunks]
    older = replace(manifest, chunks=chunks)
    summarise(older, [first, second])
    with pytest.raises(BooksError, match="it has source"):
        summarise(older, [first, replace(second, source=replace(SOURCE, etag="another"))])


def test_a_receipt_that_is_off_by_one_row_stops_the_run() -> None:
    manifest, (first, second) = run(ROWS)
    for rows in (3, 5):
        wrong = spoiled(second, rows=RowCounts(total=rows, placed=rows))
        with pytest.raises(BooksError, match=f"{second.chunk_id} .* counts {rows} rows"):
            summarise(manifest, [first, wrong])


def test_a_receipt_that_does_not_balance_stops_the_run() -> None:
    manifest, (first, second) = run(ROWS)
    with pytest.raises(BooksError, match="off by 1"):
        summarise(manifest, [first, spoiled(second, rows=RowCounts(total=4, placed=3))])


def test_a_receipt_whose_creators_are_not_its_results_stops_the_run() -> None:
    manifest, (first, second) = run(ROWS)
    with pytest.raises(BooksError, match="counts creators"):
        summarise(manifest, [first, replace(second, results=[])])
    failed = [replace(second.results[0], outcome=Outcome.FAILED)]
    with pytest.raises(BooksError, match="counts creators"):
        summarise(manifest, [first, replace(second, results=failed)])


def test_a_receipt_of_more_creators_than_planned_stops_the_run() -> None:
    manifest, (first, second) = run(ROWS)
    wrong = replace(
        spoiled(second, creators=CreatorCounts(total=2, complete=2)),
        results=[*second.results, CreatorResult("dee", Outcome.COMPLETE, RowCounts(), None)],
    )
    with pytest.raises(BooksError, match="counts creators"):
        summarise(manifest, [first, wrong])


def test_a_planned_creator_none_of_whose_rows_can_be_read_is_no_error() -> None:
    manifest, (first, second) = run(ROWS)
    unreadable = replace(
        spoiled(
            second,
            rows=RowCounts(total=4, rejected=4),
            reasons={"bad_row": 4},
            creators=CreatorCounts(),
        ),
        results=[],
        rejected=[RejectedRow(line, "bad_row") for line in (1, 2, 3, 4)],
    )
    assert summarise(manifest, [first, unreadable]).books.creators.total == 2


def test_a_creator_in_two_chunks_stops_the_run() -> None:
    manifest, receipts = run([{"ana": 3}, {"ana": 4}])
    first, second = (chunk.chunk_id for chunk in manifest.chunks)
    with pytest.raises(BooksError, match=f"'ana' is in chunk {first} and in chunk {second}"):
        summarise(manifest, receipts)


def test_dates_are_those_of_the_uploaded_csv_or_the_sum_of_the_chunks() -> None:
    manifest, receipts = run([{"ana": 3}, {"bo": 2}])
    assert summarise(manifest, receipts).dates == DateCounts(5, 0, "iso")
    handed_in = DateCounts(4, 1, "month/day/year")
    assert summarise(replace(manifest, dates=handed_in), receipts).dates == handed_in
    uncounted = [replace(receipts[0], dates=None), receipts[1]]
    assert summarise(manifest, uncounted).dates is None


def test_creators_without_a_collage_are_named_with_their_reasons() -> None:
    manifest, (first, second) = run(ROWS)
    nothing = CreatorResult(
        "bo", Outcome.FAILED, RowCounts(total=2, failed=2), None, {"timeout": 2}
    )
    books = replace(
        first.books,
        rows=RowCounts(total=5, placed=3, failed=2),
        reasons={"timeout": 2},
        creators=CreatorCounts(total=2, complete=1, failed=1),
    )
    first = replace(first, results=[first.results[0], nothing], books=books)
    summary = summarise(manifest, [second, first])
    assert summary.failed_creators == [FailedCreator("bo", {"timeout": 2})]


def test_a_summary_names_the_first_hundred_creators_without_a_collage() -> None:
    names = [f"creator{number:03d}" for number in range(150)]
    manifest, (receipt,) = run([dict.fromkeys(names, 1)])
    books = replace(
        receipt.books,
        rows=RowCounts(total=150, failed=150),
        reasons={"http_403": 150},
        creators=CreatorCounts(total=150, failed=150),
    )
    results = [
        CreatorResult(name, Outcome.FAILED, RowCounts(1, failed=1), None, {"http_403": 1})
        for name in reversed(names)
    ]
    summary = summarise(manifest, [replace(receipt, results=results, books=books)])
    assert [one.creator for one in summary.failed_creators] == names[:MOST_FAILED_CREATORS]
    assert summary.books.creators.failed == 150
