"""Rows of the database as a canonical CSV with its chunks."""

from itertools import batched, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.covers_csv import write_covers
from collage_airflow.covers_query import Row
from collage_core.chunking import ChunkSpan
from collage_core.contract import CoverRow
from collage_core.cover_csv import HEADER, read_chunk
from collage_core.errors import BooksError, SettingError
from tests.support.strategies import names, texts, urls

database_rows = st.lists(
    st.tuples(
        st.none() | names.map(str.encode) | st.sampled_from([b"", b"  "]),
        st.none() | urls.map(str.encode) | texts.map(str.encode),
        st.none() | st.just(b"2026-10-01 00:00:00"),
    ),
    max_size=60,
).map(lambda rows: sorted(rows, key=lambda row: row[0] or b""))


def written(
    rows: list[Row], *, chunk_rows: int = 5, expected: int | None = None
) -> tuple[bytes, list[ChunkSpan]]:
    pieces: list[bytes] = []
    spans = write_covers(
        batched(rows, 7),
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
def test_every_chunk_parses_alone_to_the_rows_of_the_database_and_splits_no_creator(
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


@given(database_rows)
def test_a_creator_that_comes_a_second_time_is_refused(rows: list[Row]) -> None:
    found = [list(group) for _, group in groupby(rows, key=lambda row: row[0] or b"")]
    if len(found) < 2:
        return
    torn = [*rows, found[0][0]]
    with pytest.raises(SettingError, match="ORDER BY CAST"):
        written(torn)


@pytest.mark.parametrize("column", range(3))
def test_bytes_that_are_no_text_are_refused_with_the_column_they_came_from(column: int) -> None:
    row = [b"ana", b"https://cdn.example/1", b"2026-10-01 00:00:00"]
    row[column] = b"\xff\xfe"
    name = ["creator_name", "cover_url", "updated_at"][column]
    with pytest.raises(SettingError, match=rf"as {name}, .* CONVERT\({name} USING utf8mb4\)"):
        written([(row[0], row[1], row[2])])


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_more_or_fewer_rows_than_the_database_counted_are_refused(expected: int) -> None:
    rows: list[Row] = [(b"ana", b"https://cdn.example/1", None)] * 2
    with pytest.raises(BooksError, match=f"counted {expected} covers but sent 2"):
        written(rows, expected=expected)


def test_a_window_without_covers_is_a_header_and_no_chunk() -> None:
    assert written([]) == (HEADER, [])


def _ranges(spans: list[ChunkSpan]) -> list[tuple[int, int]]:
    return [span.byte_range for span in spans]
