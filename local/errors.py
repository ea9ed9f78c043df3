"""The error of the twin that its user sees."""


class TwinError(Exception):
    """The twin cannot start or continue. The message names the cause and where to look."""
