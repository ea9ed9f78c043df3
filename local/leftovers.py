"""Ends processes that outlived their supervisor, and only those of one twin.

All processes that a supervisor starts, Airflow's tasks included, are in its session, even
after it has died, and their working directory is in the twin's folder. A process is killed
only if both are true: session numbers are reused, and a user's shell may be in the folder.
"""

import math
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
# PostgreSQL ends at the first when all clients have disconnected, and at the second at once.
# Airflow's scheduler cannot finish without its database, so it may need the third.
_SIGNALS = ((0, signal.SIGTERM), (3, signal.SIGINT), (10, signal.SIGKILL))
_POLL_SECONDS = 0.1


def find(*, session: int, below: Path) -> list[int]:
    """Ids of the live processes of `session` whose working directory is `below` or under it."""
    return [
        int(entry.name)
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and _belongs(entry, session, below)
    ]


def stop(*, session: int, below: Path) -> None:
    """Send them SIGTERM, then SIGINT, then SIGKILL. Returns when none is left."""
    start = time.monotonic()
    for seconds, number in _SIGNALS:
        _wait(session=session, below=below, until=start + seconds)
        for process in find(session=session, below=below):
            with suppress(ProcessLookupError):
                os.kill(process, number)
    _wait(session=session, below=below, until=math.inf)


def _wait(*, session: int, below: Path, until: float) -> None:
    while find(session=session, below=below) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def _belongs(entry: Path, session: int, below: Path) -> bool:
    try:
        # After the command in parentheses: state, parent, process group, session.
        state, _, _, its_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        directory = Path((entry / "cwd").readlink())
    except OSError:  # it has just ended, or belongs to another user
        return False
    return state != "Z" and int(its_session) == session and directory.is_relative_to(below)
