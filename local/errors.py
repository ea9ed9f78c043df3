"""What a user of the twin is told when it cannot do what was asked."""


class TwinError(Exception):
    """The twin cannot start or go on. The message names the cause and where to look."""
