"""The CPU time of a program is that of everything it has started, whether it has ended or not."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks.orchestration.processes import cpu_seconds

BURN = "import time\nwhile time.process_time() < 0.5: pass\n"
PROGRAMS = {
    "it burns itself": f"{BURN}print(flush=True)\ninput()",
    "a child that has ended": (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {BURN!r}])\n"
        "print(flush=True)\ninput()"
    ),
    "a child that goes on": (
        "import subprocess, sys\n"
        f"code = {BURN!r} + 'print(flush=True); input()'\n"
        "subprocess.run([sys.executable, '-c', code])"
    ),
}


@pytest.fixture(params=PROGRAMS.values(), ids=PROGRAMS.keys())
def program(request: pytest.FixtureRequest) -> Iterator[int]:
    """A program that has burnt half a second of a processor and now waits for its input."""
    with subprocess.Popen(  # noqa: S603 - a program of this file
        [sys.executable, "-c", request.param], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.stdin.write(b"\n")


def test_all_that_a_program_has_started_counts_once(program: int) -> None:
    assert 0.45 < cpu_seconds([program]) < 1.5
