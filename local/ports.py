"""Loopback ports of the twin's servers: free ones, remembered, and replaced when taken."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

_RANGE = range(20_000, 30_000)
# Below the ports that the kernel gives to outgoing connections (32768 and up on Linux), any of
# which may be in use when the twin starts again.


@dataclass(frozen=True, slots=True)
class Ports:
    """One TCP port on 127.0.0.1 for each server."""

    supervisor: int
    aws: int
    mysql: int
    postgres: int
    covers: int
    airflow: int

    @classmethod
    def load(cls, path: Path) -> Self:
        """The ports of the last start. Raises FileNotFoundError if there was none."""
        return cls(**json.loads(path.read_text()))

    @classmethod
    def pick(cls, path: Path) -> Self:
        """Ports for a start: the remembered ones, except those that are now in use."""
        remembered: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        chosen: dict[str, int] = {}
        for name in cls.__slots__:
            port = remembered.get(name)
            while port is None or port in chosen.values() or not _is_free(port):
                port = secrets.choice(_RANGE)
            chosen[name] = port
        ports = cls(**chosen)
        path.write_text(json.dumps(asdict(ports), indent=2) + "\n")
        return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Like servers: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
