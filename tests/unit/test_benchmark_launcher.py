import sys

import pytest

from benchmarks.measure import Work, measure

ALLOCATE = "bytes_ = bytearray(50_000_000); bytes_[::4096] = b'x' * len(bytes_[::4096])"


def python(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program]


def test_memory_of_a_program_is_that_of_its_process_and_not_of_the_one_that_measures() -> None:
    assert 5 < measure(python("pass")).peak_mb < 40


def test_memory_of_processes_that_run_at_the_same_time_adds_up() -> None:
    child = f"{ALLOCATE}; import time; time.sleep(1)"
    start_child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    taken = measure(python(f"{ALLOCATE}; {start_child}"))
    assert 100 < taken.peak_mb < 150


def test_cpu_time_of_children_counts_towards_the_program() -> None:
    child = "import time\nwhile time.process_time() < 0.5: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert measure(python(parent)).cpu_seconds > 0.5


def test_work_is_read_from_the_last_line_of_what_a_program_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = Work.of(lambda: sys.stdout.write("hello"), idle_mb=12.5)
    work.report()
    assert Work.from_output(capsys.readouterr().out.encode()) == work
