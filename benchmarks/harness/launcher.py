"""Runs one program and writes to a file descriptor what it took; `measure` calls it.

Between fork and exec a program shares the memory of the process that starts it, and the kernel
counts that memory towards the program's peak. Started by the benchmark with all its libraries,
every lean contender would seem as large as the benchmark. This launcher is as small as Python
gets, some 8 MB, and imports nothing that would make it larger.
"""

import _thread
import os
import sys
import time

_SAMPLE_SECONDS = 0.1


def main(descriptor: int, command: list[str]) -> int:
    """Run `command`, write its seconds, CPU seconds and peak KiB, and return its exit code."""
    os.set_inheritable(descriptor, False)  # noqa: FBT003  the name says it
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    tree_peak = [0]
    _thread.start_new_thread(_sample, (process, tree_peak))
    # wait4 reports the usage of this child and of its children, and of no other process.
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    # The kernel has the exact peak of the largest process, but no sum over several.
    peak = max(usage.ru_maxrss, *tree_peak)
    os.write(descriptor, f"{seconds} {usage.ru_utime + usage.ru_stime} {peak}".encode())
    return os.waitstatus_to_exitcode(status)


def _sample(process: int, tree_peak: list[int]) -> None:
    """Keep in `tree_peak` the highest memory, in KiB, of a program of several processes."""
    while True:
        time.sleep(_SAMPLE_SECONDS)
        processes = _with_descendants(process)
        if len(processes) > 1:
            tree_peak[0] = max(tree_peak[0], sum(map(_proportional_kib, processes)))


def _with_descendants(process: int) -> list[int]:
    found = [process]
    for one in found:  # the loop itself appends to `found`
        try:
            for thread in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208  pathlib is large
                with open(f"/proc/{one}/task/{thread}/children") as file:  # noqa: PTH123
                    found += map(int, file.read().split())
        except OSError:  # it has ended; or there is no /proc
            continue
    return found


def _proportional_kib(process: int) -> int:
    """Resident KiB of a process; a page that it shares counts in part."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:  # noqa: PTH123
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
