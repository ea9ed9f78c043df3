from collections.abc import Iterable
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.covers.chunking import MOST_CHUNKS, ChunkPlanner, ChunkSpan
from collage_core.covers.cover_csv import HEADER, read_chunk, write_row
from collage_core.covers.rows import CoverRow
from tests.support.strategies import HOSTILE_NAMES, names, texts

# A name with its number of rows; "" is a row whose creator is NULL in the database.
csv_plans = st.dictionaries(st.just("") | names, st.integers(1, 5), max_size=12)


def canonical(
    plan: dict[str, int],
    chunk_rows: int,
    *,
    cuts: Iterable[str] = (),
    most: int = MOST_CHUNKS,
    together: int = 1,
) -> tuple[bytes, list[ChunkSpan]]:
    """A canonical CSV of those creators, and its spans; some rows are digested together."""
    planner = ChunkPlanner(
        rows=sum(plan.values()),
        chunk_rows=chunk_rows,
        first_byte=len(HEADER),
        cuts=cuts,
        most=most,
    )
    data, waiting = HEADER, []
    for name in sorted(plan, key=str.encode):
        for number in range(plan[name]):
            line = write_row(name, f"http://h/{number}", "")
            planner.add(name.encode(), len(line), line.count(b"\n"))
            data += line
            waiting.append(line)
            if len(waiting) >= together:
                planner.digest(b"".join(waiting))
                waiting.clear()
    planner.digest(b"".join(waiting))
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
        names = [row.creator for row in rows if isinstance(row, CoverRow)]
        assert not names or names[-1] == span.last_creator
        assert not names or names[0] == span.first_creator or not span.first_creator.strip()
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


def test_a_planner_of_no_rows_per_chunk_is_refused() -> None:
    with pytest.raises(ValueError, match="chunk_rows is 0"):
        ChunkPlanner(rows=0, chunk_rows=0, first_byte=0)


def test_the_receipts_of_the_longest_run_fit_in_one_listing() -> None:
    rows = {f"{number:04}": 1 for number in range(2001)}
    _, spans = canonical(rows, 1)
    assert len(spans) == 667
    assert max(span.rows for span in spans) == 3
    assert MOST_CHUNKS == 1000


@given(csv_plans, st.integers(1, 6), st.lists(texts), st.integers(1, 5))
def test_no_plan_has_more_chunks_than_allowed_wherever_the_one_before_was_cut(
    plan: dict[str, int], chunk_rows: int, cuts: list[str], most: int
) -> None:
    data, spans = canonical(plan, chunk_rows, cuts=[*cuts, *plan], most=most)
    assert len(spans) <= most
    assert HEADER + b"".join(part(data, span) for span in spans) == data


@given(csv_plans, st.integers(1, 6))
def test_the_digest_of_a_chunk_is_that_of_its_bytes(plan: dict[str, int], chunk_rows: int) -> None:
    data, spans = canonical(plan, chunk_rows)
    for span in spans:
        assert span.sha256 == sha256(part(data, span)).hexdigest()


@given(csv_plans, st.integers(1, 6), st.integers(1, 100))
def test_bytes_may_be_digested_in_any_pieces_of_whole_rows(
    plan: dict[str, int], chunk_rows: int, together: int
) -> None:
    assert canonical(plan, chunk_rows, together=together) == canonical(plan, chunk_rows)


def test_bytes_that_were_not_counted_or_not_digested_are_refused() -> None:
    planner = ChunkPlanner(rows=2, chunk_rows=1, first_byte=0)
    planner.add(b"ana", 3)
    with pytest.raises(ValueError, match="0 bytes to digest, but 3 were counted"):
        planner.finish()
    with pytest.raises(ValueError, match="4 bytes to digest, but 3 were counted"):
        planner.digest(b"1234")


def starts(spans: list[ChunkSpan]) -> list[str]:
    return [span.first_creator for span in spans]


def digests(spans: list[ChunkSpan]) -> set[str]:
    return {span.sha256 for span in spans}


@given(csv_plans, st.integers(1, 6))
@example({"": 5, "a": 1, "  ": 4, "b": 2}, 2)
@example({"\u3000": 3, "a": 5}, 2)
def test_the_same_rows_are_cut_where_they_were(plan: dict[str, int], chunk_rows: int) -> None:
    data, spans = canonical(plan, chunk_rows)
    assert canonical(plan, chunk_rows, cuts=starts(spans)) == (data, spans)


@given(csv_plans, csv_plans, st.integers(1, 6))
def test_a_plan_that_was_changed_is_repeated_as_it_is(
    before: dict[str, int], after: dict[str, int], chunk_rows: int
) -> None:
    _, spans = canonical(before, chunk_rows)
    data, changed = canonical(after, chunk_rows, cuts=starts(spans))
    if spans:
        assert canonical(after, chunk_rows, cuts=starts(changed)) == (data, changed)


named_plans = st.dictionaries(names, st.integers(1, 5), min_size=1, max_size=12)


@given(named_plans, st.integers(1, 6), st.data())
def test_one_more_row_of_a_creator_changes_one_chunk(
    plan: dict[str, int], chunk_rows: int, data: st.DataObject
) -> None:
    _, spans = canonical(plan, chunk_rows)
    creator = data.draw(st.sampled_from(sorted(plan)))
    _, again = canonical(plan | {creator: plan[creator] + 1}, chunk_rows, cuts=starts(spans))
    assert starts(again) == starts(spans)
    assert len(digests(spans) - digests(again)) == 1


@given(named_plans, st.integers(1, 6), st.data())
def test_one_row_less_changes_or_removes_one_chunk(
    plan: dict[str, int], chunk_rows: int, data: st.DataObject
) -> None:
    _, spans = canonical(plan, chunk_rows)
    creator = data.draw(st.sampled_from(sorted(plan)))
    rest = {name: rows - (name == creator) for name, rows in plan.items()}
    left = {name: rows for name, rows in rest.items() if rows}
    _, again = canonical(left, chunk_rows, cuts=starts(spans))
    assert len(digests(spans) - digests(again)) == 1
    assert len(digests(again) - digests(spans)) <= 1


@given(named_plans, st.integers(1, 6), st.data())
def test_a_creator_who_is_gone_changes_or_removes_one_chunk(
    plan: dict[str, int], chunk_rows: int, data: st.DataObject
) -> None:
    _, spans = canonical(plan, chunk_rows)
    gone = data.draw(st.sampled_from(sorted(plan)))
    left = {name: rows for name, rows in plan.items() if name != gone}
    _, again = canonical(left, chunk_rows, cuts=starts(spans))
    assert len(digests(spans) - digests(again)) == 1
    assert len(digests(again) - digests(spans)) <= 1


@given(named_plans, st.integers(2, 6), names, st.integers(1, 5))
def test_a_new_creator_changes_or_adds_one_chunk(
    plan: dict[str, int], chunk_rows: int, new: str, rows: int
) -> None:
    plan.pop(new, None)
    _, spans = canonical(plan, chunk_rows)
    _, again = canonical(plan | {new: rows}, chunk_rows, cuts=starts(spans))
    if len(plan) == 0:
        return
    assert len(digests(spans) - digests(again)) <= 1
    # A stretch that has become too long is cut once more.
    assert 1 <= len(digests(again) - digests(spans)) <= 2


@given(st.lists(csv_plans, min_size=2, max_size=6), st.integers(1, 3))
def test_chunks_stay_bounded_however_often_a_run_is_planned_again(
    plans: list[dict[str, int]], chunk_rows: int
) -> None:
    cuts: list[str] = []
    for plan in plans:
        data, spans = canonical(plan, chunk_rows, cuts=cuts)
        cuts = starts(spans)
        for span in spans:
            creators = [row.creator for row in read_chunk(part(data, span))]
            without_last = [name for name in creators if name != creators[-1]]
            assert len(without_last) < 2 * chunk_rows


def test_many_rows_before_the_first_cut_of_a_full_plan_are_cut_all_the_same() -> None:
    cuts = [f"y{number}" for number in range(5)]
    _, spans = canonical({f"a{number:02}": 1 for number in range(50)}, 1, cuts=cuts, most=5)
    assert max(span.rows for span in spans) <= 20
    assert len(spans) <= 5


def test_a_chunk_is_read_without_the_rest_of_the_file() -> None:
    data, spans = canonical({"ana": 2, "bo": 1}, 1)
    rows = list(read_chunk(part(data, spans[1])))
    assert [row.creator for row in rows if isinstance(row, CoverRow)] == ["bo"]
