"""The runs of the collage contenders are checked, and the best of several rounds counts."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.collage.covers import JPEG
from benchmarks.collage.load import Load
from benchmarks.collage.participants import CollageContender
from benchmarks.collage.race import CollageResult, race_on
from benchmarks.collage.server import cover_server
from benchmarks.harness.errors import BenchmarkError
from tests.support.benchmark_results import OURS

WORK = json.dumps({"seconds": 1.0, "cpu_seconds": 1.0, "idle_mb": 1.0})


def contender(program: str) -> CollageContender:
    return CollageContender(
        "made-up",
        lambda load: [sys.executable, "-c", program, str(load.output)],
        name="made-up",
        pictures="*.jpg",
    )


def run(folder: Path, contender: CollageContender) -> list[CollageResult]:
    with cover_server([b""], media_type=JPEG.media_type, latency_seconds=0) as server:
        load = Load(2, 1, server, folder / "covers.csv", folder / "covers", folder / "output")
        return race_on(load, [contender])


def test_a_contender_that_leaves_collages_out_has_no_result(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; out = pathlib.Path(sys.argv[1]); out.mkdir(); "
        f"(out / 'one.jpg').touch(); print('{WORK}')"
    )
    with pytest.raises(BenchmarkError, match="made-up left 1 pictures instead of 2"):
        run(tmp_path, contender(program))


def test_a_contender_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"(?s)made-up failed.*no such luck"):
        run(tmp_path, contender("raise SystemExit('no such luck')"))


def test_of_several_rounds_the_shortest_times_count_and_the_most_memory() -> None:
    slow = replace(OURS, seconds=9.0, cpu_seconds=9.0, peak_mb=100)
    assert CollageResult.best([slow, OURS]) == OURS
