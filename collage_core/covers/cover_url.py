"""Which URLs may be requested as covers: http(s) URLs with a host."""

import re

from collage_core.hosts.host_names import LONGEST_LABEL, ascii_host, canonical_host, is_plain

_NOT_IN_A_REQUEST_LINE = r"\x00-\x20\x7f"
# A label of an ASCII host: no white space, nothing that ends a host, no globs, and nothing that
# browsers refuse (WHATWG URL Standard, "forbidden host code points").
_LABEL = rf"""[!"$&-)+,\-0-9;=A-Z_`a-z{{}}~]{{1,{LONGEST_LABEL}}}"""
_COVER_URL = re.compile(
    r"(?i:https?)://"
    # No '@': credentials in a URL would end up in logs and be sent to a host that is not trusted.
    rf"(?:\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)"
    r"(?::([0-9]{0,5}))?"  # the port
    rf"(?:[/?#][^{_NOT_IN_A_REQUEST_LINE}]*)?"
)
_LAST_PORT = 65535
_PORT = re.compile(r":[0-9]*$")
_UP_TO_HOST = re.compile(r"((?i:https?)://)([^/?#@:\[\]\\]+)")


def is_cover_url(text: str) -> bool:
    """Whether `text` is an http(s) URL with a host, without credentials and without blanks.

    A host that is not ASCII or is percent-encoded is mapped first, as browsers do.
    """
    match = _COVER_URL.fullmatch(text) or _COVER_URL.fullmatch(with_ascii_host(text))
    if match is None:
        return False
    port = match[1]
    return not port or int(port) <= _LAST_PORT


def host_of(url: str) -> str:
    """The host of a cover URL in its canonical form, without the port."""
    _, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return canonical_host(_PORT.sub("", authority))


def with_ascii_host(url: str) -> str:
    """A URL, or only its scheme and authority, with the host mapped to ASCII.

    The rest stays as it is. So does a host that is plain already or that cannot be mapped.
    """
    match = _UP_TO_HOST.match(url)
    if match is None or is_plain(match[2]):
        return url
    host = ascii_host(match[2])
    return url if host is None else f"{match[1]}{host}{url[match.end() :]}"
