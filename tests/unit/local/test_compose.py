"""What our containers do before Airflow starts: secrets, memory, and a MySQL that comes late."""

import socket
import stat
from pathlib import Path
from typing import Any

import MySQLdb
import pytest

from local.compose import account, addresses
from local.compose.memory import LEAST_MB, require_memory
from local.compose.secret_files import SecretFile, hand_out, secret_files, write
from local.credentials import Credentials
from local.errors import TwinError
from local.mysql import MySql

NOBODY = ("127.0.0.1", 1)


def meminfo(folder: Path, megabytes: int) -> Path:
    path = folder / "meminfo"
    path.write_text(f"MemTotal:  9000000 kB\nMemAvailable:  {megabytes * 1024} kB\n")
    return path


def test_a_machine_without_memory_is_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=rf"Docker has 700 MB .* needs {LEAST_MB} MB") as refused:
        require_memory(neighbour=NOBODY, meminfo=meminfo(tmp_path, 700))
    assert "give its VM more" in str(refused.value)


def test_enough_memory_is_enough(tmp_path: Path) -> None:
    require_memory(neighbour=NOBODY, meminfo=meminfo(tmp_path, LEAST_MB))


def test_a_stack_that_is_up_is_not_refused_the_memory_that_it_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_memory(neighbour=server.getsockname(), meminfo=meminfo(tmp_path, 1))


def test_each_service_gets_its_own_secrets_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    secrets = Credentials()
    hand_out(secret_files(secrets), below=tmp_path)
    password = tmp_path / "postgres" / "password"
    assert password.read_text() == secrets.postgres
    modes = {
        path.relative_to(tmp_path).as_posix(): oct(stat.S_IMODE(path.stat().st_mode))
        for path in tmp_path.glob("*/*")
    }
    assert modes == {
        "postgres/password": "0o600",
        "mysql/covers.sql": "0o644",
        "mysql/owner.cnf": "0o600",
        "airflow/database-url": "0o640",
        "airflow/fernet-key": "0o640",
        "airflow/api-secret": "0o640",
        "airflow/jwt-secret": "0o640",
        "airflow/passwords.json": "0o660",
    }


def test_secrets_are_handed_out_again_without_harm(tmp_path: Path) -> None:
    files = secret_files(Credentials())
    hand_out(files, below=tmp_path)
    (tmp_path / "airflow" / ".fernet-key.part").write_text("left by a crash")
    hand_out(files, below=tmp_path)
    assert {path.name for path in (tmp_path / "airflow").iterdir()} == {
        Path(name).name for name in files if name.startswith("airflow/")
    }


def test_no_secret_is_in_the_url_of_another_service() -> None:
    secrets = Credentials()
    assert secrets.postgres in addresses.postgres(secrets).sqlalchemy_url
    texts = [f.text for name, f in secret_files(secrets).items() if not name.startswith("mysql/")]
    assert not any(secrets.mysql_owner in text for text in texts)


def refusing(times: int) -> Any:
    left = [times]

    def connect(*_: Any) -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise MySQLdb.OperationalError(2002, "Can't connect to server on 'mysql'")
        return "a connection"

    return connect


def test_a_mysql_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(MySql, "connect", refusing(3))
    assert account.connect(addresses.mysql(Credentials()), seconds=5) == "a connection"


def test_a_mysql_that_never_comes_is_named_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(MySql, "connect", refusing(1000))
    with pytest.raises(TwinError, match="Can't connect to server on 'mysql'") as error:
        account.connect(addresses.mysql(Credentials()), seconds=0.05)
    assert "docker compose down -v" in str(error.value)


def test_airflow_keeps_the_key_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "connections.json"
    monkeypatch.setattr(addresses, "CONNECTIONS", path)
    assert account._known_key() is None
    write(path, SecretFile('{"aws_default": {"login": "AKIA", "password": "x"}}', 0o640))
    key = account._known_key()
    assert key
    assert (key.key_id, key.secret) == ("AKIA", "x")
