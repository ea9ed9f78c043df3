"""Who takes part: what each contender is called, how it is started, what it needs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.extract.covers_table import END, START
from benchmarks.extract.load import Load
from benchmarks.harness.contender import Contender, python_module

_PROGRAMS = "benchmarks.extract.contenders"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractContender(Contender[Load]):
    """One way to write the rows of a SELECT to a CSV.

    One that does not print its `Work` prints the CSV; all others upload it to S3.
    """

    bytes_per_row: int = 0
    """Memory for every row, measured at 2 million of them; 0 if it streams the rows."""
    library: str | None = None
    """What it needs that `make setup` does not install."""

    def hindrance(self, *, rows: int, free_bytes: float) -> str | None:
        """Why it cannot run on this machine; None if it can."""
        if self.library and find_spec(self.library) is None:
            return f"{self.library} is not installed (`uv sync --group benchmarks` does it)"
        if self.bytes_per_row * rows > free_bytes:
            needed = self.bytes_per_row * rows / 1e6
            return f"it would take {needed:,.0f} MB of memory, and {free_bytes / 1e6:,.0f} are free"
        return None


def available_bytes() -> float:
    """Memory that a program may take without swapping; infinite where the kernel does not say."""
    memory = Path("/proc/meminfo")
    if not memory.exists():
        return math.inf
    (line,) = (line for line in memory.read_text().splitlines() if "MemAvailable" in line)
    return int(line.split()[1]) * 1024


def everyone() -> list[ExtractContender]:
    """The extract task first, then its peers."""
    return [ours(), *peers()]


def ours() -> ExtractContender:
    """The extract task."""
    return ExtractContender("the extract task", lambda _load: python_module(f"{_PROGRAMS}.ours"))


def peers() -> list[ExtractContender]:
    """All contenders that the extract task is compared with."""
    return [
        ExtractContender(
            "SqlToS3Operator", _script("sql_to_s3"), library="pandas", bytes_per_row=1100
        ),
        ExtractContender(
            "pandas.read_sql, to_csv, upload_file",
            _script("pandas_script"),
            library="pandas",
            bytes_per_row=1000,
        ),
        ExtractContender(
            "default cursor, csv.writer, upload_file",
            _script("cursor_script", "Cursor"),
            bytes_per_row=1000,
        ),
        ExtractContender("SSCursor, csv.writer, upload_file", _script("cursor_script", "SSCursor")),
        ExtractContender(
            "mariadb --quick --batch, to a file", _command_line_client, prints_work=False
        ),
    ]


def _script(program: str, *arguments: str) -> Callable[[Load], Sequence[str]]:
    return lambda load: python_module(f"{_PROGRAMS}.{program}", str(load.sql_file), *arguments)


def _command_line_client(load: Load) -> Sequence[str]:
    window = {"window_start": f"'{START}'", "window_end": f"'{END}'"}
    return [
        "mariadb",
        # This option has to come first; the client then reads no other file of options.
        f"--defaults-file={load.servers.client_options}",
        "--quick",
        "--batch",
        f"--execute={load.sql_file.read_text() % window}",
    ]
