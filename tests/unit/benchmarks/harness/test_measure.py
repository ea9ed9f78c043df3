"""The figures that the benchmarks report for a program are the program's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness.measure import Work, measure

MB = 1_000_000


def test_the_memory_of_the_benchmark_itself_does_not_count() -> None:
    mine = b"x" * (200 * MB)
    assert measure(["true"]).peak_mb < 50
    del mine


def test_the_memory_of_the_program_and_of_its_children_counts() -> None:
    take = "x = b'x' * 200_000_000"
    assert measure([sys.executable, "-c", take]).peak_mb > 200
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {take!r}])"
    assert measure([sys.executable, "-c", child]).peak_mb > 200


def test_the_memory_of_processes_that_run_at_the_same_time_adds_up() -> None:
    take = "x = b'x' * 50_000_000"
    child = f"{take}; import time; time.sleep(1)"
    start_child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert 100 < measure([sys.executable, "-c", f"{take}; {start_child}"]).peak_mb < 150


def test_the_cpu_time_of_children_counts() -> None:
    child = "import time\nwhile time.process_time() < 0.5: pass"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert measure([sys.executable, "-c", program]).cpu_seconds > 0.5


def test_waiting_takes_no_cpu_time() -> None:
    taken = measure(["sleep", "0.5"])
    assert taken.seconds >= 0.5
    assert taken.cpu_seconds < 0.25


def test_a_program_that_fails_raises_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure(["false"])


def test_a_program_reports_its_work_without_its_start(tmp_path: Path) -> None:
    program = (
        "import time; from benchmarks.harness.measure import peak_mb, report_work; time.sleep(0.5);"
        "print('no newline', end=''); report_work(lambda: time.sleep(0.1), idle_mb=peak_mb())"
    )
    with (tmp_path / "output").open("wb") as output:
        measure([sys.executable, "-c", program], stdout=output)
    work = Work.from_output((tmp_path / "output").read_bytes())
    assert 0.1 <= work.seconds < 0.5
    assert work.idle_mb > 5
