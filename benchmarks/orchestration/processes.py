"""The CPU time of programs that keep running and start others, from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(programs: Iterable[int]) -> float:
    """CPU seconds of these processes and of all that they have started so far.

    Those that have ended count if their parent has waited for them, as Airflow does: the kernel
    then adds their time to the parent's.
    """
    children: defaultdict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue  # it has just ended
            # After the command in parentheses: state, parent, and nine others before the times,
            # which are its own and those of its children, each in user mode and in the kernel.
            fields = text.rpartition(")")[2].split()
            children[int(fields[1])].append(int(entry.name))
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    found = [*programs]
    for one in found:  # the loop itself appends to `found`
        found += children[one]
    return sum(ticks.get(one, 0) for one in found) / _TICKS
