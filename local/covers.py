"""The cover server as a service of the twin."""

import hashlib
import sys
from dataclasses import dataclass

from local import loopback
from local.cover_server import STATS_PATH
from local.folder import REPO, Folder
from local.programs import Program

_SAMPLE = REPO / "local" / "sample"


@dataclass(frozen=True, slots=True)
class Covers:
    """One cover server."""

    folder: Folder
    port: int
    host: str = "127.0.0.1"
    """The name by which the others reach it."""

    @property
    def url(self) -> str:
        """The origin of the URLs in the sample rows."""
        return f"http://{self.host}:{self.port}"

    def program(self, *, listen: str = "127.0.0.1") -> Program:
        """The server, at the address `listen`."""
        return Program(
            "covers",
            [
                *(sys.executable, "-m", "local.cover_server"),
                *("--host", listen, "--port", str(self.port)),
                *("--covers", str(self.folder.covers / _drawing())),
            ],
            directory=self.folder.root,
            environment={"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"},
            answers=lambda: loopback.get(self.port, STATS_PATH) is not None,
        )


def _drawing() -> str:
    """A folder name that changes with the drawing code, so that old covers are not served."""
    sources = sorted(_SAMPLE.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
