"""The commands: `python -m deploy.release setup|deploy|rollback ENV`."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from deploy.errors import DeployError
from deploy.release.deploying import deploy
from deploy.release.environment import Environment
from deploy.release.rolling_back import roll_back
from deploy.release.setting_up import set_up

_PROGRAMS = {
    "setup": "scripts/setup_infrastructure.sh",
    "deploy": "scripts/deploy.sh",
    "rollback": "scripts/rollback.sh",
}
_INTERRUPTED = 130
"""The exit code of a program that SIGINT ends, as shells count it."""
_ABOUT = {
    "setup": "Make what a new environment needs before it can be deployed: its two files in "
    "terraform/environments/, and the bucket of Terraform's state. What is there stays.",
    "deploy": "Make this checkout what works: package it, apply terraform/, ask the new version, "
    "and let it work. One that does not answer never works.",
    "rollback": "Let an older version of the function work again, if it answers.",
}


def _main() -> None:
    options = _options()
    say = partial(print, flush=True)
    try:
        print(_done(options, lambda line: say(f"==> {line}")))
    except DeployError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("interrupted: run the same command again to go on", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except NoCredentialsError:
        sys.exit(
            "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
    except ProfileNotFound as error:
        sys.exit(
            f"{_one_line(error)}: set AWS_PROFILE to one that `aws configure list-profiles` shows"
        )
    except ClientError as error:
        said = error.response.get("Error", {})
        sys.exit(f"AWS refuses {error.operation_name}: {said.get('Code')}, {said.get('Message')}")
    except BotoCoreError as error:
        sys.exit(f"AWS cannot be asked: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _done(options: argparse.Namespace, say: Callable[[str], None]) -> str:
    match options.command:
        case "setup":
            return set_up(
                options.environment,
                say,
                prefix=options.prefix,
                region=options.region,
                plan_only=options.plan,
            )
        case "deploy":
            return deploy(Environment.read(options.environment), say, plan_only=options.plan)
        case _:
            environment = Environment.read(options.environment)
            return roll_back(environment, options.version, plan_only=options.plan)


def _options() -> argparse.Namespace:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    parser = argparse.ArgumentParser(prog=_PROGRAMS.get(command))
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in _ABOUT.items():
        one = commands.add_parser(name, prog=_PROGRAMS[name], help=about, description=about)
        one.add_argument("environment", metavar="ENV", help="its name, such as staging")
        one.add_argument("--plan", action="store_true", help="only show what it would do")
        if name == "setup":
            one.add_argument("--prefix", help="for a new environment: stands before all its names")
            one.add_argument("--region", default="us-east-2", help="and its region (%(default)s)")
        if name == "rollback":
            one.add_argument("version", metavar="VERSION", help="the one that is to work again")
    return parser.parse_args()


if __name__ == "__main__":
    _main()
