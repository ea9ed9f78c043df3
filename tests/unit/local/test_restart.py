"""`make up` beside a twin that has lost a part."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import TwinError
from local.folder import Folder
from local.programs import Program
from local.twin import Twin, up


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    """A twin of which only supervisor runs."""
    twin = Twin.new(Folder(tmp_path / "twin"))
    twin.supervisor.start()
    yield twin
    twin.stop()


def run(twin: Twin, name: str, code: str) -> None:
    program = Program(name, [sys.executable, "-c", code], twin.folder.root, answers=lambda: True)
    twin.supervisor.run("servers", [program], priority=1, seconds=20)


def test_a_twin_without_its_aws_is_not_called_up(twin: Twin) -> None:
    run(twin, "aws", "pass")
    while not twin.supervisor.exited():
        time.sleep(0.05)
    with pytest.raises(TwinError, match=r"run `make down`, then `make up`"):
        up(twin.folder)


def test_nothing_is_said_when_nothing_has_ended(twin: Twin) -> None:
    run(twin, "aws", "import time; time.sleep(60)")
    said: list[str] = []
    up(twin.folder, say=said.append)
    assert said == []
