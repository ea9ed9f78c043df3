import json
from pathlib import Path

import pytest

from benchmarks.collage.__main__ import main
from benchmarks.collage.covers import JPEG, paint_covers, write_csv
from benchmarks.collage.load import Load
from benchmarks.collage.participants import (
    IMG2DATASET,
    CollageContender,
    everyone,
    ours,
    usual_script,
    worker,
)
from benchmarks.collage.race import race_on
from benchmarks.collage.server import cover_server
from benchmarks.harness.errors import BenchmarkError

# img2dataset, where it is installed, takes a quarter of a minute to start its processes.
CONTENDERS = [one.name for one in everyone() if one.name != IMG2DATASET]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """What the smallest benchmark finds: two collages of each contender that is installed."""
    file = tmp_path_factory.mktemp("benchmark") / "report.json"
    size = ["--creators", "2", "--rounds", "1", "--latency-ms", "1"]
    assert main([*size, "--only", *CONTENDERS, "--json", str(file)]) == 0
    return {result["name"]: result for result in json.loads(file.read_text())["results"]}


def test_the_benchmark_runs_what_setup_alone_installs(
    report: dict[str, dict[str, float]],
) -> None:
    assert report.keys() >= {"usual", "ours-8", "ours-64", "bound"}
    assert all(result["cpu_seconds"] > 0 and result["peak_mb"] > 10 for result in report.values())


def test_the_lines_of_the_benchmark_download_nothing(
    report: dict[str, dict[str, float]],
) -> None:
    for line in {"bound", "limit"} & report.keys():
        assert report[line]["server_cpu_seconds"] < report["ours-64"]["server_cpu_seconds"] / 2


def test_the_bound_decodes_no_more_than_the_core_and_the_limit_less(
    report: dict[str, dict[str, float]],
) -> None:
    core = report["ours-64"]["cpu_seconds"]
    # A tenth below the core on a quiet machine, a third of what decoding in full takes. The
    # machine that tests has other work to do, which adds more than a tenth.
    assert report["bound"]["cpu_seconds"] < 1.5 * core
    if "limit" in report:  # half of the core
        assert report["limit"]["cpu_seconds"] < core


def test_the_core_makes_the_same_collage_however_many_downloads_it_has_in_flight(
    report: dict[str, dict[str, float]],
) -> None:
    assert report["ours-8"]["collage_bytes"] == report["ours-64"]["collage_bytes"]


def test_every_collage_shows_the_covers_where_the_reference_has_them(
    report: dict[str, dict[str, float]],
) -> None:
    compared = [result["ssim"] for result in report.values() if result["ssim"] is not None]
    if not compared:
        pytest.skip("scikit-image is not installed")
    assert min(compared) > 0.9


@pytest.mark.parametrize(
    ("contender", "complaint"),
    [
        (ours(8), "2 of 4 covers were placed.*not_an_image"),
        (worker("worker", chunk_rows=2, rows=1, cols=2, downloads=8), "1 of 2 covers were placed"),
        (usual_script(), "UnidentifiedImageError"),
    ],
    ids=["command line", "worker", "script"],
)
def test_a_contender_that_loses_covers_has_no_result(
    tmp_path: Path, contender: CollageContender, complaint: str
) -> None:
    covers = [paint_covers(JPEG)[0], b"<html>no cover</html>"]
    with cover_server(covers, media_type=JPEG.media_type, latency_seconds=0) as server:
        csv = tmp_path / "covers.csv"
        write_csv(csv, creators=2, covers=len(covers), origin=server.origin)
        load = Load(2, len(covers), server, csv, tmp_path / "covers", tmp_path / "output")
        with pytest.raises(BenchmarkError, match=f"(?s){complaint}"):
            race_on(load, [contender])
