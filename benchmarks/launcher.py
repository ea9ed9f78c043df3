"""Starts one program and writes to a file descriptor what it took; `measure` calls it.

The kernel counts the memory of whoever starts a program towards the program's peak, as the
two share it for the moment between fork and exec. A benchmark with its libraries would hide
every lean contender behind itself; this starter is as small as Python gets, some 8 MB, and
imports nothing that would make it larger.
"""

import _thread
import os
import sys
import time

_LOOK_SECONDS = 0.1


def main(descriptor: int, command: list[str]) -> int:
    """Run `command` to its end and write seconds, CPU seconds and peak KiB; its exit code."""
    os.set_inheritable(descriptor, False)  # noqa: FBT003  the name says it
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    together = [0]
    _thread.start_new_thread(_watch, (process, together))
    # wait4 tells the usage of this child and of its own children, and of no other.
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    # The kernel knows the peak of the largest process, to the page; of several it knows no sum.
    peak = max(usage.ru_maxrss, *together)
    os.write(descriptor, f"{seconds} {usage.ru_utime + usage.ru_stime} {peak}".encode())
    return os.waitstatus_to_exitcode(status)


def _watch(process: int, together: list[int]) -> None:
    """Keep in `together` the most memory, in KiB, that a program of several processes takes."""
    while True:
        time.sleep(_LOOK_SECONDS)
        processes = _with_descendants(process)
        if len(processes) > 1:
            together[0] = max(together[0], sum(map(_shared_fairly, processes)))


def _with_descendants(process: int) -> list[int]:
    found = [process]
    for one in found:  # which grows meanwhile
        try:
            for thread in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208  pathlib is large
                with open(f"/proc/{one}/task/{thread}/children") as file:  # noqa: PTH123
                    found += map(int, file.read().split())
        except OSError:  # it has ended; or there is no /proc
            continue
    return found


def _shared_fairly(process: int) -> int:
    """Resident KiB of a process, with its part of the pages that others have too."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:  # noqa: PTH123
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
