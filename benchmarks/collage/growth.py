"""How the core's figures change with the load: one variation at a time, one run each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.collage.covers import FORMATS
from benchmarks.collage.load import serve_load
from benchmarks.collage.participants import DOWNLOADS, ours, usual_script, worker
from benchmarks.collage.race import CollageResult, race_on
from benchmarks.harness.table import Table

_LATENCIES_MS = (10, 100, 300)
_GRIDS = {1: (1, 1), 5: (1, 5), 35: (5, 7), 100: (10, 10)}
"""The grid to fill, by covers per creator."""
_CHUNK_ROWS = (35, 350, 1400)
_MOST = max(DOWNLOADS)


@dataclass(frozen=True, slots=True)
class Point:
    """One run at one value of the variation."""

    value: str
    result: CollageResult


@dataclass(frozen=True, slots=True)
class Series:
    """All runs of one variation."""

    title: str
    points: Sequence[Point]

    @property
    def table(self) -> Table:
        """One line for each point."""
        header = [f"{self.title}, one run each", "images/s", "collages/s"]
        header += ["CPU s/1000 covers", "peak MB"]
        return Table(
            header,
            [
                [
                    f"{point.value}: {point.result.title}",
                    f"{point.result.images_per_second:.0f}",
                    f"{point.result.collages_per_second:.2f}",
                    f"{point.result.cpu_per_thousand:.1f}",
                    f"{point.result.peak_mb:.0f}",
                ]
                for point in self.points
            ],
        )


def all_growth(folder: Path, *, creators: int) -> list[Series]:
    """Every variation around the usual load of `creators` creators. Takes some minutes."""
    variations: dict[str, Callable[[Path, int], Iterator[Point]]] = {
        "latency": _by_latency,
        "covers per creator": _by_covers,
        "rows per chunk": _by_chunk,
        "format": _by_format,
    }
    return [Series(title, list(vary(folder, creators))) for title, vary in variations.items()]


def _by_latency(folder: Path, creators: int) -> Iterator[Point]:
    contenders = [usual_script(), *map(ours, DOWNLOADS)]
    for latency_ms in _LATENCIES_MS:
        with serve_load(folder, creators=creators, latency_ms=latency_ms) as load:
            for result in race_on(load, contenders):
                yield Point(f"{latency_ms} ms", result)


def _by_covers(folder: Path, creators: int) -> Iterator[Point]:
    """The usual number of covers, rounded up to full collages of more or fewer covers each."""
    covers = creators * _GRIDS[35][0] * _GRIDS[35][1]
    for each, (rows, cols) in _GRIDS.items():
        contender = ours(_MOST, "--rows", str(rows), "--cols", str(cols))
        with serve_load(folder, creators=-(-covers // each), covers_per_creator=each) as load:
            for result in race_on(load, [contender]):
                yield Point(str(each), result)


def _by_chunk(folder: Path, creators: int) -> Iterator[Point]:
    """A chunk begins without open connections, and its end overlaps with no other work."""
    rows, cols = _GRIDS[35]
    with serve_load(folder, creators=creators) as load:
        # More rows than the load has would make the same chunk under another name.
        for chunk_rows in [rows for rows in _CHUNK_ROWS if rows <= load.covers]:
            contender = worker(
                "worker", chunk_rows=chunk_rows, rows=rows, cols=cols, downloads=_MOST
            )
            for result in race_on(load, [contender]):
                yield Point(str(chunk_rows), result)


def _by_format(folder: Path, creators: int) -> Iterator[Point]:
    for form in FORMATS:
        with serve_load(folder, creators=creators, form=form) as load:
            for result in race_on(load, [ours(_MOST)]):
                yield Point(form.name, result)
