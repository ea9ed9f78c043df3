"""What the twin's processes inherit: nothing of the caller's settings or secrets."""

import os
import sys
from pathlib import Path

from local.folder import TOOLS, Folder

VENV_BIN = Path(sys.executable).parent
"""Where the programs of the project's environment are."""


def clean_environment(folder: Folder) -> dict[str, str]:
    """A small environment with a home of the twin's own.

    It keeps `~/.aws` and `~/.my.cnf` out, and with them the wrong account.
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
    """The caller's PATH, with the project's own programs first."""
    own = [str(VENV_BIN), str(TOOLS / "uv" / "bin")]
    return os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])
