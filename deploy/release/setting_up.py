"""`scripts/setup_infrastructure.sh`: what must be there before Terraform can make the rest."""

from collections.abc import Callable

import boto3

from deploy.errors import DeployError
from deploy.release.environment import Environment, files_of
from deploy.release.new_environment import write_missing_files
from deploy.release.state_bucket import ensure_state_bucket
from deploy.release.terraform import Terraform


def set_up(
    name: str,
    say: Callable[[str], None],
    *,
    prefix: str | None,
    region: str,
    plan_only: bool,
) -> str:
    """Write the environment's files, make the bucket of its state, and begin Terraform there.

    What is there stays. Returns the line that says what comes next. Raises DeployError.
    """
    write_missing_files(name, prefix=prefix, region=region, say=say, plan_only=plan_only)
    if plan_only and not all(path.exists() for path in files_of(name)):
        say(f"would make the bucket {prefix}cover-collage-states in {region}, if it is missing")
        return "nothing was changed: this was only a plan"
    environment = Environment.read(name)
    if prefix not in (None, environment.prefix):
        raise DeployError(
            f"{name} is there, with the prefix {environment.prefix}, and --prefix is {prefix}: "
            "leave it out, or give another environment a name of its own"
        )
    who = boto3.client("sts", region_name=environment.region).get_caller_identity()
    say(f"account {who['Account']}, as {who['Arn']}")
    ensure_state_bucket(
        environment.state_bucket,
        environment.state_region,
        say,
        account=who["Account"],
        plan_only=plan_only,
    )
    if plan_only:
        return "nothing was changed: this was only a plan"
    Terraform(environment).init()
    return f"look at {environment.variables}, then: make deploy ENV={name}"
