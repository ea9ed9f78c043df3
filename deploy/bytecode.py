"""Bytecode of the function's modules, with the same bytes at every build."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.errors import DeployError

_IN_LAMBDA = "/var/task"
"""Where Lambda unpacks the zip. Bytecode has the name of its source's folder in it, and a temporary
folder has another name at every build."""


def compiled_files(
    sources: Mapping[str, Path], folder: Path, *, python_version: str
) -> dict[str, Path]:
    """The bytecode of each source, by its name in the zip, written below `folder`.

    `sources` are modules by their names in the zip. Raises DeployError when this Python has
    another version than the function, whose bytecode would be ignored there.
    """
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != python_version:
        raise DeployError(
            f"this Python is {here}, the function's is {python_version} (function.runtime of "
            f"deploy/limits.json): build the zip with Python {python_version}"
        )
    for name, path in sources.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    # Checked by no date, as a zip's dates are all the same, and by no hash, which costs a read of
    # every source. A process of its own, with a fixed seed: constants that are sets come out in
    # the same order.
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(  # noqa: S603 - our own interpreter
        [*command, "-s", str(folder), "-p", _IN_LAMBDA, str(folder)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.pyc")}
