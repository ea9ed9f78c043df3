"""A URL as it may be shown to anyone: its query is a signature, as good as a password."""

import re

_QUERY_OR_FRAGMENT = re.compile(r"[?#].*", re.DOTALL)


def without_query(url: str) -> str:
    """The URL up to its query or fragment."""
    return _QUERY_OR_FRAGMENT.sub("", url)


def shown(url: str) -> str:
    """A URL as a log may hold it: without its signature, and in one line whatever is in it."""
    return ascii(without_query(url))[1:-1]
