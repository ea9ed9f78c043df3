"""uv, as the project's own commands find it."""

import os
import subprocess

from local.environment import search_path
from local.folder import REPO


def uv(*arguments: object) -> None:
    """Run uv in the checkout. Fails the test with what uv said."""
    done = subprocess.run(  # noqa: S603 - a fixed program with our own arguments
        ["uv", *map(str, arguments)],  # noqa: S607
        cwd=REPO,
        env={**os.environ, "PATH": search_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
