from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.picture_rules import PICTURE_RULES
from collage_core.contract.trigger import Trigger
from collage_core.covers import chunking
from collage_core.covers.chunking import (
    MOST_CHUNKS,
    ChunkPlanner,
    ChunkSpan,
    merge_spans,
    name_chunks,
)
from collage_core.covers.cover_csv import HEADER, is_blank, read_chunk, write_row
from collage_core.covers.rows import CoverRow
from tests.support.strategies import HOSTILE_NAMES, names

# A name with its number of rows; "" is a row whose creator is NULL in the database.
csv_plans = st.dictionaries(st.just("") | names, st.integers(1, 5), max_size=12)


def canonical(plan: dict[str, int], chunk_rows: int) -> tuple[bytes, list[ChunkSpan]]:
    """A canonical CSV of those creators, and its spans."""
    planner = ChunkPlanner(chunk_rows=chunk_rows, first_byte=len(HEADER))
    data = HEADER
    for name in sorted(plan):
        for number in range(plan[name]):
            line = write_row(name, f"http://h/{number}", "")
            planner.add(name, len(line), line.count(b"\n"))
            data += line
    return data, planner.finish()


def part(data: bytes, span: ChunkSpan) -> bytes:
    first, last = span.byte_range
    return data[first : last + 1]


@given(csv_plans, st.integers(1, 6))
@example(dict.fromkeys(HOSTILE_NAMES, 2), 1)
@example(dict.fromkeys(HOSTILE_NAMES, 1), 3)
def test_joined_chunks_are_the_file(plan: dict[str, int], chunk_rows: int) -> None:
    data, spans = canonical(plan, chunk_rows)
    assert HEADER + b"".join(part(data, span) for span in spans) == data


@given(csv_plans, st.integers(1, 6))
@example(dict.fromkeys(HOSTILE_NAMES, 2), 1)
@example(dict.fromkeys(HOSTILE_NAMES, 1), 3)
def test_a_creator_is_never_split_between_two_chunks(plan: dict[str, int], chunk_rows: int) -> None:
    data, spans = canonical(plan, chunk_rows)
    chunks = [{row.creator for row in read_chunk(part(data, span))} - {None} for span in spans]
    assert sum(map(len, chunks)) == len(set().union(*chunks)) == len(plan.keys() - {""})


@given(csv_plans, st.integers(1, 6))
def test_a_chunk_has_the_rows_creators_and_lines_of_its_plan(
    plan: dict[str, int], chunk_rows: int
) -> None:
    data, spans = canonical(plan, chunk_rows)
    for span in spans:
        rows = list(read_chunk(part(data, span)))
        assert len(rows) == span.rows
        assert len({row.creator for row in rows} - {None}) == span.creators
        assert span.first_line == 1 + data.count(b"\n", 0, span.byte_range[0])


@given(csv_plans, st.integers(1, 6))
def test_a_chunk_is_cut_at_the_first_change_of_creator_after_enough_rows(
    plan: dict[str, int], chunk_rows: int
) -> None:
    data, spans = canonical(plan, chunk_rows)
    assert all(span.rows >= chunk_rows for span in spans[:-1])
    for span in spans:
        creators = [row.creator for row in read_chunk(part(data, span))]
        without_last = [name for name in creators if name != creators[-1]]
        assert len(without_last) < chunk_rows


def test_a_file_without_rows_has_no_chunks() -> None:
    assert canonical({}, 5) == (HEADER, [])


def test_rows_without_a_creator_are_cut_anywhere_and_count_as_no_creator() -> None:
    _, spans = canonical({"": 5}, 2)
    assert [(span.rows, span.creators) for span in spans] == [(2, 0), (2, 0), (1, 0)]


@given(csv_plans)
def test_names_may_be_planned_as_text_or_as_bytes(plan: dict[str, int]) -> None:
    as_text, as_bytes = (ChunkPlanner(chunk_rows=2, first_byte=0) for _ in range(2))
    for name, rows in plan.items():
        for _ in range(rows):
            as_text.add(name, 10)
            as_bytes.add(name.encode(), 10)
    assert as_text.finish() == as_bytes.finish()


def test_a_planner_of_no_rows_per_chunk_is_refused() -> None:
    with pytest.raises(ValueError, match="chunk_rows is 0"):
        ChunkPlanner(chunk_rows=0, first_byte=0)


@given(csv_plans, st.integers(1, 5))
def test_merged_spans_cover_the_same_bytes_within_the_limit(
    plan: dict[str, int], most: int
) -> None:
    data, spans = canonical(plan, 1)
    merged = merge_spans(spans, most=most)
    assert len(merged) <= most
    assert b"".join(part(data, span) for span in merged) == data[len(HEADER) :]
    assert sum(span.rows for span in merged) == sum(plan.values())
    assert sum(span.creators for span in merged) == sum(not is_blank(name) for name in plan)
    assert [span.first_line for span in merged] == [
        1 + data.count(b"\n", 0, span.byte_range[0]) for span in merged
    ]


def test_spans_that_are_few_enough_stay_as_they_are() -> None:
    _, spans = canonical({"a": 1, "b": 1}, 1)
    assert merge_spans(spans) == spans


def test_the_receipts_of_the_longest_run_fit_in_one_listing() -> None:
    spans = [ChunkSpan((i, i), rows=1, creators=1, first_line=i + 2) for i in range(2001)]
    merged = merge_spans(spans)
    assert len(merged) == 667
    assert max(span.rows for span in merged) == 3
    assert MOST_CHUNKS == 1000


def chunk_ids(spans: list[ChunkSpan], *, etag: str = "etag", **changed: Any) -> list[str]:
    work: dict[str, Any] = {
        "config": ProcessingConfig(),
        "output_prefix": "",
        "trigger": Trigger.SQS,
    }
    return [chunk.chunk_id for chunk in name_chunks(spans, etag, **(work | changed))]


def test_chunk_ids_sort_in_file_order_and_differ_for_another_csv() -> None:
    spans = [ChunkSpan((i, i), rows=1, creators=1, first_line=i + 2) for i in range(1000)]
    ids = chunk_ids(spans)
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    assert set(ids).isdisjoint(chunk_ids(spans, etag="other"))
    assert ids == chunk_ids(spans)


@pytest.mark.parametrize(
    "changed",
    [
        {"config": ProcessingConfig(rows=4)},
        {"output_prefix": "again"},
        {"trigger": Trigger.MANUAL},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_chunk_ids_differ_for_another_configuration(changed: dict[str, Any]) -> None:
    spans = [ChunkSpan((36, 99), rows=1, creators=1, first_line=2)]
    assert chunk_ids(spans, **changed) != chunk_ids(spans)


def test_chunk_ids_differ_for_another_version_of_the_picture_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = [ChunkSpan((36, 99), rows=1, creators=1, first_line=2)]
    before = chunk_ids(spans)
    monkeypatch.setattr(chunking, "PICTURE_RULES", PICTURE_RULES + 1)
    assert set(chunk_ids(spans)).isdisjoint(before)


def test_a_chunk_is_read_without_the_rest_of_the_file() -> None:
    data, spans = canonical({"ana": 2, "bo": 1}, 1)
    rows = list(read_chunk(part(data, spans[1])))
    assert [row.creator for row in rows if isinstance(row, CoverRow)] == ["bo"]
