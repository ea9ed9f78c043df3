"""Measures a program, or one piece of work inside it: time, CPU time and memory."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

_LAUNCHER = Path(__file__).with_name("launcher.py")
_MAXRSS_PER_MB = 1000 * 1000 / 1024 if sys.platform != "darwin" else 1000 * 1000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of a program, including its children."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    """Highest resident memory of all its processes together."""


def measure(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.DEVNULL,
) -> Measurement:
    """Run a program to its end and measure it. Raises CalledProcessError when it fails."""
    with tempfile.TemporaryFile() as report:
        # Isolated and without site-packages, which keeps the launcher small.
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(report.fileno())]
        result = subprocess.run(
            [*launcher, *command],
            env=env,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[report.fileno()],
            check=False,
        )
        if result.returncode:
            raise subprocess.CalledProcessError(result.returncode, command)
        report.seek(0)
        seconds, cpu_seconds, maxrss = map(float, report.read().split())
    return Measurement(seconds, cpu_seconds, peak_mb=maxrss / _MAXRSS_PER_MB)


@dataclass(frozen=True, slots=True)
class Work:
    """A program's run without its start and its imports."""

    seconds: float
    cpu_seconds: float
    idle_mb: float
    """Highest resident memory when the program had started and done no work yet."""

    @classmethod
    def of(cls, work: Callable[[], object], *, idle_mb: float) -> Self:
        """Do the work and measure it, in this process and its children."""
        start, cpu_start = time.perf_counter(), _cpu_seconds()
        work()
        return cls(time.perf_counter() - start, _cpu_seconds() - cpu_start, idle_mb)

    @classmethod
    def from_output(cls, output: bytes) -> Self:
        """Read what `report` printed as the last line of a program's output."""
        return cls(**json.loads(output.splitlines()[-1]))

    def report(self) -> None:
        """Print it, for `from_output`."""
        # Libraries print too, and may leave the line before it without its end.
        print("\n" + json.dumps(asdict(self)), flush=True)


def report_work(work: Callable[[], object], *, idle_mb: float) -> None:
    """Do the work and print what it took, for `Work.from_output`."""
    Work.of(work, idle_mb=idle_mb).report()


def peak_mb() -> float:
    """Highest resident memory of this process so far, if `measure` started it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MAXRSS_PER_MB


def _cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])
