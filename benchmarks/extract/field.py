"""The field of contenders: what each is called, how it is started, what it needs."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.extract.covers import END, START

_PROGRAMS = "benchmarks.extract.contenders"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to take the rows of a SELECT to a CSV."""

    title: str
    command: Sequence[str]
    writes_to_stdout: bool = False
    """Its rows are its output; else it uploads a CSV and prints its `Work`."""
    bytes_per_row: int = 0
    """Memory for every row, measured at 2 million of them; 0 if it passes rows on."""
    library: str | None = None
    """What it needs that `make setup` does not install."""

    def hindrance(self, *, rows: int, free_bytes: float) -> str | None:
        """Why it cannot run on this machine; None when it can."""
        if self.library and find_spec(self.library) is None:
            return f"{self.library} is not installed (`uv sync --group benchmarks` does it)"
        if self.bytes_per_row * rows > free_bytes:
            needed = self.bytes_per_row * rows / 1e6
            return f"it would take {needed:,.0f} MB of memory, and {free_bytes / 1e6:,.0f} are free"
        return None


def available_bytes() -> float:
    """Memory that a program may take without swapping; endless where the kernel does not say."""
    memory = Path("/proc/meminfo")
    if not memory.exists():
        return math.inf
    (line,) = (line for line in memory.read_text().splitlines() if "MemAvailable" in line)
    return int(line.split()[1]) * 1024


def ours() -> Contender:
    """The extract task."""
    return Contender("the extract task", _python("ours"))


def peers(sql_file: Path, client_options: Path) -> list[Contender]:
    """Everything that it is compared with, on the SELECT in a file."""
    sql = str(sql_file)
    return [
        Contender(
            "SqlToS3Operator", _python("sql_to_s3", sql), library="pandas", bytes_per_row=1100
        ),
        Contender(
            "pandas.read_sql, to_csv, upload_file",
            _python("pandas_script", sql),
            library="pandas",
            bytes_per_row=1000,
        ),
        Contender(
            "default cursor, csv.writer, upload_file",
            _python("cursor_script", sql, "Cursor"),
            bytes_per_row=1000,
        ),
        Contender("SSCursor, csv.writer, upload_file", _python("cursor_script", sql, "SSCursor")),
        Contender(
            "mariadb --quick --batch, to a file",
            _command_line_client(sql_file.read_text(), client_options),
            writes_to_stdout=True,
        ),
    ]


def _python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"{_PROGRAMS}.{program}", *arguments]


def _command_line_client(sql: str, client_options: Path) -> list[str]:
    statement = sql % {"window_start": f"'{START}'", "window_end": f"'{END}'"}
    # The file of options has to be named first, and is then the only one that is read.
    return [
        "mariadb",
        f"--defaults-file={client_options}",
        "--quick",
        "--batch",
        f"--execute={statement}",
    ]
