"""One contender's run, checked and measured, and the best of several rounds."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from PIL import Image

from benchmarks.collage.field import Contender
from benchmarks.collage.likeness import similarity
from benchmarks.collage.load import Load
from benchmarks.errors import BenchmarkError
from benchmarks.measure import Measurement, Work, measure

_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender took for a load; its start and its imports are left out of times."""

    name: str
    title: str
    creators: int
    covers: int
    seconds: float
    cpu_seconds: float
    """Of all its processes; the server's are not in it."""
    start_seconds: float
    peak_mb: float
    """Resident memory of all its processes together, at its highest."""
    server_cpu_seconds: float
    collage_bytes: int | None = None
    """Of the first creator's collage, which is like every other."""
    ssim: float | None = None

    @classmethod
    def best(cls, rounds: Sequence[Self]) -> Self:
        """The shortest times and the highest memory: what else a machine does only adds time."""
        return replace(
            rounds[0],
            seconds=min(one.seconds for one in rounds),
            cpu_seconds=min(one.cpu_seconds for one in rounds),
            start_seconds=min(one.start_seconds for one in rounds),
            peak_mb=max(one.peak_mb for one in rounds),
            server_cpu_seconds=min(one.server_cpu_seconds for one in rounds),
        )

    @property
    def collages_per_second(self) -> float:
        """Creators whose covers are done with, whether or not a collage comes of them."""
        return self.creators / self.seconds

    @property
    def images_per_second(self) -> float:
        """Covers downloaded, decoded and scaled."""
        return self.covers / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds for a thousand covers."""
        return self.cpu_seconds / self.covers * 1000


def race(
    load: Load,
    contenders: Sequence[Contender],
    *,
    rounds: int = 1,
    reference: Image.Image | None = None,
) -> list[Result]:
    """The best that each contender does in several rounds, in the order of `contenders`.

    They take turns, so that a slow minute of the machine is nobody's own. Collages are
    compared with `reference` in the first round: a contender makes the same each time.
    Raises BenchmarkError when a contender fails or leaves work undone.
    """
    runs: dict[str, list[Result]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            result = _run(load, contender, None if number else reference)
            runs[contender.name].append(result)
            print(
                f"round {number + 1} of {rounds}: {contender.title}: "
                f"{result.collages_per_second:.2f} collages/s, "
                f"{result.cpu_per_thousand:.2f} CPU s per 1000 covers, {result.peak_mb:.0f} MB",
                file=sys.stderr,
            )
    return [Result.best(results) for results in runs.values()]


def _run(load: Load, contender: Contender, reference: Image.Image | None) -> Result:
    shutil.rmtree(load.output, ignore_errors=True)
    server_start = load.server.cpu_seconds()
    whole, work = _measure(load, contender)
    result = Result(
        name=contender.name,
        title=contender.title,
        creators=load.creators,
        covers=load.covers,
        seconds=work.seconds,
        cpu_seconds=work.cpu_seconds,
        start_seconds=whole.seconds - work.seconds,
        peak_mb=whole.peak_mb,
        server_cpu_seconds=load.server.cpu_seconds() - server_start,
    )
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


def _measure(load: Load, contender: Contender) -> tuple[Measurement, Work]:
    output, log = (load.csv.with_name(name) for name in ("stdout", "stderr"))
    try:
        with output.open("wb") as stdout, log.open("wb") as stderr:
            whole = measure(
                contender.command(load), env=contender.environment, stdout=stdout, stderr=stderr
            )
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"{contender.title} failed:\n{_end_of(log)}") from error
    return whole, Work.from_output(output.read_bytes())


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
