"""The MySQL-compatible server of the twin: a private MariaDB with the table of covers.

It has its own data directory and port, listens on loopback, and has two users: the owner
fills the table, and Airflow connects as the reader. The server's root can connect only
through a socket inside the data directory.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import MySQLdb  # type: ignore[import-untyped]

from local.covers_table import DATABASE, OWNER, covers_sql
from local.errors import TwinError
from local.folder import Folder, write_private
from local.programs import Program

HOST = "127.0.0.1"

SERVER_OPTIONS = (
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--innodb-buffer-pool-size=64M",
    "--skip-log-bin",
)
"""For MariaDB and MySQL alike."""

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"

RUN_AS = ("--user=root",) if os.getuid() == 0 else ()
"""Options of the server and its installer, which refuse to run as root without them."""


@dataclass(frozen=True, slots=True)
class MySql:
    """One MariaDB server: its address and its users' passwords."""

    folder: Folder
    port: int
    owner_password: str
    reader_password: str
    host: str = HOST
    """Where the others reach it."""

    def program(self) -> Program:
        """The server. The first call creates its data directory."""
        home = self.folder.of("mysql")
        data = home / "data"
        if not (data / "mysql").exists():
            install(data)
        grants = home / "grants.sql"
        users = covers_sql(
            owner_password=self.owner_password, reader_password=self.reader_password, clients=HOST
        )
        write_private(grants, users)
        command = [
            find_mariadb(),
            "--no-defaults",  # ignore /etc/mysql
            f"--datadir={data}",
            f"--init-file={grants}",  # read at every start, before the port opens
            "--socket=mysqld.sock",  # in the data directory: socket paths have to be short
            "--pid-file=mysqld.pid",
            f"--bind-address={HOST}",
            f"--port={self.port}",
            "--skip-name-resolve",
            *SERVER_OPTIONS,
            *RUN_AS,
        ]
        return Program("mysql", command, directory=home, answers=self._answers)

    def connect(self) -> MySQLdb.Connection:
        """A connection as the owner of the table, in UTC."""
        return MySQLdb.connect(
            host=self.host,
            port=self.port,
            user=OWNER,
            password=self.owner_password,
            database=DATABASE,
            charset="utf8mb4",
            init_command="SET time_zone='+00:00'",
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except MySQLdb.OperationalError:
            return False
        return True


def install(data: Path) -> None:
    """Create a data directory whose root can connect only through the server's socket.

    Raises TwinError with the installer's output.
    """
    data.mkdir(parents=True, exist_ok=True)
    # A starting MariaDB removes the temporary tables of other servers from a shared folder.
    with tempfile.TemporaryDirectory(prefix="mariadb-install-") as own_folder:
        result = subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                "--datadir=.",  # it is a shell script, and a path may have spaces
                "--skip-test-db",
                "--auth-root-authentication-method=socket",
                *RUN_AS,
            ],
            cwd=data,
            env={**os.environ, "TMPDIR": own_folder},
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        raise TwinError(f"mariadb-install-db failed:\n{result.stdout}{result.stderr}")


def find_mariadb() -> str:
    """The path of MariaDB's server. Raises TwinError when it is not installed."""
    # Debian keeps it in /usr/sbin, which is not on a plain user's PATH.
    path = shutil.which("mariadbd") or shutil.which("mariadbd", path=_SBIN)
    if path is None:
        raise TwinError("mariadbd is not installed: run `make setup`")
    return path
