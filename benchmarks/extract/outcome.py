"""All that one run of the benchmark found, with the machine that it found it on."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.extract.race import Result
from benchmarks.extract.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on besides the code."""

    cores: int
    python: str
    database: str

    @classmethod
    def here(cls, database: str) -> "Machine":
        """This machine, with the version that its database server tells."""
        return cls(os.cpu_count() or 1, platform.python_version(), database)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a run."""

    machine: Machine
    rows: int
    creators: int
    rounds: int
    waiting: Waiting
    results: list[Result]
    """The extract task first, then those of its peers that could run."""
    left_out: dict[str, str]
    """Titles of the others, and why."""
    growth: list[Result]
    """The extract task alone at growing numbers of rows; empty if it was not asked for."""

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
