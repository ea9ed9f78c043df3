"""`make rollback`: an older version works again, within seconds and without Terraform."""

from deploy.errors import DeployError
from deploy.release.environment import Environment
from deploy.release.errors import BrokenVersionError
from deploy.release.function import Function


def roll_back(environment: Environment, version: str, *, plan_only: bool) -> str:
    """Move the alias to a version that is asked first. Returns the line that says what is live.

    Raises DeployError when there is no such version, when it is live, or when it does not work.
    """
    function = Function.connect(environment.function_name, environment.region)
    live = function.live()
    if live is None:
        raise DeployError(
            f"there is no {function.name} with an alias in {environment.region}: deploy it with "
            f"`make deploy ENV={environment.name}`"
        )
    others = [number for number in function.versions() if number != live.version]
    there_are = f"there are {', '.join(map(str, others))}" if others else "there is no other"
    if not version:
        raise DeployError(f"name a version: besides {live.version}, which is live, {there_are}")
    if version == str(live.version):
        raise DeployError(f"version {version} is live already: besides, {there_are}")
    if version not in map(str, others):
        raise DeployError(
            f"there is no version {version!r} of {function.name}: besides {live.version}, which is "
            f"live, {there_are}"
        )
    try:
        function.ask(int(version))
    except BrokenVersionError as error:
        raise DeployError(f"{error}; {live.version} goes on") from error
    if plan_only:
        return f"version {version} answers, and would be live (now: {live.version})"
    function.move(live, int(version))
    return f"version {version} is live (before: {live.version})"
