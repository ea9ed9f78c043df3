"""What a user of a benchmark is told when it cannot be gone on with."""


class BenchmarkError(Exception):
    """A contender failed or did not do the work that it is measured by."""
