from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.read_ahead import ReadAhead, StartedCreator
from collage_core.worker.recipe import Selection


def creators(*covers: int, reserves: int = 0) -> Iterator[tuple[CreatorRows, Selection]]:
    """One creator for each number, with so many selected covers."""
    for index, count in enumerate(covers):
        rows = [
            CoverRow(f"c{index}", f"http://cdn/{n}", None, n, 0) for n in range(count + reserves)
        ]
        selection = Selection(rows[:count], [], [], reserves=rows[count:])
        yield CreatorRows(f"c{index}", index, rows), selection


class Starts(list[str]):
    """The creators of the covers that were started, in turn. A cover's result is its line."""

    def __call__(self, creator: StartedCreator[int], row: CoverRow) -> Future[int]:
        assert creator.group.creator == row.creator
        self.append(row.creator)
        future: Future[int] = Future()
        future.set_result(row.line)
        return future


def lines(creator: StartedCreator[int]) -> list[int]:
    return [cover.result() for cover in creator.covers]


def test_covers_are_started_in_their_order_and_no_more_than_there_is_room_for() -> None:
    starts = Starts()
    ahead = ReadAhead(creators(2, 2, 2), start=starts, most=3)
    ahead.fill()
    assert starts == ["c0", "c0", "c1"]
    assert [lines(ahead.pop()), len(starts)] == [[0, 1], 3]
    ahead.fill()
    assert starts == ["c0", "c0", "c1", "c1", "c2"]


@pytest.mark.parametrize("most", [1, 3])
def test_a_creator_of_more_covers_than_there_is_room_for_gets_all_of_them(most: int) -> None:
    starts = Starts()
    ahead = ReadAhead(creators(5, 1), start=starts, most=most)
    ahead.fill()
    assert len(starts) == most
    assert lines(ahead.pop()) == [0, 1, 2, 3, 4]
    ahead.fill()
    assert starts == ["c0"] * 5 + ["c1"]
    assert lines(ahead.pop()) == [0]
    assert not ahead


def test_creators_without_covers_take_no_room() -> None:
    ahead = ReadAhead(creators(0, 0, 1), start=Starts(), most=1)
    ahead.fill()
    assert [ahead.pop().group.creator for _ in range(3)] == ["c0", "c1", "c2"]
    assert not ahead


def test_reserves_take_no_room_and_come_after_the_selected_covers() -> None:
    ahead = ReadAhead(creators(4, 4, reserves=2), start=Starts(), most=3)
    ahead.fill()
    first = ahead.pop()
    assert lines(first) == [0, 1, 2, 3]
    for _ in range(5):
        first.start_reserve()
    assert lines(first) == [0, 1, 2, 3, 4, 5]  # there are no more
    ahead.fill()
    second = ahead.pop()
    assert second.selected_started == 4


def test_a_reserve_that_is_started_while_the_covers_are_read_is_one_of_them() -> None:
    ahead = ReadAhead(creators(2, reserves=3), start=Starts(), most=9)
    ahead.fill()
    creator, read = ahead.pop(), []
    for cover in creator.covers:
        read.append(cover.result())
        if cover.result() in {0, 1, 2}:
            creator.start_reserve()
    assert read == [0, 1, 2, 3, 4]


def test_a_reserve_may_be_started_before_the_last_selected_cover() -> None:
    ahead = ReadAhead(creators(3, reserves=1), start=Starts(), most=1)
    ahead.fill()
    (first,) = ahead._started
    first.start_reserve()
    assert lines(ahead.pop()) == [0, 1, 2, 3]
