"""The Markdown of the extract benchmark."""

from benchmarks.extract.outcome import Machine, Outcome
from benchmarks.extract.race import ExtractResult
from benchmarks.extract.report import as_markdown
from benchmarks.extract.waiting import Waiting

OURS = ExtractResult(
    title="the extract task",
    rows=1000,
    seconds=2.0,
    cpu_seconds=1.0,
    start_seconds=0.5,
    start_cpu_seconds=0.5,
    peak_mb=170,
    idle_mb=150,
)


def test_the_report_has_the_load_the_results_those_left_out_and_the_growth() -> None:
    outcome = Outcome(
        machine=Machine(2, "3.12.1", "MariaDB"),
        rows=1000,
        creators=30,
        rounds=1,
        waiting=Waiting(0.5, 1.5),
        results=[OURS],
        left_out={"SqlToS3Operator": "pandas is not installed"},
        growth=[OURS],
    )
    setting, results, left_out, intro, growth = as_markdown(outcome).split("\n\n")
    assert setting.startswith("1,000 covers of 30 creators, URLs of 265 characters; 2 cores")
    assert results.splitlines()[2].replace(" ", "") == (
        "|theextracttask|500|1.00x|1000.00|1.00x|170|20|"
    )
    assert left_out == "Left out: SqlToS3Operator: pandas is not installed."
    assert intro == "The extract task at growing numbers of rows:"
    assert growth.splitlines()[2] == (
        "| 1,000 |     2.0 |    2000.00 |           1000.00 |     170 |            20 |"
    )
