"""Where the twin keeps things: one folder, chosen by `TWIN_DIR`, safe to delete when it is down."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

REPO = Path(__file__).resolve().parents[1]
TOOLS = REPO / ".twin" / "tools"
"""Programs that `local/setup.sh` installed; all twins of a checkout share them."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one twin. Two twins in two folders run beside each other."""

    root: Path
    """Absolute, without symbolic links."""

    @classmethod
    def from_env(cls) -> Self:
        """The folder that `TWIN_DIR` names, relative to the repo; `.twin` without it."""
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
        """What the last demo copied out of S3."""
        return self.root / "demo"

    def of(self, service: str) -> Path:
        """The private folder of a service: its data, its sockets, its generated settings."""
        return self.root / service

    def make(self) -> None:
        """Create the folder; only its owner may look inside."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self.logs.mkdir(exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, also while it is being written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
