"""Races of the collage contenders: each run measured, its collages counted and compared."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from PIL import Image

from benchmarks.collage.likeness import similarity
from benchmarks.collage.load import Load
from benchmarks.collage.participants import CollageContender
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.result import Result
from local.folder import REPO


@dataclass(frozen=True, slots=True, kw_only=True)
class CollageResult(Result):
    """What a contender took for the covers of so many creators."""

    LOWEST_IS_BEST: ClassVar[tuple[str, ...]] = (*Result.LOWEST_IS_BEST, "server_cpu_seconds")

    name: str
    creators: int
    covers: int
    server_cpu_seconds: float
    """Of the cover server; `cpu_seconds` does not include it."""
    collage_bytes: int | None = None
    """Of the first creator's collage; all others are like it."""
    ssim: float | None = None

    @property
    def collages_per_second(self) -> float:
        """Creators whose covers are processed, even if the contender makes no collage of them."""
        return self.creators / self.seconds

    @property
    def images_per_second(self) -> float:
        """Covers downloaded, decoded and scaled."""
        return self.covers / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds for a thousand covers."""
        return self.cpu_seconds / self.covers * 1000


def race_on(
    load: Load,
    contenders: Sequence[CollageContender],
    *,
    rounds: int = 1,
    reference: Image.Image | None = None,
    before: Callable[[], object] = lambda: None,
) -> list[CollageResult]:
    """The best of several rounds for each contender, in the order of `contenders`.

    Collages are compared with `reference` in the first round only: a contender makes the same
    ones each time. `before` is called before each run. Raises BenchmarkError when a contender fails
    or leaves work undone.
    """

    def run(contender: CollageContender, number: int) -> CollageResult:
        before()
        return _run(load, reference, contender, number)

    return race(contenders, run, rounds=rounds, progress=_progress)


def _progress(result: CollageResult) -> str:
    return (
        f"{result.collages_per_second:.2f} collages/s, "
        f"{result.cpu_per_thousand:.2f} CPU s per 1000 covers, {result.peak_mb:.0f} MB"
    )


def _run(
    load: Load, reference: Image.Image | None, contender: CollageContender, number: int
) -> CollageResult:
    shutil.rmtree(load.output, ignore_errors=True)
    server_start = load.server.cpu_seconds()
    figures = run_contender(
        contender,
        load,
        output=load.csv.with_name("stdout"),
        log=load.csv.with_name("stderr"),
        environment={**os.environ, "PYTHONPATH": str(REPO)},
    )
    result = CollageResult(
        **asdict(figures),
        name=contender.name,
        creators=load.creators,
        covers=load.covers,
        server_cpu_seconds=load.server.cpu_seconds() - server_start,
    )
    return _checked(result, load, contender, None if number else reference)


def _checked(
    result: CollageResult, load: Load, contender: CollageContender, reference: Image.Image | None
) -> CollageResult:
    """The result with what its pictures show. Raises BenchmarkError if any are missing."""
    if contender.pictures is None:
        return result
    pictures = sorted(load.output.glob(contender.pictures))
    expected = load.covers if contender.makes_cells else load.creators
    if len(pictures) != expected:
        raise BenchmarkError(
            f"{contender.title} left {len(pictures)} pictures instead of {expected}"
        )
    if contender.makes_cells:
        return result
    return replace(
        result,
        collage_bytes=pictures[0].stat().st_size,
        ssim=similarity(pictures[0], reference) if reference else None,
    )
