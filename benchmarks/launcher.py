"""Starts one program and writes to a file descriptor what it took; `measure` calls it.

The kernel counts the memory of whoever starts a program towards the program's peak, as the
two share it for the moment between fork and exec. A benchmark with its libraries would hide
every lean contender behind itself; this starter is as small as Python gets, some 8 MB, and
imports nothing that would make it larger.
"""

import os
import sys
import time


def main(descriptor: int, command: list[str]) -> int:
    """Run `command` to its end and write seconds, CPU seconds and ru_maxrss; its exit code."""
    os.set_inheritable(descriptor, False)  # noqa: FBT003  the name says it
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    # wait4 tells the usage of this child and of its own children, and of no other.
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    taken = f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}"
    os.write(descriptor, taken.encode())
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
