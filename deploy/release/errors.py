"""The errors of a deployment that was begun."""

from deploy.errors import DeployError


class TerraformError(DeployError):
    """Terraform ended with an error, which it has printed."""

    def __init__(self, message: str, *, at_self_check: bool = False) -> None:
        super().__init__(message)
        self.at_self_check = at_self_check
        """Whether a version of the function did not answer as it should."""


class MovedMeanwhileError(DeployError):
    """Somebody else has moved the alias since it was looked at."""

    def __init__(self, function: str, version: int | None) -> None:
        super().__init__(
            f"somebody else has moved `live` of {function} meanwhile: {version or 'no version'} is "
            "live; if that is not to stay, try again"
        )


class BrokenVersionError(DeployError):
    """A version of the function does not answer `{}` with `ok`."""

    def __init__(self, version: int, reason: str) -> None:
        super().__init__(f"version {version} does not work: {reason}")
