"""What the benchmarks say of a program must be the program's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.extract.field import Contender
from benchmarks.extract.race import Result
from benchmarks.measure import Work, measure

MB = 1_000_000


def test_the_memory_of_whoever_measures_does_not_count() -> None:
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


def test_time_that_is_waited_is_no_cpu_time() -> None:
    taken = measure(["sleep", "0.5"])
    assert taken.seconds >= 0.5
    assert taken.cpu_seconds < 0.25


def test_a_program_that_fails_has_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure(["false"])


def test_a_program_tells_its_work_apart_from_its_start(tmp_path: Path) -> None:
    program = (
        "import time; from benchmarks.measure import peak_mb, report_work; time.sleep(0.5);"
        "print('no newline', end=''); report_work(lambda: time.sleep(0.1), idle_mb=peak_mb())"
    )
    with (tmp_path / "output").open("wb") as output:
        measure([sys.executable, "-c", program], stdout=output)
    work = Work.from_output((tmp_path / "output").read_bytes())
    assert 0.1 <= work.seconds < 0.5
    assert work.idle_mb > 5


def test_the_best_of_several_rounds_has_the_shortest_times_and_the_highest_memory() -> None:
    rounds = [
        Result("one", 1000, seconds, cpu, start, peak, idle)
        for seconds, cpu, start, peak, idle in [
            (2.0, 1.0, 0.3, 70.0, 50.0),
            (1.0, 1.5, 0.2, 80.0, 60.0),
        ]
    ]
    assert Result.best(rounds) == Result("one", 1000, 1.0, 1.0, 0.2, 80.0, 50.0)


def test_a_contender_that_this_machine_is_too_small_for_says_so() -> None:
    hungry = Contender("hungry", ["true"], bytes_per_row=1000)
    assert hungry.hindrance(rows=1000, free_bytes=1000 * 1000) is None
    assert hungry.hindrance(rows=2000, free_bytes=1000 * 1000) == (
        "it would take 2 MB of memory, and 1 are free"
    )


def test_a_contender_whose_library_is_missing_says_how_to_get_it() -> None:
    needs = Contender("needy", ["true"], library="no_such_library")
    reason = needs.hindrance(rows=1, free_bytes=1)
    assert reason == "no_such_library is not installed (`uv sync --group benchmarks` does it)"
