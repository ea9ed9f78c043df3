"""The report of the collage benchmark."""

from dataclasses import replace

from benchmarks.collage.report import Report
from tests.support.benchmark_results import OURS

BOUND = replace(OURS, name="bound", title="bound", seconds=1.0, cpu_seconds=2.8)


def test_the_report_says_what_share_of_the_bound_the_core_reaches() -> None:
    report = Report("a machine", [OURS, BOUND], costs=[])
    assert report.verdicts() == ["collage_core, 64 downloads: 0.50 of the bound (0.80 by CPU)"]
    assert "0.50 of the bound" in str(report)
    assert "0.50 of the bound" in report.markdown()
