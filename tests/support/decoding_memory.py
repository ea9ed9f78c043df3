"""`python -m tests.support.decoding_memory FILE`: the bytes that decoding a cover takes.

A process of its own, because memory that was once used does not come back.
"""

import re
import sys
from pathlib import Path

from collage_core.pictures.imaging import decode_cell


def forget_peak() -> None:
    """Reset the peak of resident memory to its current value."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Peak of this process's resident memory."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) * 1024


if __name__ == "__main__":
    body = Path(sys.argv[1]).read_bytes()
    forget_peak()
    before = peak()
    decode_cell(body)
    print(peak() - before)  # noqa: T201
