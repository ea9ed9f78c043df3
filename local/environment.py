"""The environment of the twin's processes, without the caller's settings and secrets."""

import os
import sys
from pathlib import Path

from local.folder import TOOLS, Folder

VENV_BIN = Path(sys.executable).parent
"""The folder with the programs of the project's virtual environment."""


def clean_environment(folder: Folder) -> dict[str, str]:
    """A small environment whose home folder belongs to the twin.

    So `~/.aws` and `~/.my.cnf` are not read, which could name another account.
    """
    home, temporary = folder.of("home"), folder.of("tmp")
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": search_path(),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def search_path() -> str:
    """The caller's PATH with the project's programs first."""
    own = [str(VENV_BIN), str(TOOLS / "uv" / "bin")]
    return os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])
