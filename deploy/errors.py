"""The error for a file in `deploy/` that cannot be used."""


class DeployError(Exception):
    """A limit or a policy cannot be used. The message names the file, the entry and the fix."""
