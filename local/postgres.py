"""Airflow's metadata database: a private PostgreSQL cluster, reached on loopback by password."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.errors import TwinError
from local.folder import Folder, write_private
from local.programs import Program

USER = "airflow"
HOST = "127.0.0.1"
DATABASE = "postgres"
"""Airflow is the only user, and so has the cluster's default database."""

SERVER_SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "64MB",
    # Losing the history of runs on a developer's machine is no harm.
    "fsync": "off",
}
INITDB_OPTIONS = ("--encoding=UTF8", "--locale=C.UTF-8")


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL server, whose only user is Airflow."""

    folder: Folder
    port: int
    password: str
    host: str = HOST
    """Where Airflow reaches it."""

    @property
    def sqlalchemy_url(self) -> str:
        """The URL for Airflow."""
        return f"postgresql+psycopg2://{USER}:{self.password}@{self.host}:{self.port}/{DATABASE}"

    def program(self) -> Program:
        """The server. The first call creates its cluster."""
        home = self.folder.of("postgres")
        data = home / "data"
        if not (data / "PG_VERSION").exists():
            self._install(data)
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            **SERVER_SETTINGS,
        }
        options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return Program(
            "postgres",
            _unprivileged([_binary("postgres"), "-D", str(data), *options]),
            directory=home,
            answers=self._answers,
            stop_signal="INT",  # fast shutdown: it does not wait for clients to disconnect
        )

    def _install(self, data: Path) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        password_file = data.parent / "password"
        write_private(password_file, self.password)
        if os.getuid() == 0:
            account = pwd.getpwnam(_account())
            os.chown(data, account.pw_uid, account.pw_gid)
        try:
            result = subprocess.run(
                _unprivileged(
                    [
                        _binary("initdb"),
                        f"--pgdata={data}",
                        f"--username={USER}",
                        f"--pwfile={password_file}",
                        "--auth=scram-sha-256",
                        *INITDB_OPTIONS,
                        "--no-sync",
                    ]
                ),
                cwd=data,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()
        if result.returncode:
            raise TwinError(f"initdb failed:\n{result.stdout}{result.stderr}")

    def _answers(self) -> bool:
        command = [_binary("pg_isready"), "--quiet", f"--host={HOST}", f"--port={self.port}"]
        return subprocess.run(command, check=False).returncode == 0


def _binary(name: str) -> str:
    """The program of the newest version; Debian has one folder per version."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    path = shutil.which(name, path=os.pathsep.join(map(str, reversed(folders))))
    path = path or shutil.which(name)
    if path is None:
        raise TwinError(f"PostgreSQL's {name} is not installed: run `make setup`")
    return path


def _account() -> str:
    return "postgres" if any(user.pw_name == "postgres" for user in pwd.getpwall()) else "nobody"


def _unprivileged(command: Sequence[str]) -> list[str]:
    """The command under an unprivileged account, because PostgreSQL refuses to run as root.

    The account keeps root's right to enter folders: the repository may be in a home directory
    that other users cannot read.
    """
    if os.getuid() != 0:
        return list(command)
    right = "+dac_override"
    return [
        "setpriv",
        f"--reuid={_account()}",
        f"--regid={pwd.getpwnam(_account()).pw_gid}",
        "--clear-groups",
        f"--inh-caps={right}",
        f"--ambient-caps={right}",
        *command,
    ]
