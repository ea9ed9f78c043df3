"""`python -m local.compose`: the command that each of our containers starts with."""

import argparse
import os
import sys
from collections.abc import Callable

from rich.console import Console

from deploy.errors import DeployError
from local.airflow_api import AirflowApi
from local.compose import addresses
from local.compose.account import set_up
from local.compose.memory import require_memory
from local.compose.secret_files import hand_out, secret_files
from local.demo.run import run_month
from local.environment import clean_environment
from local.errors import TwinError
from local.folder import REPO
from local.programs import Program

_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - in the container; the host publishes it on loopback


def main() -> int:
    """Run the command. Returns the exit code, 0 if it succeeded."""
    commands: dict[str, tuple[Callable[[], int], str]] = {
        "secrets": (_secrets, "generate the passwords and give each service its own"),
        "aws": (_aws, "serve the embedded AWS"),
        "covers": (_covers, "serve the sample covers"),
        "setup": (_setup, "fill the table, create the account, give Airflow its connections"),
        "demo": (_demo, "run the main job from end to end and show what comes of it"),
    }
    parser = argparse.ArgumentParser(prog="python -m local.compose", description=__doc__)
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (command, summary) in commands.items():
        choices.add_parser(name, help=summary).set_defaults(command=command)
    try:
        return int(parser.parse_args().command())
    except (TwinError, DeployError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _secrets() -> int:
    require_memory(neighbour=(addresses.covers().host, addresses.covers().port))
    hand_out(secret_files(addresses.credentials()), below=addresses.SECRETS)
    return 0


def _aws() -> int:
    return _become(addresses.aws(addresses.credentials()).program(listen=_EVERY_ADDRESS))


def _covers() -> int:
    return _become(addresses.covers().program(listen=_EVERY_ADDRESS))


def _setup() -> int:
    set_up()
    print("The table is filled, the account is there. Airflow starts now.")
    return 0


def _demo() -> int:
    secrets = addresses.credentials()
    code = run_month(
        Console(),
        api=AirflowApi(addresses.AIRFLOW_URL, secrets.airflow_admin),
        aws=addresses.aws(secrets),
        mysql=addresses.mysql(secrets),
        into=addresses.DEMO,
    )
    _give_to_user()
    return code


def _become(program: Program) -> int:
    """Replace this process, so that the program gets the signals of `docker compose stop`."""
    environment = clean_environment(addresses.FOLDER) | dict(program.environment)
    os.chdir(program.directory)
    os.execvpe(program.command[0], list(program.command), environment)  # noqa: S606


def _give_to_user() -> None:
    """Let the pictures belong to the owner of the checkout: here all that is written is root's."""
    owner = (REPO / "local").stat()
    for path in (addresses.DEMO, *addresses.DEMO.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


if __name__ == "__main__":
    sys.exit(main())
