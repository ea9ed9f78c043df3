"""Builds the function's zip for this machine, with `deploy.lambda_zip`."""

import os
import platform
import subprocess
import sys

from local.environment import search_path
from local.errors import TwinError
from local.folder import REPO, Folder

ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""Lambda's name of a processor, by that of the machine."""


def build_package(folder: Folder) -> bytes:
    """The function's zip for the architecture of this machine, where the embedded AWS runs it.

    Raises TwinError when it cannot be built.
    """
    path = folder.of("lambda") / "collage_worker.zip"
    path.parent.mkdir(exist_ok=True)
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise TwinError(f"Lambda does not run on {machine}, so neither does the twin")
    result = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.lambda_zip"),
            *("--out", str(path), "--arch", ARCHITECTURES[machine]),
        ],
        cwd=REPO,
        env={**os.environ, "PATH": search_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise TwinError(f"the Lambda zip could not be built:\n{result.stdout}{result.stderr}")
    return path.read_bytes()
