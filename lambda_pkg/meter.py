"""Measures what AWS bills for the work on a chunk: time, and requests to S3 and SQS."""

import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from collage_core.aws.request_counts import RequestCounts, Requests
from collage_core.contract.usage import Architecture, Usage

_REQUESTS_PER_MESSAGE = 3
"""Each message is sent, received and deleted."""

_ARCHITECTURES: Mapping[str, Architecture] = {
    "aarch64": "arm64",
    "arm64": "arm64",
    "x86_64": "x86_64",
}


@dataclass(slots=True)
class Worker:
    """The process that works on one invocation after the other, and what it is billed by."""

    memory_mb: int
    """The memory of the function."""
    architecture: Architecture
    requests: RequestCounts = field(default_factory=RequestCounts)
    """All requests of the process to S3."""
    cold_start: float = 0
    """Seconds that the process took to begin, until they are billed with its first invocation."""
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self | None:
        """As Lambda has set it up; None where nothing says how much memory there is."""
        memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        architecture = _ARCHITECTURES.get(platform.machine())
        if not memory.isdecimal() or int(memory) < 1 or architecture is None:
            return None
        return cls(int(memory), architecture)

    def begin(self) -> "Meter":
        """Call it first in each invocation."""
        cold, self.cold_start = self.cold_start, 0
        return Meter(self, self.clock() - cold, self.requests.requests)


@dataclass(slots=True)
class Meter:
    """What an invocation has used since it began, or since the last receipt that it wrote."""

    worker: Worker
    _began: float
    _before: Requests
    _invocations: int = 1
    _messages: int = 0

    def came_by_queue(self) -> None:
        """Count the message that asked for what follows."""
        self._messages = 1

    def used(self, *, puts: int) -> Usage:
        """What was used, and `puts` requests that are about to be made."""
        worker = self.worker
        made = worker.requests.requests - self._before
        return Usage(
            invocations=self._invocations,
            milliseconds=math.ceil((worker.clock() - self._began) * 1000),
            memory_mb=worker.memory_mb,
            architecture=worker.architecture,
            puts=made.puts + puts,
            lists=made.lists,
            gets=made.gets,
            queue_requests=self._messages * _REQUESTS_PER_MESSAGE,
        )

    def begin_next(self) -> None:
        """What is used from now on is for another chunk."""
        self._began, self._before = self.worker.clock(), self.worker.requests.requests
        self._invocations = self._messages = 0


def seconds_of_process() -> float:
    """How long ago this process began; 0 where the system does not tell.

    Lambda bills a cold start from about then on.
    """
    try:
        # The name of the program is in brackets and may have blanks. 20 fields come after it.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return max(0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, AttributeError, ValueError, IndexError):
        return 0
