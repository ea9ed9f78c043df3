"""All findings of one run of the benchmark, and the machine it ran on."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.extract.race import ExtractResult
from benchmarks.extract.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Machine:
    """The parts of a machine that the figures depend on."""

    cores: int
    python: str
    database: str

    @classmethod
    def here(cls, database: str) -> "Machine":
        """This machine, with the version that its database server reports."""
        return cls(os.cpu_count() or 1, platform.python_version(), database)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a run."""

    machine: Machine
    rows: int
    creators: int
    rounds: int
    waiting: Waiting
    results: Sequence[ExtractResult]
    """The extract task first, then the peers that could run."""
    left_out: dict[str, str]
    """Titles of the other peers, and why they could not run."""
    growth: Sequence[ExtractResult]
    """The extract task alone at growing numbers of rows; empty if it was not asked for."""

    def to_json(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self)
