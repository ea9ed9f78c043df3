"""A program of the twin, and its section in supervisor's configuration."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LOG_BYTES = "20MB"


@dataclass(frozen=True, slots=True)
class Program:
    """A server process, and a check that it works."""

    name: str
    command: Sequence[str]
    directory: Path
    answers: Callable[[], bool]
    """Sends the server a real request. False or an OSError means: not yet."""
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"

    def section(self, log: Path) -> str:
        """The `[program:…]` section that runs it, with everything it prints in `log`.

        It is not restarted when it dies, so that a crash is seen.
        """
        settings = {
            "command": shlex.join(self.command),
            "directory": str(self.directory),
            "environment": ",".join(
                f"{name}={_quote(value)}" for name, value in sorted(self.environment.items())
            ),
            "autorestart": "false",
            "startretries": "0",
            "startsecs": "0",
            "stopsignal": self.stop_signal,
            "stopasgroup": "true",
            "killasgroup": "true",
            "stopwaitsecs": "20",
            "redirect_stderr": "true",
            "stdout_logfile": str(log),
            "stdout_logfile_maxbytes": _LOG_BYTES,
            "stdout_logfile_backups": "1",
        }
        return _section(f"program:{self.name}", settings)


def group_section(name: str, programs: Sequence[Program], *, priority: int) -> str:
    """The `[group:…]` section of programs that start and stop together.

    Groups are stopped one after the other, the highest `priority` first.
    """
    names = ",".join(program.name for program in programs)
    return _section(f"group:{name}", {"programs": names, "priority": str(priority)})


def _section(title: str, settings: Mapping[str, str]) -> str:
    # Supervisor expands %(…)s in every value.
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    return "\n".join([f"[{title}]", *lines, "", ""])


def _quote(value: str) -> str:
    # They cannot be escaped: a quote ends the value, a newline or a comment ends the line.
    if any(mark in value for mark in ("'", "\n", " ;", " #")):
        raise ValueError("supervisor cannot pass on a variable with a quote, newline or comment")
    return f"'{value}'"
