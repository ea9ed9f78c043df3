"""What holds servers off while their packages are installed is gone afterwards, however that ends.

The real script runs, over an `apt-get` of the test's own. Its files would stop every service of
this machine, so it is given a folder to write them to.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "local" / "debian_packages.sh"
POLICY = "usr/sbin/policy-rc.d"
NO_CLUSTER = "etc/postgresql-common/createcluster.d/no-cluster.conf"
THEIRS = "#!/bin/sh\nexit 101\n"


@dataclass(frozen=True)
class Machine:
    """A machine's files, below a folder."""

    folder: Path

    def files(self) -> set[str]:
        root = self.folder / "root"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def write(self, name: str, text: str) -> None:
        path = self.folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / "root" / name).read_text()

    def install(self, apt_get: str) -> "subprocess.Popen[bytes]":
        """Start the script, with an `apt-get` that is this shell code, in a process group."""
        program = self.folder / "bin" / "apt-get"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{apt_get}\n")
        program.chmod(0o755)
        environment = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "DESTDIR": str(self.folder / "root"),
        }
        return subprocess.Popen(  # noqa: S603 - our own script
            # A shell's job in the background ignores SIGINT, and so would all that it starts.
            ["/usr/bin/env", "--default-signal=INT", SCRIPT, "postgresql"],
            cwd=self.folder,
            env=environment,
            start_new_session=True,
        )

    def wait_for(self, name: str) -> None:
        """Wait until `apt-get` has written this file."""
        deadline = time.monotonic() + 20
        while not (self.folder / name).exists():
            assert time.monotonic() < deadline, f"apt-get never wrote {name}"
            time.sleep(0.02)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "root").mkdir()
    return Machine(tmp_path)


def test_servers_are_held_off_while_packages_are_installed_and_not_after(machine: Machine) -> None:
    installed = machine.install(f'"$DESTDIR/{POLICY}"; echo $? >told; cp -r "$DESTDIR" seen')
    assert installed.wait(20) == 0
    assert (machine.folder / "told").read_text() == "101\n"
    assert "create_main_cluster = false" in (machine.folder / "seen" / NO_CLUSTER).read_text()
    assert machine.files() == set()


def test_an_installation_that_fails_is_tried_with_new_lists_and_leaves_nothing(
    machine: Machine,
) -> None:
    failed = machine.install('echo "$1" >>calls; [ "$1" = update ]')
    assert failed.wait(20) != 0
    assert (machine.folder / "calls").read_text().split() == ["install", "update", "install"]
    assert machine.files() == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_installation_that_is_ended_leaves_nothing(
    machine: Machine, number: signal.Signals
) -> None:
    ended = machine.install("touch begun; exec sleep 60")
    machine.wait_for("begun")
    assert machine.files() == {POLICY, NO_CLUSTER}
    os.killpg(ended.pid, number)
    assert ended.wait(20) != 0
    assert machine.files() == set()


def test_what_was_left_by_a_kill_is_known_and_removed_by_the_next_installation(
    machine: Machine,
) -> None:
    killed = machine.install("touch begun; exec sleep 60")
    machine.wait_for("begun")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(20)
    assert machine.files() == {POLICY, NO_CLUSTER}
    assert machine.install("exit 0").wait(20) == 0
    assert machine.files() == set()


def test_a_policy_of_the_administrators_own_is_let_be(machine: Machine) -> None:
    machine.write(POLICY, THEIRS)
    assert machine.install("exit 0").wait(20) == 0
    assert machine.files() == {POLICY}
    assert machine.read(POLICY) == THEIRS
