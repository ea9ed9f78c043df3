"""The `airflow` command, as a user types it who has evaluated what `python -m local env` prints."""

import subprocess

from local.environment import VENV_BIN, clean_environment
from local.twin import Twin


def airflow(twin: Twin, *arguments: str, **variables: str) -> str:
    """What the command prints; `variables` are added to its environment."""
    done = subprocess.run(  # noqa: S603 - Airflow's own command
        [VENV_BIN / "airflow", *arguments],
        cwd=twin.folder.root,
        env=clean_environment(twin.folder) | twin.airflow.client_environment() | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"airflow {arguments} ended with {done.stdout}{done.stderr}"
    return done.stdout
