"""Contenders run in turns, and a failed one is reported with the end of its log."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.harness.contender import Contender
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.measure import Measurement, Work
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.result import Result

PRINT_WORK = """print('{"seconds": 1.0, "cpu_seconds": 0.0, "idle_mb": 5.0}')"""


def contender(program: str, *, prints_work: bool = True, **environment: str) -> Contender[str]:
    return Contender(
        "made-up",
        lambda load: [sys.executable, "-c", program, load],
        prints_work=prints_work,
        environment=environment,
    )


def run(folder: Path, contender: Contender[str]) -> Result:
    return run_contender(
        contender,
        "the load",
        output=folder / "stdout",
        log=folder / "stderr",
        environment={**os.environ, "EVERY": "contender"},
    )


def result(title: str, seconds: float) -> Result:
    return Result.of(title, Measurement(seconds + 1, 2, peak_mb=30), Work(seconds, 1, idle_mb=10))


def test_contenders_take_turns_and_each_has_its_best_round(
    capsys: pytest.CaptureFixture[str],
) -> None:
    order = []

    def run_once(contender: Contender[None], number: int) -> Result:
        order.append((contender.title, number))
        return result(contender.title, 3.0 - number)

    one: Contender[None] = Contender("one", lambda _: [])
    other: Contender[None] = Contender("other", lambda _: [])
    best = race([one, other], run_once, rounds=2, progress=lambda run: f"{run.seconds} s")
    assert order == [("one", 0), ("other", 0), ("one", 1), ("other", 1)]
    assert best == [result("one", 2.0), result("other", 2.0)]
    assert capsys.readouterr().err.splitlines() == [
        "round 1 of 2: one: 3.0 s",
        "round 1 of 2: other: 3.0 s",
        "round 2 of 2: one: 2.0 s",
        "round 2 of 2: other: 2.0 s",
    ]


def test_the_start_of_a_contender_that_prints_its_work_is_not_work(tmp_path: Path) -> None:
    found = run(tmp_path, contender(f"import time; time.sleep(1.1); {PRINT_WORK}"))
    assert (found.seconds, found.idle_mb) == (1.0, 5.0)
    assert found.start_seconds > 0.1
    assert found.above_idle_mb == found.peak_mb - 5


def test_the_whole_run_of_any_other_contender_is_work(tmp_path: Path) -> None:
    found = run(tmp_path, contender("import time; time.sleep(0.2)", prints_work=False))
    assert found.seconds > 0.2
    assert (found.start_seconds, found.start_cpu_seconds, found.idle_mb) == (0, 0, 0)


def test_a_contender_gets_its_own_variables_besides_those_of_all(tmp_path: Path) -> None:
    program = "import os, sys; print(sys.argv[1], os.environ['EVERY'], os.environ['OWN'])"
    run(tmp_path, contender(program, prints_work=False, OWN="variable"))
    assert (tmp_path / "stdout").read_text() == "the load contender variable\n"


def test_a_contender_that_fails_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = "import sys; sys.exit('\\n'.join(map(str, range(100))))"
    with pytest.raises(BenchmarkError) as failure:
        run(tmp_path, contender(program))
    assert str(failure.value).splitlines() == ["made-up failed:", *map(str, range(80, 100))]
