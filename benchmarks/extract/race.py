"""One contender's run, checked and measured, and the best of several rounds."""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.errors import BenchmarkError
from benchmarks.extract.field import Contender
from benchmarks.extract.servers import BUCKETS, Servers
from benchmarks.measure import Measurement, Work, measure
from local.settings import INPUT_BUCKET

_BLOCK = 1 << 20
_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender took for `rows` rows."""

    title: str
    rows: int
    seconds: float
    """From the first query to the last byte stored; the server's sort is in it."""
    cpu_seconds: float
    """Of the client alone, its start and its imports left out."""
    start_cpu_seconds: float
    peak_mb: float
    """Resident memory of the whole process at its highest."""
    idle_mb: float
    """The same of the process when it had started and done nothing yet."""

    @classmethod
    def best(cls, rounds: Sequence[Self]) -> Self:
        """The shortest times and the highest memory: what else a machine does only adds time."""
        return cls(
            title=rounds[0].title,
            rows=rounds[0].rows,
            seconds=min(one.seconds for one in rounds),
            cpu_seconds=min(one.cpu_seconds for one in rounds),
            start_cpu_seconds=min(one.start_cpu_seconds for one in rounds),
            peak_mb=max(one.peak_mb for one in rounds),
            idle_mb=min(one.idle_mb for one in rounds),
        )

    @property
    def rows_per_second(self) -> float:
        """With the time that the server takes to sort."""
        return self.rows / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds of the client for a million rows."""
        return self.cpu_seconds / self.rows * 1e6

    @property
    def above_idle_mb(self) -> float:
        """Memory that the work took."""
        return self.peak_mb - self.idle_mb


@dataclass(frozen=True, slots=True)
class Track:
    """Where the contenders run: the same servers, the same table of `rows` rows."""

    servers: Servers
    rows: int

    def run(self, contender: Contender) -> Result:
        """Run a contender to its end, and count and remove what it wrote.

        Raises BenchmarkError when it fails or has written another number of rows.
        """
        output = self.servers.folder.of("output")
        whole = self._measure(contender, output)
        if contender.writes_to_stdout:
            work = Work(whole.seconds, whole.cpu_seconds, idle_mb=0)
            with output.open("rb") as file:
                lines = _count_lines(iter(lambda: file.read(_BLOCK), b""))
        else:
            work = Work.from_output(output.read_bytes())
            lines = self._count_lines_in_s3()
        self._clean_up(output)
        if lines != self.rows + 1:
            raise BenchmarkError(
                f"{contender.title} wrote {lines} lines, but the table has {self.rows} rows, "
                "and a CSV one line more"
            )
        return Result(
            title=contender.title,
            rows=self.rows,
            seconds=work.seconds,
            cpu_seconds=work.cpu_seconds,
            start_cpu_seconds=whole.cpu_seconds - work.cpu_seconds,
            peak_mb=whole.peak_mb,
            idle_mb=work.idle_mb,
        )

    def _measure(self, contender: Contender, output: Path) -> Measurement:
        log = self.servers.folder.logs / "contender.log"
        try:
            with output.open("wb") as stdout, log.open("wb") as stderr:
                return measure(
                    contender.command,
                    env=self.servers.environment(),
                    stdout=stdout,
                    stderr=stderr,
                )
        except subprocess.CalledProcessError as error:
            end = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
            raise BenchmarkError("\n".join([f"{contender.title} failed:", *end])) from error

    def _count_lines_in_s3(self) -> int:
        s3 = self.servers.aws.s3()
        listed = s3.list_objects_v2(Bucket=INPUT_BUCKET).get("Contents", [])
        if len(listed) != 1:
            raise BenchmarkError(f"{len(listed)} objects are in the bucket, instead of one CSV")
        body = s3.get_object(Bucket=INPUT_BUCKET, Key=listed[0]["Key"])["Body"]
        return _count_lines(body.iter_chunks(_BLOCK))

    def _clean_up(self, output: Path) -> None:
        output.unlink()
        s3 = self.servers.aws.s3()
        for bucket in BUCKETS:
            for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=found["Key"])


def race(track: Track, contenders: Sequence[Contender], *, rounds: int) -> list[Result]:
    """The best that each contender does in several rounds, in the order of `contenders`.

    They take turns, so that a slow minute of the machine is nobody's own.
    """
    runs: dict[str, list[Result]] = {contender.title: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            result = track.run(contender)
            runs[contender.title].append(result)
            print(
                f"round {number + 1} of {rounds}: {contender.title}: {result.seconds:.1f} s, "
                f"{result.cpu_per_million:.2f} CPU s per million rows, {result.peak_mb:.0f} MB",
                file=sys.stderr,
            )
    return [Result.best(results) for results in runs.values()]


def _count_lines(blocks: Iterable[bytes]) -> int:
    # No name and no URL of the table has a line break.
    return sum(block.count(b"\n") for block in blocks)
