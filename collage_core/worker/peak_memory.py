"""The most memory that this process has had."""

import resource
import sys


def peak_memory_mb() -> float:
    """The peak resident memory of this process since it began, in MB of 1024 * 1024 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
