"""The embedded AWS of the twin by itself: no Airflow, no database, nothing in the account."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.certificate import Certificate
from local.environment import search_path
from local.folder import Folder
from local.ministack import Aws
from local.ports import Ports
from tests.support.waiting import eventually


@contextmanager
def embedded_aws(
    folder: Folder,
    *,
    certificate: Certificate | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Aws]:
    """It runs for the time of the block, with IAM enforced; with a certificate, it speaks TLS.

    `variables` are added to its environment, which is also that of the functions in it.
    """
    folder.make()
    ports = Ports.pick(folder.root / "ports.json")
    aws = Aws(folder, ports.aws, "the-key-of-root", certificate=certificate)
    program = aws.program()
    own = {"PATH": search_path(), "HOME": str(folder.root), "TMPDIR": str(folder.root)}
    with (folder.logs / "aws.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - the program of the twin
            program.command,
            cwd=program.directory,
            env={**own, **program.environment, **(variables or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: _answers(program.answers), seconds=60)
        yield aws
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # it waits for the functions that are at work in it
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(ask: Any) -> bool:
    try:
        return bool(ask())
    except OSError:
        return False
