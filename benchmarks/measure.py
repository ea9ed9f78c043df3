"""What a program took: time, processor time and memory, of its process alone."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

_KIB_PER_MB = 1000 * 1000 / 1024 if sys.platform != "darwin" else 1000 * 1000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of a program."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    """Resident memory at its highest."""


def measure(command: Sequence[str]) -> Measurement:
    """Run a program to its end. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # wait4 tells the usage of this child; getrusage would mix all children so far.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measurement(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIB_PER_MB)
