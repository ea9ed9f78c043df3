"""`make deploy`: package, Terraform, ask the new version, and let it work."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy import lambda_zip, mwaa
from deploy.errors import DeployError
from deploy.limits import read_limits
from deploy.release.environment import Environment
from deploy.release.errors import BrokenVersionError, MovedMeanwhileError, TerraformError
from deploy.release.function import Function, Live
from deploy.release.terraform import Terraform
from deploy.settings_file import read_settings_file

_DIST = Path(__file__).resolve().parents[2] / "dist"


def deploy(environment: Environment, say: Callable[[str], None], *, plan_only: bool) -> str:
    """Make this checkout what works in the environment. Returns the line that says what is live.

    Raises DeployError, which says what goes on: what was live before, if that was anything.
    """
    # First of all, since it takes a moment and needs credentials.
    function = Function.connect(environment.function_name, environment.region)
    before = function.live()
    terraform = Terraform(environment)
    terraform.init()
    _package(say)
    if plan_only:
        terraform.plan()
        return f"nothing was changed in {environment.name}: this was only a plan"
    try:
        terraform.apply()
        return _let_work(function, terraform.published(), before)
    except (TerraformError, BrokenVersionError) as error:
        raise DeployError(f"{_why(function, error)}; {_goes_on(function)}") from error


def _package(say: Callable[[str], None]) -> None:
    """Write what Terraform uploads: the function's zip, and MWAA's files, which take no time."""
    path = lambda_zip.OUT
    try:
        lambda_zip.build(path, arch=read_limits().function.architecture)
    except subprocess.CalledProcessError as error:
        raise DeployError(f"uv could not install the wheels (exit {error.returncode})") from error
    mwaa.build(_DIST / "mwaa", read_settings_file())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    say(f"packaged {path.name}, sha256 {digest}")


def _let_work(function: Function, published: int, before: Live | None) -> str:
    """Move the alias to the published version, unless it is there."""
    live = function.live()
    if live is None:
        raise DeployError(f"{function.name} has no alias: somebody has deleted it, deploy again")
    if live.version != published:
        if before is not None and live.version != before.version:
            raise MovedMeanwhileError(function.name, live.version)
        function.ask(published)
        function.move(live, published)
        return f"version {published} is live (before: {live.version})"
    if before and before.version == published:
        return f"nothing new was published: version {published} is live, as before"
    # Terraform has made the alias, or somebody has moved it meanwhile.
    return f"version {published} is live (before: {before.version if before else 'none'})"


def _why(function: Function, error: DeployError) -> DeployError:
    """The error; where Terraform asked the newest version in vain, the one that says its reason."""
    if isinstance(error, TerraformError) and error.at_self_check:
        try:
            function.ask(max(function.versions()))
        except BrokenVersionError as reason:
            return reason
    return error


def _goes_on(function: Function) -> str:
    """Asked now: Terraform may have made the alias before it failed at something else."""
    live = function.live()
    return "nothing is live yet" if live is None else f"{live.version} goes on"
