import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.collage.cost import costs
from benchmarks.collage.covers import JPEG
from benchmarks.collage.field import Contender
from benchmarks.collage.load import Load
from benchmarks.collage.race import Result, race
from benchmarks.collage.report import Report
from benchmarks.collage.server import cover_server
from benchmarks.errors import BenchmarkError
from benchmarks.table import Table

WORK = json.dumps({"seconds": 1.0, "cpu_seconds": 1.0, "idle_mb": 1.0})

OURS = Result(
    name="ours-64",
    title="collage_core, 64 downloads",
    creators=10,
    covers=350,
    seconds=2.0,
    cpu_seconds=3.5,
    start_seconds=0.3,
    peak_mb=170,
    server_cpu_seconds=0.1,
)
BOUND = replace(OURS, name="bound", title="bound", seconds=1.0, cpu_seconds=2.8)


def contender(program: str) -> Contender:
    return Contender(
        "made-up",
        "made-up",
        lambda load: [sys.executable, "-c", program, str(load.output)],
        pictures="*.jpg",
    )


def run(folder: Path, contender: Contender) -> list[Result]:
    with cover_server([b""], media_type=JPEG.media_type, latency_seconds=0) as server:
        load = Load(2, 1, server, folder / "covers.csv", folder / "covers", folder / "output")
        return race(load, [contender])


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


def test_the_report_says_what_share_of_the_bound_the_core_reaches() -> None:
    report = Report("a machine", [OURS, BOUND], costs=[])
    assert report.verdicts() == ["collage_core, 64 downloads: 0.50 of the bound (0.80 by CPU)"]
    assert "0.50 of the bound" in str(report)
    assert "0.50 of the bound" in report.markdown()


def test_of_several_rounds_the_shortest_times_count_and_the_most_memory() -> None:
    slow = replace(OURS, seconds=9.0, cpu_seconds=9.0, peak_mb=100)
    assert Result.best([slow, OURS]) == OURS


def test_a_month_costs_more_on_x86_64_for_the_same_gb_seconds() -> None:
    arm64, x86_64 = costs(OURS, downloads=64)
    assert arm64.gb_seconds_per_thousand == x86_64.gb_seconds_per_thousand
    # 10 CPU ms per cover at 1769 MB: a cover takes 0.0173 GB-seconds.
    assert arm64.gb_seconds_per_thousand == pytest.approx(17.28, abs=0.01)
    assert arm64.lambda_dollars < x86_64.lambda_dollars < x86_64.dollars


def test_a_month_of_waiting_costs_the_seconds_that_were_waited_at_the_latency_of_the_run() -> None:
    waiting = replace(OURS, seconds=7.0)
    cost, _ = costs(waiting, downloads=8)
    # 20 ms per cover, twice what the CPU was busy.
    assert cost.gb_seconds_per_thousand == pytest.approx(34.55, abs=0.01)
    assert costs(replace(waiting, seconds=14.0), downloads=8)[0].gb_seconds_per_thousand == (
        pytest.approx(2 * cost.gb_seconds_per_thousand)
    )


def test_a_table_is_aligned_for_a_terminal_and_piped_for_markdown() -> None:
    table = Table(["", "MB"], [["sharp", "9"], ["vips", "100"]])
    assert str(table) == "        MB\nsharp    9\nvips   100"
    assert table.markdown() == "|  | MB |\n| --- | ---: |\n| sharp | 9 |\n| vips | 100 |"
