import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Event, Lock
from typing import override

import pytest

from collage_core.contract.books import DownloadCounts
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.reasons import Reason
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.pictures.imaging import Cell
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.sources.result import Failed, Fetched
from collage_core.worker.loading import FILES_AHEAD, FINISH_SECONDS, PART_BYTES_AHEAD, CoverLoader
from collage_core.worker.stopwatch import Stopwatch
from tests.support.chunks import recipe
from tests.support.pictures import encoded, numbered, read_number
from tests.support.waiting import eventually

COVER = encoded(numbered(7))
COLLAGES = recipe(b"", rows=5, cols=7)


class CountingSource:
    """Answers at once, and counts."""

    blocked_hosts = ""

    def __init__(self) -> None:
        self.fetched = 0
        self._lock = Lock()

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        assert seconds_left > 0
        with self._lock:
            self.fetched += 1
        return Failed("http_404") if url.endswith("missing") else Fetched(COVER)


def creators(number: int, covers: int) -> Iterator[CreatorRows]:
    for index in range(number):
        rows = [
            CoverRow(f"c{index}", f"http://host/{cover}.jpg", None, cover + 1, 0)
            for cover in range(covers)
        ]
        yield CreatorRows(f"c{index}", index, rows=rows)


def loader(source: CountingSource, collages: CollageRecipe = COLLAGES) -> CoverLoader[Cell]:
    return CoverLoader(
        collages,
        source,
        downloads=8,
        seconds_left=lambda: 1000.0,
        stopwatch=Stopwatch(),
    )


@pytest.mark.parametrize(
    ("covers", "size", "most_ahead"),
    [
        (35, "300x400", 140),
        (1, "300x400", 140),
        (100, "300x400", 140),
        (400, "300x400", 140),
        (1, "180x240", 388),
        (1, "360x480", 97),
        (35, "360x480", 97),
    ],
)
def test_as_much_is_loaded_ahead_as_is_allowed_whatever_the_creators_have(
    covers: int, size: str, most_ahead: int
) -> None:
    cell_size = CELL_SIZES[size]
    assert most_ahead == PART_BYTES_AHEAD // cell_size.bytes
    collages = replace(COLLAGES, covers_per_creator=covers, cell_size=cell_size)
    source = CountingSource()
    total = (most_ahead // covers + 4) * covers
    taken = 0
    with loader(source, collages) as cover_loader:
        for creator in cover_loader.creators(creators(total // covers, covers)):
            taken += len(creator.covers)
            most = min(taken + most_ahead, total)
            eventually(lambda: source.fetched >= most, pause=0.01)  # noqa: B023  called at once
            assert source.fetched == most
    assert taken == total


def test_creators_and_covers_come_in_their_order() -> None:
    class Numbered(CountingSource):
        """The later a cover was asked for, the sooner it is there."""

        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            super().fetch(url, seconds_left=seconds_left)
            number = int(url.rpartition("/")[2].removesuffix(".jpg"))
            time.sleep(0.002 * (7 - number % 8))
            return Fetched(encoded(numbered(number)))

    groups = [
        CreatorRows(
            f"c{index}",
            index,
            rows=[
                CoverRow(f"c{index}", f"http://host/{number}.jpg", None, number + 1, 0)
                for number in range(3 * index, 3 * index + 3)
            ],
        )
        for index in range(10)
    ]
    with loader(Numbered()) as cover_loader:
        loaded = list(cover_loader.creators(iter(groups)))
    assert [creator.group for creator in loaded] == groups
    assert [[_number(cover) for cover in creator.covers] for creator in loaded] == [
        [3 * index, 3 * index + 1, 3 * index + 2] for index in range(10)
    ]


def _number(cover: Cell | str) -> int:
    assert not isinstance(cover, str)
    return read_number(cover)


def test_a_cover_is_its_cell_or_the_reason_why_there_is_none() -> None:
    rows = [
        CoverRow("a", "http://host/1.jpg", None, 1, 0),
        CoverRow("a", "http://host/missing", None, 2, 0),
    ]
    with loader(CountingSource()) as cover_loader:
        (creator,) = cover_loader.creators(iter([CreatorRows("a", 0, rows=rows)]))
    cell, reason = creator.covers
    assert not isinstance(cell, str)
    assert read_number(cell) == 7
    assert reason == "http_404"
    assert not creator.ran_out_of_time


def test_a_creator_without_usable_rows_is_passed_on() -> None:
    with loader(CountingSource()) as cover_loader:
        loaded = list(cover_loader.creators(iter([CreatorRows("a", 0), CreatorRows(None, 9)])))
    assert [creator.covers for creator in loaded] == [[], []]


def test_without_time_only_the_first_creator_is_started_and_the_next_is_left() -> None:
    groups = creators(3, 2)
    with CoverLoader(
        COLLAGES,
        CountingSource(),
        downloads=1,
        seconds_left=lambda: 10.0,
        stopwatch=Stopwatch(),
    ) as cover_loader:
        loaded = list(cover_loader.creators(groups))
    assert [creator.group.creator for creator in loaded] == ["c0"]
    assert next(groups).creator == "c1"


def test_an_error_in_our_code_is_not_counted_as_a_bad_cover() -> None:
    class Broken(CountingSource):
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            raise ZeroDivisionError(url, seconds_left)

    with loader(Broken()) as cover_loader, pytest.raises(ZeroDivisionError):
        list(cover_loader.creators(creators(1, 1)))


def test_time_that_was_spent_on_packs_is_not_given_to_the_host_once_more() -> None:
    left = [100.0]
    given: list[float] = []

    class SlowPacks:
        packs = ()
        counts = DownloadCounts()

        def look_up(self, rows: Iterable[CoverRow]) -> None: ...

        def find(self, row: CoverRow, *, seconds_left: float) -> None:
            assert row.creator == "c0"
            given.append(seconds_left)
            left[0] -= 60

        def keep(self, row: CoverRow, fetched: Fetched) -> None: ...

        def flush(self, until: int | None) -> None: ...

    class Host(CountingSource):
        @override
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            given.append(seconds_left)
            return super().fetch(url, seconds_left=seconds_left)

    with CoverLoader(
        COLLAGES,
        Host(),
        downloads=1,
        seconds_left=lambda: left[0],
        stopwatch=Stopwatch(),
        keeper=SlowPacks(),
    ) as slow:
        list(slow.creators(creators(1, 1)))
    assert given == [100 - FINISH_SECONDS, 40 - FINISH_SECONDS]


class Rooms(CountingSource):
    """Counts the bodies that are in use."""

    def __init__(self) -> None:
        super().__init__()
        self.in_use = 0

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        super().fetch(url, seconds_left=seconds_left)
        room = ExitStack()
        room.callback(self._leave)
        with self._lock:
            self.in_use += 1
        return Fetched(COVER, room)

    def _leave(self) -> None:
        with self._lock:
            self.in_use -= 1


def test_downloads_go_on_while_covers_are_decoded_and_wait_when_files_pile_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, decode = Event(), CollageRecipe.decode
    monkeypatch.setattr(CollageRecipe, "decode", lambda *cover: go_on.wait(30) and decode(*cover))
    source = Rooms()
    with loader(source) as cover_loader:
        loaded = cover_loader.creators(creators(5, 35))
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(next, loaded)
            eventually(lambda: source.fetched == FILES_AHEAD + 8)
            time.sleep(0.1)
            assert source.fetched == source.in_use == FILES_AHEAD + 8
            go_on.set()
            first.result()
        list(loaded)
    assert source.in_use == 0


def test_what_is_abandoned_gives_its_room_back_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = Event()
    monkeypatch.setattr(CollageRecipe, "decode", lambda *_: go_on.wait(30) and Reason.NOT_AN_IMAGE)
    source = Rooms()
    with loader(source) as cover_loader, ThreadPoolExecutor(1) as pool:
        pool.submit(next, cover_loader.creators(creators(4, 35)))
        eventually(lambda: source.in_use == FILES_AHEAD + 8)
        cover_loader.__exit__(None, None, None)
        go_on.set()
    eventually(lambda: source.in_use == 0)


def test_a_cell_that_waits_does_not_keep_its_file() -> None:
    class Body(bytes):
        """Shows when it has been freed."""

        def __del__(self) -> None:
            gone.append(len(self))

    class Watched(CountingSource):
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            super().fetch(url, seconds_left=seconds_left)
            return Fetched(Body(COVER))

    gone: list[int] = []
    with loader(Watched()) as cover_loader:
        waiting = cover_loader.creators(creators(3, 10))
        next(waiting)
        eventually(lambda: len(gone) == 30)
