from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.read_ahead import ReadAhead
from collage_core.worker.recipe import Selection


def creators(*covers: int) -> Iterator[tuple[CreatorRows, Selection]]:
    """One creator for each number, with so many selected covers."""
    for index, count in enumerate(covers):
        rows = [CoverRow(f"c{index}", f"http://cdn/{n}", None, n, 0) for n in range(count)]
        yield CreatorRows(f"c{index}", index, rows), Selection(rows, [], [])


class Starts(list[str]):
    """The creators of the covers that were started, in turn."""

    def __call__(self, row: CoverRow) -> Future[None]:
        self.append(row.creator)
        return Future()


def test_covers_are_started_in_their_order_and_no_more_than_there_is_room_for() -> None:
    starts = Starts()
    ahead = ReadAhead(creators(2, 2, 2), start=starts, most=3)
    ahead.fill()
    assert starts == ["c0", "c0", "c1"]
    assert [len(ahead.pop().covers), len(starts)] == [2, 3]
    ahead.fill()
    assert starts == ["c0", "c0", "c1", "c1", "c2"]


@pytest.mark.parametrize("most", [1, 3])
def test_a_creator_of_more_covers_than_there_is_room_for_gets_all_of_them(most: int) -> None:
    starts = Starts()
    ahead = ReadAhead(creators(5, 1), start=starts, most=most)
    ahead.fill()
    assert len(starts) == most
    assert len(ahead.pop().covers) == 5
    ahead.fill()
    assert starts == ["c0"] * 5 + ["c1"]
    assert len(ahead.pop().covers) == 1
    assert not ahead


def test_creators_without_covers_take_no_room() -> None:
    ahead = ReadAhead(creators(0, 0, 1), start=Starts(), most=1)
    ahead.fill()
    assert [ahead.pop().group.creator for _ in range(3)] == ["c0", "c1", "c2"]
    assert not ahead
