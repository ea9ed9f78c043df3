"""The load that contenders share: one table on one server, and one SELECT."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.extract.servers import Servers
from benchmarks.harness.contender import python_module
from benchmarks.harness.errors import BenchmarkError


@dataclass(frozen=True, slots=True)
class Load:
    """The running servers, whose table has `rows` rows."""

    servers: Servers
    rows: int

    @property
    def sql_file(self) -> Path:
        """The SELECT of the extract task; `write_sql` writes it."""
        return _sql_file(self.servers)


def write_sql(servers: Servers) -> str:
    """Write the SELECT of the extract task to a file for the peers, and return it.

    Raises BenchmarkError when the DAG does not load.
    """
    path = _sql_file(servers)
    program = python_module("benchmarks.extract.contenders.airflow_task", str(path))
    result = subprocess.run(
        program, env=servers.environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise BenchmarkError(f"cannot get the SQL of the extract task:\n{result.stderr}")
    return path.read_text()


def _sql_file(servers: Servers) -> Path:
    return servers.folder.of("covers.sql")
