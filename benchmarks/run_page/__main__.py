"""`python -m benchmarks.run_page`: what the pages about a large run read, and how fast.

The buckets are a server of S3 on the same machine, over HTTPS, which takes its share of the
processors: S3 itself answers sooner, and from further away. Each page is read by a process of its
own, in turns, with a client that has no connection yet. The output is Markdown. Ratios within one
run hold on a busy machine, seconds do not.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.harness.buckets import Buckets, serve_buckets
from benchmarks.harness.contender import Contender, python_module
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.report import markdown
from benchmarks.harness.result import Result
from benchmarks.harness.table import Table
from benchmarks.run_page.large_run import BUCKETS, CREATORS_OF_CHUNK, write_runs
from local.folder import REPO

_HEADER = ["", "requests", "seconds", "its / our seconds", "CPU s", "MB above idle"]


@dataclass(frozen=True, slots=True)
class _Page(Contender[str]):
    """A page, or a naive way to the same."""

    beside: str = ""
    """The title of the page that it stands for; empty for a page of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageResult(Result):
    """What a page took."""

    requests: int
    beside: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 when a contender fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_page", description=__doc__)
    parser.add_argument("--chunks", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            root = Path(folder)
            with serve_buckets(root / "aws", BUCKETS) as buckets:
                write_runs(buckets.store, chunks=options.chunks)
                results = race(
                    _pages(), lambda one, _: _run(one, buckets, root), rounds=options.rounds
                )
    except BenchmarkError as error:
        print(f"benchmarks.run_page: {error}", file=sys.stderr)
        return 1
    seconds = {result.title: result.seconds for result in results}
    rows = [_row(result, seconds) for result in results]
    print(markdown([Table(_HEADER, rows)]))
    print(f"{options.chunks * CREATORS_OF_CHUNK:,} creators in {options.chunks:,} chunks.")
    return 0


def _pages() -> list[_Page]:
    first, gallery = "first page, closed run", "gallery"
    return [
        _ours(first, "closed"),
        _naive("all receipts, ten at a time", "ten-at-once", first),
        _naive("all receipts, one by one", "one-by-one", first),
        _ours("first page, run that works", "working"),
        _ours("100 chunks", "chunks"),
        _ours(gallery, "gallery"),
        _naive("all creators, read as documents", "records", gallery),
        _ours("search in the open gallery", "search"),
        _ours("gallery, run that works", "gallery-working"),
    ]


def _ours(title: str, page: str) -> _Page:
    return _Page(title, lambda _: python_module("benchmarks.run_page.contenders.ours", page))


def _naive(title: str, way: str, beside: str) -> _Page:
    module = "benchmarks.run_page.contenders.naive"
    return _Page(title, lambda _: python_module(module, way), beside=beside)


def _run(page: _Page, buckets: Buckets, folder: Path) -> _PageResult:
    output = folder / "stdout"
    result = run_contender(
        page,
        "",
        output=output,
        log=folder / "stderr",
        environment={**buckets.environment, "PYTHONPATH": str(REPO)},
    )
    said, counted = [line for line in output.read_text().splitlines() if line][:2]
    print(f"{page.title}: {said}", file=sys.stderr)
    requests = sum(json.loads(counted).values())
    return _PageResult(**asdict(result), requests=requests, beside=page.beside)


def _row(result: _PageResult, seconds: dict[str, float]) -> list[str]:
    ratio = result.seconds / seconds[result.beside] if result.beside else 1
    return [
        result.title,
        f"{result.requests:,}",
        f"{result.seconds:.2f}",
        f"{ratio:.2f}x",
        f"{result.cpu_seconds:.2f}",
        f"{result.above_idle_mb:.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
