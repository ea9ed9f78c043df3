"""A URL as it may be shown to anyone: its query is a signature, as good as a password."""


def without_query(url: str) -> str:
    """The URL up to its query or fragment."""
    return url.partition("?")[0].partition("#")[0]


def shown(url: str) -> str:
    """A URL as a log may hold it: without its signature, and in one line whatever is in it."""
    return ascii(without_query(url))[1:-1]
