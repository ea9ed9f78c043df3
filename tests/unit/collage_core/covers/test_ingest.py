import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.rejected import MOST_REJECTED_LINES
from collage_core.covers import ingest
from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.covers.cover_csv import HEADER, read_chunk, read_file, write_row
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.covers.grouping import creators
from collage_core.covers.ingest import ingest_csv
from collage_core.covers.rows import CoverRow
from collage_core.errors import CsvFormatError
from tests.support.strategies import moments, names, urls

# Rows of different times: the order of equal ones is the file's, and so changes with it.
distinct_rows = st.lists(
    st.tuples(names, urls, moments), max_size=25, unique_by=lambda row: row[2]
).map(lambda rows: [write_row(name, url, moment.isoformat()) for name, url, moment in rows])

bad_lines = st.lists(
    st.sampled_from([b"short\n", b",http://h/1,\n", b"ana,nothing,\n", b'"open\n', b"\0,,\n"]),
    max_size=5,
)


@given(distinct_rows, st.randoms(use_true_random=False))
def test_rows_in_any_order_are_ingested_as_the_same_ordered_csv(
    lines: list[bytes], shuffler: random.Random
) -> None:
    shuffled = lines.copy()
    shuffler.shuffle(shuffled)
    in_order = ingest_csv(HEADER + b"".join(lines), chunk_rows=3)
    assert ingest_csv(HEADER + b"".join(shuffled), chunk_rows=3) == in_order


@given(distinct_rows)
def test_an_ordered_csv_is_ingested_unchanged(lines: list[bytes]) -> None:
    ordered = ingest_csv(HEADER + b"".join(lines), chunk_rows=3)
    assert ingest_csv(ordered.ordered, chunk_rows=3) == ordered


@given(distinct_rows)
def test_the_ordered_csv_has_creators_by_their_bytes_and_covers_newest_first(
    lines: list[bytes],
) -> None:
    ordered = ingest_csv(HEADER + b"".join(lines), chunk_rows=3).ordered
    groups = list(creators(read_chunk(ordered.removeprefix(HEADER))))
    in_bytes = [str(group.creator).encode() for group in groups]
    assert in_bytes == sorted(set(in_bytes))
    for group in groups:
        times = [row.updated_at for row in group.rows]
        assert times == sorted(times, reverse=True)  # type: ignore[type-var]


@given(distinct_rows, bad_lines)
def test_every_row_is_in_a_chunk_or_rejected(lines: list[bytes], bad: list[bytes]) -> None:
    data = HEADER + b"".join(lines + bad)
    taken = ingest_csv(data, chunk_rows=3)
    assert taken.rows == len(list(read_file(data)))
    in_chunks = b"".join(
        taken.ordered[first : last + 1] for first, last in (span.byte_range for span in taken.spans)
    )
    rows = list(read_chunk(in_chunks))
    assert all(isinstance(row, CoverRow) for row in rows)
    assert len(rows) + taken.rejected.rows == taken.rows


def test_rejected_rows_keep_the_lines_of_the_uploaded_file() -> None:
    good = b'"z\nz",http://h/1,\n'
    taken = ingest_csv(HEADER + good + b"ana,nothing,\n" + good + b",http://h/2,\n", chunk_rows=9)
    assert [(row.line, row.reason) for row in taken.rejected.first] == [
        (4, "invalid_url"),
        (7, "no_creator"),
    ]


@pytest.mark.parametrize("date", ["2026-10-14", "10/14/2026"])
def test_a_row_that_becomes_too_long_is_rejected_without_its_date(
    date: str,
) -> None:
    url = "http://h/".ljust(LONGEST_ROW - 40, "a") + ",b"  # gains quotes when it is written again
    long = f"ana\t{url}\t{date}\n"
    assert len(long) < LONGEST_ROW
    header = "\t".join(COLUMNS)
    taken = ingest_csv(f"{header}\n{long}bo\thttp://h/1\t10/14/2026\n".encode(), chunk_rows=9)
    assert [(row.line, row.reason) for row in taken.rejected.first] == [(2, "bad_row")]
    assert (taken.dates.read, taken.dates.unread, taken.rejected.creators) == (1, 0, 1)
    assert [row.rows for row in taken.spans] == [1]


def test_a_creator_counts_as_rejected_only_without_a_usable_row() -> None:
    bad = b"ana,nothing,\nbo,nothing,\nbo,nothing,\n,http://h/1,\n"
    taken = ingest_csv(HEADER + bad + b"ana,http://h/1,\n", chunk_rows=9)
    assert taken.rejected.creators == 1
    assert taken.rejected.reasons == {"invalid_url": 3, "no_creator": 1}


def test_rejected_rows_are_all_counted_and_the_first_ones_named() -> None:
    taken = ingest_csv(HEADER + b"x\n" * 1000, chunk_rows=9)
    assert taken.rejected.rows == taken.rows == 1000
    assert [row.line for row in taken.rejected.first] == list(range(2, 2 + MOST_REJECTED_LINES))


def test_a_cover_of_unknown_time_stays_unknown() -> None:
    dated = b"ana,http://h/2,2026-10-14T00:00:00+00:00\n"
    taken = ingest_csv(HEADER + b"ana,http://h/1,yesterday\n" + dated, chunk_rows=9)
    assert taken.ordered == HEADER + dated + b"ana,http://h/1,\n"


def test_a_file_of_bad_rows_alone_has_no_chunk() -> None:
    taken = ingest_csv(HEADER + b"ana\n", chunk_rows=9)
    assert (taken.ordered, taken.spans, taken.rows) == (HEADER, [], 1)


def test_chunks_never_exceed_one_listing() -> None:
    lines = [b"%05d,http://h/1,\n" % number for number in range(2 * MOST_CHUNKS + 1)]
    taken = ingest_csv(HEADER + b"".join(lines), chunk_rows=1)
    assert len(taken.spans) == 667, "three together"
    assert taken.spans[0].byte_range[0] == len(HEADER)
    assert taken.spans[-1].byte_range[1] == len(taken.ordered) - 1
    assert taken.rows == len(lines)


def test_a_file_that_is_too_large_is_refused_with_the_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "MAX_CSV_BYTES", 3 * 1024 * 1024)
    with pytest.raises(CsvFormatError, match=r"4\.0 MiB: at most 3 MiB .* run the DAG"):
        ingest_csv(b"x" * 4 * 1024 * 1024, chunk_rows=9)


def test_a_file_of_too_many_lines_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "read_file", None)
    with pytest.raises(CsvFormatError, match=r"500001 lines: at most 500000 .* split it"):
        ingest_csv(b"x\n" * 500_001, chunk_rows=9)
