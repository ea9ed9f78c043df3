"""Races of the extract contenders: each run measured, and the rows of its CSV counted."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.extract.load import Load
from benchmarks.extract.participants import ExtractContender
from benchmarks.extract.servers import BUCKETS
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.result import Result
from local.ministack import Aws
from local.settings import INPUT_BUCKET

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractResult(Result):
    """What a contender took for `rows` rows.

    `seconds` are from the first query to the last byte stored, with the server's sort;
    `cpu_seconds` are the client's alone.
    """

    rows: int

    @property
    def rows_per_second(self) -> float:
        """Includes the time that the server takes to sort."""
        return self.rows / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds of the client for a million rows."""
        return self.cpu_seconds / self.rows * 1e6


def race_on(
    load: Load, contenders: Sequence[ExtractContender], *, rounds: int = 1
) -> list[ExtractResult]:
    """The best of several rounds for each contender, in the order of `contenders`.

    Raises BenchmarkError when one fails or has written another number of rows than the table has.
    """
    return race(contenders, partial(_run, load), rounds=rounds, progress=_progress)


def _progress(result: ExtractResult) -> str:
    return (
        f"{result.seconds:.1f} s, {result.cpu_per_million:.2f} CPU s per million rows, "
        f"{result.peak_mb:.0f} MB"
    )


def _run(load: Load, contender: ExtractContender, _number: int) -> ExtractResult:
    servers = load.servers
    output = servers.folder.of("output")
    figures = run_contender(
        contender,
        load,
        output=output,
        log=servers.folder.logs / "contender.log",
        environment=servers.environment(),
    )
    lines = _lines_in_s3(servers.aws) if contender.prints_work else _lines_in_file(output)
    output.unlink()
    _empty_buckets(servers.aws)
    if lines != load.rows + 1:
        raise BenchmarkError(
            f"{contender.title} wrote {lines} lines, but the table has {load.rows} rows, "
            "and a CSV one line more"
        )
    return ExtractResult(**asdict(figures), rows=load.rows)


def _lines_in_file(path: Path) -> int:
    with path.open("rb") as file:
        return _count_lines(iter(lambda: file.read(_BLOCK), b""))


def _lines_in_s3(aws: Aws) -> int:
    s3 = aws.s3()
    listed = s3.list_objects_v2(Bucket=INPUT_BUCKET).get("Contents", [])
    if len(listed) != 1:
        raise BenchmarkError(f"{len(listed)} objects are in the bucket, instead of one CSV")
    body = s3.get_object(Bucket=INPUT_BUCKET, Key=listed[0]["Key"])["Body"]
    return _count_lines(body.iter_chunks(_BLOCK))


def _count_lines(blocks: Iterable[bytes]) -> int:
    # No name and no URL of the table has a line break.
    return sum(block.count(b"\n") for block in blocks)


def _empty_buckets(aws: Aws) -> None:
    s3 = aws.s3()
    for bucket in BUCKETS:
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
