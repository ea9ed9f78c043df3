"""The stack in containers, as a new user meets it: up, the demo, the same books, nothing left.

`make test-compose` runs it, with a Docker engine of its own; where none can be started, one line
says why.
"""

import json
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.folder import REPO, TOOLS
from tests.compose.engine import Engine, what_is_missing
from tests.compose.images import MARIADB, MYSQL, build_images
from tests.support.sample_books import SAMPLE_BOOKS, books_of

pytestmark = pytest.mark.timeout(1800)

MYSQL_SERVER = TOOLS / "mysql"
DEMO = REPO / "compose-demo"
SECONDS_LATE = 20
COMES_LATE = f"""\
services:
  mysql:
    entrypoint: ["sh", "-c", "sleep {SECONDS_LATE}; exec entrypoint \\"$$@\\"", "-"]
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if missing := what_is_missing():
        pytest.skip(f"no Docker engine for the stack in containers: {missing}")
    has_mysql = (MYSQL_SERVER / "mysqld").exists()
    with Engine(Path(tempfile.mkdtemp(prefix="docker-", dir="/var/tmp")) / "engine") as engine:
        build_images(engine, mysql=MYSQL_SERVER.resolve() if has_mysql else None)
        yield engine
    engine.folder.parent.rmdir()


def free_ports(count: int) -> list[str]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(frozen=True)
class Stack:
    """The compose file of this checkout, in one project of the engine."""

    engine: Engine
    files: list[Path]
    variables: dict[str, str]

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.engine.try_docker(*self._compose(), *arguments, variables=self.variables)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command while it runs, with all that it prints."""
        return self.engine.start_docker(*self._compose(), *arguments, variables=self.variables)

    def _compose(self) -> list[str]:
        files = [part for file in self.files for part in ("--file", str(file))]
        return ["compose", "--ansi", "never", "--project-directory", str(REPO), *files]

    def run(self, *arguments: str) -> str:
        result = self.compose(*arguments)
        assert result.returncode == 0, result.stdout + self.compose("logs", "--tail=40").stdout
        return result.stdout

    def states(self) -> dict[str, str]:
        """The state of each service, with its health or its exit code."""
        lines = self.run("ps", "--all", "--format", "json").splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return {
            service["Service"]: service["Health"] or f"exit {service['ExitCode']}"
            for service in found
        }

    def summary(self) -> Any:
        """The books of the last demo, from the folder beside the compose file."""
        paths = DEMO.glob("results/processing-summaries/*/*/*.json")
        (path,) = (path for path in paths if "processing_summary" in path.name)
        return json.loads(path.read_text())

    def started(self) -> dict[str, str]:
        """When each container was started, by its id."""
        ids = self.run("ps", "--quiet").split()
        format_ = "{{.Id}} {{.State.StartedAt}}"
        lines = self.engine.docker("inspect", "--format", format_, *ids).splitlines()
        return dict(line.split(" ", 1) for line in lines)


@pytest.fixture(scope="module", params=[MARIADB, MYSQL])
def stack(request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: Any) -> Iterator[Stack]:
    """Up with each database; MariaDB comes late."""
    if request.param == MYSQL and not (MYSQL_SERVER / "mysqld").exists():
        pytest.skip("no MySQL here: run `local/mysql_server.sh` (Debian on amd64, with network)")
    late = tmp_path_factory.mktemp("late") / "late.yaml"
    late.write_text(COMES_LATE)
    names = ("AIRFLOW_PORT", "AWS_PORT", "MYSQL_PORT", "COVERS_PORT")
    stack = Stack(
        engine,
        [REPO / "docker-compose.yaml", *([late] if request.param == MARIADB else [])],
        {"MYSQL_IMAGE": request.param, **dict(zip(names, free_ports(4), strict=True))},
    )
    had_demo = DEMO.exists()
    try:
        yield stack
    finally:
        stack.compose("--profile", "demo", "down", "--volumes")
        if not had_demo:
            shutil.rmtree(DEMO, ignore_errors=True)


def test_a_port_that_is_taken_is_named_and_another_helps(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        variables = {**stack.variables, "COVERS_PORT": str(port)}
        result = Stack(stack.engine, stack.files, variables).compose("up", "--wait", "covers")
    assert result.returncode != 0
    assert re.search(rf"127\.0\.0\.1:{port}.*(address already in use|allocated)", result.stdout)
    stack.run("up", "--wait", "covers")


def test_the_whole_stack_comes_up(stack: Stack) -> None:
    stack.run("up", "--wait")
    states = stack.states()
    ended = {"secrets", "setup", "airflow-migrate"}
    assert {name: states[name] for name in ended} == dict.fromkeys(ended, "exit 0")
    assert set(states.values()) == {"healthy", "exit 0"}
    assert len(states) == 11


def test_the_demo_has_the_books_of_the_twin_although_up_is_run_again(stack: Stack) -> None:
    before = stack.started()
    demo = stack.start("run", "--rm", "demo")
    assert demo.stdout
    output = []
    for line in demo.stdout:
        output.append(line)
        if "Triggered" in line:
            stack.run("up", "--wait")
    assert demo.wait() == 0, "".join(output)
    assert any("The books balance: the database counts 1003 rows" in line for line in output)
    summary = stack.summary()
    assert books_of(summary) == SAMPLE_BOOKS
    # Only what ends by itself has run again.
    assert stack.started() == before


def test_ports_are_open_on_loopback_only(stack: Stack) -> None:
    published = stack.run("ps", "--format", "{{.Ports}}")
    addresses = set(re.findall(r"(\S+):\d+->", published))
    assert addresses == {"127.0.0.1"}


def test_no_log_and_no_container_shows_a_password(stack: Stack) -> None:
    text = stack.run("exec", "aws", "cat", "/var/lib/cover-collage/credentials.json")
    passwords = set(json.loads(text[text.index("{") :]).values())
    ids = stack.run("ps", "--all", "--quiet").split()
    shown = stack.engine.docker("inspect", *ids) + stack.run("logs")
    assert [password for password in passwords if password in shown] == []


def test_nothing_is_left(stack: Stack) -> None:
    stack.run("--profile", "demo", "down", "--volumes")
    for what, hidden in (("container", ["--all"]), ("volume", []), ("network", [])):
        names = stack.engine.docker(what, "ls", *hidden, "--format", "{{json .}}")
        assert "cover-collage" not in names
