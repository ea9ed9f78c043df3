"""Runs the twin's processes: supervisor, its configuration, and its remote control."""

import http.client
import os
import shutil
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

from local import leftovers
from local.environment import VENV_BIN, clean_environment
from local.errors import TwinError
from local.folder import Folder, write_private
from local.programs import Program, group_section

_POLL_SECONDS = 0.2
_START_SECONDS = 30
_STOP_SECONDS = 60
_CALL_SECONDS = 10
_LOG_LINES = 25
_RUNNING = {"STARTING", "RUNNING"}


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Starts groups of programs, waits until they answer, and stops them all as one tree."""

    folder: Folder
    port: int
    password: str

    @property
    def is_running(self) -> bool:
        """Whether this twin's supervisor answers."""
        try:
            self._call("getState")
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False
        return True

    def start(self) -> None:
        """Start supervisor without programs, after ending processes that a crash left behind."""
        self._stop_leftovers()
        # Lambda's environments unpack their zip there, and are killed before they can clean up.
        shutil.rmtree(self.folder.of("tmp"), ignore_errors=True)
        home = self.folder.of("supervisor")
        for old in home.glob("conf.d/*.conf"):
            old.unlink()
        configuration = home / "supervisord.conf"
        write_private(configuration, self._configuration(home))
        subprocess.run(
            [VENV_BIN / "supervisord", "-c", configuration],
            env=clean_environment(self.folder),
            cwd=self.folder.root,
            check=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running:
            if time.monotonic() > deadline:
                raise TwinError(f"supervisor does not answer; see {self.folder.logs}")
            time.sleep(_POLL_SECONDS)
        self._save_session()

    def run(self, group: str, programs: Sequence[Program], *, priority: int, seconds: int) -> None:
        """Start the programs as one group and wait until each of them answers.

        Raises TwinError with the end of its log when one dies or does not answer for `seconds`.
        """
        sections = [group_section(group, programs, priority=priority)]
        sections += [program.section(self._log(program.name)) for program in programs]
        path = self.folder.of("supervisor") / "conf.d" / f"{group}.conf"
        # The environment of a program holds its credentials.
        write_private(path, "".join(sections))
        self._call("reloadConfig")
        self._call("addProcessGroup", group)
        deadline = time.monotonic() + seconds
        for program in programs:
            self._wait_for(f"{group}:{program.name}", program.answers, deadline)

    def states(self) -> dict[str, str]:
        """The state of every program as supervisor names it, such as RUNNING or EXITED."""
        return {info["name"]: info["statename"] for info in self._call("getAllProcessInfo")}

    def process_ids(self) -> dict[str, int]:
        """The process of every program that runs, by its name."""
        return {
            info["name"]: info["pid"]
            for info in self._call("getAllProcessInfo")
            if info["statename"] in _RUNNING
        }

    def exited(self) -> dict[str, str]:
        """Supervisor's full name, `group:name`, of every program that does not run, by its name."""
        return {
            info["name"]: f"{info['group']}:{info['name']}"
            for info in self._call("getAllProcessInfo")
            if info["statename"] not in _RUNNING
        }

    def restart(self, full_name: str, answers: Callable[[], bool], *, seconds: int) -> None:
        """Start a program again that has ended, and wait until it answers, as `run` does."""
        self._call("startProcess", full_name)
        self._wait_for(full_name, answers, time.monotonic() + seconds)

    def shutdown(self) -> None:
        """Stop everything. Returns when no process is left."""
        if self.is_running:
            session = self._save_session()  # an interrupted start may not have saved it
            self._call("shutdown")
            self._wait_until_gone(session)
        self._stop_leftovers()

    def _wait_for(self, full_name: str, answers: Callable[[], bool], deadline: float) -> None:
        name = full_name.partition(":")[2]
        while not _answers(answers):
            info = self._call("getProcessInfo", full_name)
            if info["statename"] not in _RUNNING:
                raise TwinError(f"{name} ended at its start.\n{self._log_end(name)}")
            if time.monotonic() > deadline:
                raise TwinError(f"{name} does not answer.\n{self._log_end(name)}")
            time.sleep(_POLL_SECONDS)

    def _save_session(self) -> int:
        """Save the session that supervisor leads, for when supervisor no longer answers."""
        session = int(self._call("getPID"))
        self._session_file.write_text(str(session))
        return session

    def _wait_until_gone(self, session: int) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while session in leftovers.find(session=session, below=self.folder.root):
            if time.monotonic() > deadline:
                return  # `_stop_leftovers` kills it
            time.sleep(_POLL_SECONDS)

    def _stop_leftovers(self) -> None:
        """End processes that outlived supervisor: Airflow's tasks, or all after a kill -9."""
        if self._session_file.exists():
            session = int(self._session_file.read_text())
            leftovers.stop(session=session, below=self.folder.root)
            self._session_file.unlink()

    @property
    def _session_file(self) -> Path:
        return self.folder.of("supervisor") / "session"

    def _log(self, name: str) -> Path:
        return self.folder.logs / f"{name}.log"

    def _log_end(self, name: str) -> str:
        log = self._log(name)
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join([f"The end of {log}:", *lines[-_LOG_LINES:]])

    def _call(self, method: str, *arguments: str) -> Any:
        url = f"http://twin:{self.password}@127.0.0.1:{self.port}/RPC2"
        with xmlrpc.client.ServerProxy(url, transport=_Transport()) as server:
            return getattr(server.supervisor, method)(*arguments)

    def _configuration(self, home: Path) -> str:
        return f"""\
[supervisord]
directory = {self.folder.root}
logfile = {self.folder.logs / "supervisord.log"}
pidfile = {home / "supervisord.pid"}
user = {os.getuid()}

[inet_http_server]
port = 127.0.0.1:{self.port}
username = twin
password = {self.password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = conf.d/*.conf
"""


class _Transport(xmlrpc.client.Transport):
    """HTTP with a timeout: another program may listen on the port by now and never answer."""

    @override
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = _CALL_SECONDS
        return connection


def _answers(answers: Callable[[], bool]) -> bool:
    try:
        return answers()
    except OSError:
        return False
