"""The error that ends a benchmark."""


class BenchmarkError(Exception):
    """A contender failed or did not do all of the work that it is measured by."""
