"""`python -m local`: starts, shows and stops the twin; `make` calls it."""

import argparse
import shlex
import signal
import sys
from collections.abc import Callable
from functools import partial

from deploy.errors import DeployError
from local.airflow import ADMIN
from local.demo.on_twin import demo
from local.environment import VENV_BIN
from local.errors import TwinError
from local.folder import Folder
from local.twin import Twin, up


def main() -> int:
    """Run the command. Returns the exit code, 0 if it succeeded."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="The one-machine twin. TWIN_DIR chooses its folder."
    )
    commands: dict[str, tuple[Callable[[Folder], int], str]] = {
        "up": (_up, "start the twin unless it is up, and print its addresses"),
        "status": (_status, "print the state of each process"),
        "env": (_env, "print shell variables that point AWS clients and `airflow` at the twin"),
        "demo": (demo, "run the main job from end to end, then stop"),
        "down": (_down, "stop the twin; its data stays"),
    }
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (command, summary) in commands.items():
        choices.add_parser(name, help=summary).set_defaults(command=command)
    options = parser.parse_args()
    # SIGTERM, like SIGINT, unwinds the stack, which stops the servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(options.command(Folder.from_env()))
    except (TwinError, DeployError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _up(folder: Folder) -> int:
    print("Starting the twin, unless it is up: half a minute …", file=sys.stderr)
    twin = up(folder, say=partial(print, file=sys.stderr))
    print(f"""\
Airflow      {twin.airflow.url}   {ADMIN} / {twin.airflow.credentials.airflow_admin}
AWS          {twin.aws.endpoint_url}   eval "$(.venv/bin/python -m local env)"
MySQL        127.0.0.1:{twin.mysql.port}
cover server {twin.covers.url}
logs         {folder.logs}
`make down` stops it.""")
    return 0


def _status(folder: Folder) -> int:
    twin = Twin.load(folder)
    if twin is None or not twin.is_up:
        print("the twin is down")
        return 1
    states = twin.supervisor.states()
    for name, state in states.items():
        print(f"{name:<22} {state}")
    return 0 if set(states.values()) == {"RUNNING"} else 1


def _env(folder: Folder) -> int:
    twin = Twin.load(folder)
    if twin is None or not twin.is_up:
        raise TwinError("the twin is down: start it with `make up`")
    variables = twin.aws.client_environment() | twin.airflow.client_environment()
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(VENV_BIN))}:"$PATH"')
    # Version 1 of the AWS CLI, pip's, sends `aws sqs` to queue.amazonaws.com whatever
    # AWS_ENDPOINT_URL says (awscli.customizations.overridesslcommonname).
    print('aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }')
    return 0


def _down(folder: Folder) -> int:
    twin = Twin.load(folder)
    if twin is not None:
        twin.stop()
    print("the twin is down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
