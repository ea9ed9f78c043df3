"""The folder of a twin, chosen by `TWIN_DIR`. It is safe to delete when the twin is down."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

REPO = Path(__file__).resolve().parents[1]
TOOLS = REPO / ".twin" / "tools"
"""Programs that `local/setup.sh` installed; all twins of a checkout share them."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one twin. Twins in different folders can run at the same time."""

    root: Path
    """Absolute, without symbolic links."""

    @classmethod
    def from_env(cls) -> Self:
        """The folder that `TWIN_DIR` names, relative to the repository; `.twin` by default."""
        return cls((REPO / os.environ.get("TWIN_DIR", ".twin")).resolve())

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.root / "logs"

    @property
    def covers(self) -> Path:
        """Cover images that were drawn already."""
        return self.root / "covers"

    @property
    def demo(self) -> Path:
        """The objects that the last demo copied from S3."""
        return self.root / "demo"

    def of(self, service: str) -> Path:
        """The folder of one service, with its data, sockets and generated settings."""
        return self.root / service

    def make(self) -> None:
        """Create the folder so that only its owner can read it."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self.logs.mkdir(exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, even while it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
