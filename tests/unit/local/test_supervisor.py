"""Programs start in groups, say what is wrong, and leave nothing behind, whatever happens."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import leftovers
from local.errors import TwinError
from local.folder import Folder
from local.ports import Ports
from local.programs import Program
from local.supervisor import Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    folder = Folder(tmp_path / "a folder with spaces")
    folder.make()
    port = Ports.pick(folder.root / "ports.json").supervisor
    supervisor = Supervisor(folder, port, "secret")
    supervisor.start()
    yield supervisor
    supervisor.shutdown()


def python(
    supervisor: Supervisor,
    code: str,
    *,
    answers: Callable[[], bool] | None = None,
    environment: dict[str, str] | None = None,
) -> Program:
    """A program that runs `code` and then sleeps; it answers when it has run it."""
    done = supervisor.folder.root / "done"
    sleep = f"import pathlib, time; pathlib.Path({str(done)!r}).touch(); time.sleep(60)"
    return Program(
        "program",
        [sys.executable, "-c", f"{code}; {sleep}"],
        directory=supervisor.folder.root,
        answers=answers or done.exists,
        environment=environment or {},
    )


def session_of(supervisor: Supervisor) -> int:
    return int((supervisor.folder.of("supervisor") / "session").read_text())


def processes(supervisor: Supervisor, session: int, *, count: int) -> list[int]:
    """The ids of what lives in the session, supervisor first, once there are that many."""
    while len(found := leftovers.find(session=session, below=supervisor.folder.root)) != count:
        time.sleep(0.05)
    return sorted(found)


def test_a_program_gets_its_environment_to_the_letter_and_nothing_of_the_callers(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    value = '{"extra": {"url": "http://h/%41?a=b&c;d"}, "name": "ü, \\\\"}'
    out = supervisor.folder.root / "out"
    code = (
        "import os, pathlib; seen = os.environ['VALUE'] + os.environ.get('AWS_PROFILE', '|nothing')"
        f"; pathlib.Path({str(out)!r}).write_text(seen)"
    )
    program = python(supervisor, code, environment={"VALUE": value})
    supervisor.run("group", [program], priority=1, seconds=20)
    assert out.read_text() == f"{value}|nothing"


def test_the_process_of_each_running_program_is_known(supervisor: Supervisor) -> None:
    out = supervisor.folder.root / "out"
    code = f"import os, pathlib; pathlib.Path({str(out)!r}).write_text(str(os.getpid()))"
    supervisor.run("group", [python(supervisor, code)], priority=1, seconds=20)
    assert supervisor.process_ids() == {"program": int(out.read_text())}


@pytest.mark.parametrize("value", ["it's", "two\nlines", "a ; comment", "a # comment"])
def test_a_variable_that_would_arrive_otherwise_is_refused(value: str, tmp_path: Path) -> None:
    program = Program(
        "name", ["true"], tmp_path, answers=lambda: True, environment={"VALUE": value}
    )
    with pytest.raises(ValueError, match="supervisor cannot pass on"):
        program.section(tmp_path / "log")


def test_a_program_that_dies_at_its_start_is_reported_with_the_end_of_its_log(
    supervisor: Supervisor,
) -> None:
    program = python(supervisor, "raise SystemExit('no such thing')", answers=lambda: False)
    with pytest.raises(TwinError, match=r"program ended at its start(?s:.*)no such thing"):
        supervisor.run("group", [program], priority=1, seconds=20)


@pytest.mark.thorough
def test_a_program_that_never_answers_is_not_waited_for_for_ever(supervisor: Supervisor) -> None:
    program = python(supervisor, "pass", answers=lambda: False)
    with pytest.raises(TwinError, match="program does not answer"):
        supervisor.run("group", [program], priority=1, seconds=1)


def test_a_program_that_has_ended_is_named_and_started_again(supervisor: Supervisor) -> None:
    done = supervisor.folder.root / "done"
    supervisor.run("group", [python(supervisor, "pass")], priority=1, seconds=20)
    assert supervisor.exited() == {}
    leader, child = processes(supervisor, session_of(supervisor), count=2)
    os.kill(child, signal.SIGKILL)
    while supervisor.exited() != {"program": "group:program"}:
        time.sleep(0.05)
    done.unlink()
    supervisor.restart("group:program", done.exists, seconds=20)
    assert supervisor.exited() == {}
    assert processes(supervisor, session_of(supervisor), count=2)[0] == leader


# A child that left its parent's process group, as Airflow's tasks do.
RUNAWAY = "import os; os.fork() or os.setpgid(0, 0)"


def test_shutdown_ends_children_that_left_their_process_group(supervisor: Supervisor) -> None:
    session = session_of(supervisor)
    supervisor.run("group", [python(supervisor, RUNAWAY)], priority=1, seconds=20)
    assert processes(supervisor, session, count=3)  # supervisor, the program and its child
    supervisor.shutdown()
    assert not supervisor.is_running
    assert leftovers.find(session=session, below=supervisor.folder.root) == []


def test_a_start_after_a_crash_ends_what_the_crash_left(supervisor: Supervisor) -> None:
    session = session_of(supervisor)
    program = python(supervisor, "pass")
    supervisor.run("group", [program], priority=1, seconds=20)
    runner, orphan = processes(supervisor, session, count=2)
    os.kill(runner, signal.SIGKILL)
    assert processes(supervisor, session, count=1) == [orphan]
    assert not supervisor.is_running
    supervisor.start()
    assert leftovers.find(session=session, below=supervisor.folder.root) == []


def test_configuration_with_credentials_is_for_its_owners_eyes(supervisor: Supervisor) -> None:
    program = python(supervisor, "pass", environment={"PASSWORD": "x"})
    supervisor.run("group", [program], priority=1, seconds=20)
    home = supervisor.folder.of("supervisor")
    files = [home / "supervisord.conf", *home.glob("conf.d/*")]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
