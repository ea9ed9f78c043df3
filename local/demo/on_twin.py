"""`make demo`: the demo on the one-machine twin."""

from rich.console import Console

from local.demo.run import run_month
from local.folder import Folder
from local.twin import running


def demo(folder: Folder) -> int:
    """Run the sample month and show its results; the exit code is that of `run_month`.

    The twin is left as it was found, up or down.
    """
    console = Console()
    console.print("Starting the twin: MySQL, PostgreSQL, AWS, the cover server and Airflow …")
    with running(folder) as twin:
        code = run_month(
            console, api=twin.airflow_api(), aws=twin.aws, mysql=twin.mysql, into=folder.demo
        )
    console.print("`make up` starts the twin again and prints the address of Airflow's UI.")
    return code
