"""Rows of the database as a canonical CSV with its chunks."""

import json
from itertools import batched, groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason
from collage_core.covers.chunking import MOST_CHUNKS, ChunkPlanner, ChunkSpan
from collage_core.covers.cover_csv import HEADER, read_chunk, write_row
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.covers.rows import CoverRow
from collage_core.errors import SettingError, StreamError
from collage_core.export.csv_writer import write_covers
from collage_core.export.rows import Row
from tests.support.strategies import names, texts, urls

database_rows = st.lists(
    st.tuples(
        st.none() | names.map(str.encode) | st.sampled_from([b"", b"  "]),
        st.none() | urls.map(str.encode) | texts.map(str.encode),
        st.none() | st.just(b"2026-10-01 00:00:00"),
    ),
    max_size=60,
).map(lambda rows: sorted(rows, key=lambda row: row[0] or b""))

# Mostly plain, so that whole batches, whole creators and single rows are written each in its way.
plain_fields = st.sampled_from([b"a", b"https://cdn.example/1", "aná 🦄".encode()])
awkward_fields = st.sampled_from(
    [
        None,
        b"",
        b"  ",
        "\u3000".encode(),
        b"a,b",
        b'a"b',
        b"a\nb",
        b"a\rb",
        b"a\0b",
        b"\n" * 40,
        b"{}",
        b"[1 2]",
        b"x" * LONGEST_ROW,
        b"\xff",
        "é".encode()[:1],
        "é".encode()[1:],
    ]
)
awkward_rows = st.lists(
    st.tuples(
        *[st.one_of(plain_fields, plain_fields, plain_fields, awkward_fields) for _ in COLUMNS]
    ),
    max_size=40,
).map(lambda rows: sorted(rows, key=lambda row: row[0] or b""))


def written(
    rows: list[Row], *, chunk_rows: int = 5, batch_rows: int = 7, expected: int | None = None
) -> tuple[bytes, list[ChunkSpan]]:
    pieces: list[bytes] = []
    spans = write_covers(
        batched(rows, batch_rows),
        expected=len(rows) if expected is None else expected,
        chunk_rows=chunk_rows,
        write=pieces.append,
    )
    return b"".join(pieces), spans


@given(database_rows, st.integers(1, 20))
def test_chunks_follow_each_other_from_the_header_to_the_end_of_the_file(
    rows: list[Row], chunk_rows: int
) -> None:
    csv, spans = written(rows, chunk_rows=chunk_rows)
    edges = [len(HEADER), *(span.byte_range[1] + 1 for span in spans)]
    assert [span.byte_range[0] for span in spans] == edges[:-1]
    assert edges[-1] == len(csv)
    assert sum(span.rows for span in spans) == len(rows)


@given(database_rows, st.integers(1, 20))
def test_each_chunk_parses_alone_to_the_database_rows_and_splits_no_creator(
    rows: list[Row], chunk_rows: int
) -> None:
    csv, spans = written(rows, chunk_rows=chunk_rows)
    chunks = [list(read_chunk(csv[first : last + 1])) for first, last in _ranges(spans)]
    assert [len(chunk) for chunk in chunks] == [span.rows for span in spans]
    read = [row for chunk in chunks for row in chunk]
    for row, (name, url, _) in zip(read, rows, strict=True):
        if isinstance(row, CoverRow):
            assert (row.creator.encode(), row.url.encode()) == (name, url)
    creators = [{row.creator for row in chunk if row.creator} for chunk in chunks]
    assert sum(map(len, creators)) == len(set().union(*creators))


def is_text(field: bytes) -> bool:
    try:
        field.decode()
    except UnicodeDecodeError:
        return False
    return True


def row_by_row(rows: list[Row], *, chunk_rows: int) -> tuple[bytes, list[ChunkSpan]]:
    """What must be written, computed in the simplest way."""
    planner = ChunkPlanner(rows=len(rows), chunk_rows=chunk_rows, first_byte=len(HEADER))
    csv, creator = HEADER, b""
    for row in rows:
        name, url, updated_at = (field or b"" for field in row)
        if is_text(name):
            creator = name
        if all(map(is_text, (name, url, updated_at))):
            line = write_row(name.decode(), url.decode(), updated_at.decode())
        else:
            line = b"this row was not UTF-8\n"
        planner.add(creator, len(line), line.count(b"\n"))
        planner.digest(line)
        csv += line
    return csv, planner.finish()


@given(awkward_rows, st.integers(1, 6), st.integers(1, 12))
@example([(b"ana", "é".encode()[:1], "é".encode()[1:])], 1, 1)
@example([(b"", b"", b"x" * (LONGEST_ROW - 3))], 1, 1)  # two commas, a newline: the longest row
@example([(b"", b"", b"x" * (LONGEST_ROW - 2))], 1, 1)
@example([(b"  ", b"", b"")] * 5, 2, 5)  # a chunk ends between rows without a creator
def test_rows_written_at_once_are_what_they_are_one_by_one(
    rows: list[Row], chunk_rows: int, batch_rows: int
) -> None:
    expected = row_by_row(rows, chunk_rows=chunk_rows)
    assert written(rows, chunk_rows=chunk_rows, batch_rows=batch_rows) == expected


@pytest.mark.parametrize("beside", [b"https://cdn.example/2", b'{"url_list": []}'])
def test_json_becomes_its_first_url_whatever_other_rows_contain(beside: bytes) -> None:
    in_json = json.dumps({"url_list": ["https://cdn.example/1", "https://cdn.example/0"]}).encode()
    csv, _ = written([(b"ana", in_json, None), (b"ana", beside, None)])
    assert csv.splitlines()[1] == b"ana,https://cdn.example/1,"


def test_json_without_a_url_is_written_the_same_whatever_other_rows_contain() -> None:
    numbers = (b"ana", b"[ 1  2 ]", b"")
    alone, _ = written([numbers])
    beside, _ = written([numbers, (b"ana", b'"', b"")])
    assert beside.startswith(alone)


@given(database_rows)
def test_a_creator_that_comes_a_second_time_is_refused(rows: list[Row]) -> None:
    found = [list(group) for _, group in groupby(rows, key=lambda row: row[0] or b"")]
    if len(found) < 2:
        return
    torn = [*rows, found[0][0]]
    with pytest.raises(SettingError, match="ORDER BY CAST"):
        written(torn)


@pytest.mark.parametrize("column", range(3))
def test_a_row_that_is_not_utf8_is_rejected_alone_and_logged(
    column: int, caplog: pytest.LogCaptureFixture
) -> None:
    good: Row = (b"ana", b"https://cdn.example/1", b"2026-10-01 00:00:00")
    bad = [*good]
    bad[column] = b"\xff\xfe"
    csv, spans = written([good, (bad[0], bad[1], bad[2]), good], chunk_rows=1)
    rows = list(read_chunk(csv.removeprefix(HEADER)))
    assert [isinstance(row, CoverRow) for row in rows] == [True, False, True]
    assert rows[1].reason == Reason.BAD_ROW  # type: ignore[union-attr]
    assert [span.rows for span in spans] == [3], "no chunk ends within a creator"
    name = ["creator_name", "cover_url", "updated_at"][column]
    assert f"1 rows have bytes in {name} that are not UTF-8" in caplog.text


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_more_or_fewer_rows_than_the_database_counted_are_refused(expected: int) -> None:
    rows: list[Row] = [(b"ana", b"https://cdn.example/1", None)] * 2
    with pytest.raises(StreamError, match=f"counted {expected} covers but sent 2"):
        written(rows, expected=expected)


def test_a_window_without_covers_is_a_header_and_no_chunk() -> None:
    assert written([]) == (HEADER, [])


def test_a_run_has_no_more_chunks_than_one_listing_shows() -> None:
    rows: list[Row] = [(b"%05d" % number, b"", None) for number in range(2 * MOST_CHUNKS + 1)]
    csv, spans = written(rows, chunk_rows=1)
    assert len(spans) == 667, "three rows each"
    assert spans[0].byte_range[0] == len(HEADER)
    assert spans[-1].byte_range[1] == len(csv) - 1
    assert sum(span.rows for span in spans) == len(rows)


def test_a_repeated_export_cuts_where_it_cut_before() -> None:
    rows: list[Row] = [(b"%02d" % (number // 2), b"", None) for number in range(40)]
    _, before = written(rows)
    pieces: list[bytes] = []
    again = write_covers(
        batched([(b"", b"", None), *rows], 7),
        expected=41,
        chunk_rows=5,
        write=pieces.append,
        cuts=[span.first_creator for span in before],
    )
    assert [span.sha256 for span in again[1:]] == [span.sha256 for span in before]
    assert b"".join(pieces)[again[1].byte_range[0] :].startswith(b"00,")


def _ranges(spans: list[ChunkSpan]) -> list[tuple[int, int]]:
    return [span.byte_range for span in spans]
