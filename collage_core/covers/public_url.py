"""URLs for logs and documents. A query is left out, because it is a signature, like a password."""

import re

_QUERY_OR_FRAGMENT = re.compile(r"[?#].*", re.DOTALL)


def without_query(url: str) -> str:
    """The URL up to its query or fragment."""
    return _QUERY_OR_FRAGMENT.sub("", url)


def shown(url: str) -> str:
    """A URL for a log: without its signature, and in one line of ASCII."""
    return ascii(without_query(url))[1:-1]
