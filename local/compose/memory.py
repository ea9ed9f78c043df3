"""Refuses to start on a machine, or in a Docker VM, that is too small for the stack."""

import re
import socket
from pathlib import Path

from local.errors import TwinError

LEAST_MB = 2000
"""The whole stack was measured with 1.8 GB at the end of a run."""
_MEMINFO = Path("/proc/meminfo")  # in a container it is the machine's


def require_memory(*, neighbour: tuple[str, int], meminfo: Path = _MEMINFO) -> None:
    """Raises TwinError if less than `LEAST_MB` are free.

    If `neighbour`, a server of the stack, is already up, then so is the stack, and nothing
    is asked.
    """
    if _is_up(neighbour):
        return
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", meminfo.read_text(), re.MULTILINE)
    if found and (free := int(found[1]) // 1024) < LEAST_MB:
        raise TwinError(
            f"Docker has {free} MB of free memory: the stack needs {LEAST_MB} MB. Stop something "
            "else, or with Docker Desktop give its VM more (Settings, Resources); then try again"
        )


def _is_up(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
