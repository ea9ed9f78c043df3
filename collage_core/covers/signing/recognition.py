"""Finds the signatures in a URL: the schemes it is signed with, and tokens under any name."""

import re
from collections import defaultdict
from collections.abc import Iterable

from collage_core.covers.signing.cdns import CDNS
from collage_core.covers.signing.clouds import CLOUDS
from collage_core.covers.signing.platforms import PLATFORMS
from collage_core.covers.signing.scheme import Parameter, SigningScheme

SCHEMES = (*PLATFORMS, *CLOUDS, *CDNS)
"""All signing schemes. A URL may have several of them: then the parameters of all are ignored."""

_TOKEN = re.compile(r"(?:ip|st|exp|acl|url)(?:=|%3D).*~hmac(?:=|%3D)\w+", re.ASCII)
"""The token of Akamai and of Cloudinary. Each customer chooses the name of its parameter.

https://github.com/akamai/edgeauth-token-python
"""

_PATH_TOKEN = re.compile(r"/(?:(?:bcdn_token|edge-cache-token)=[^/]*|[^/]*~hmac=[0-9a-fA-F]+)(?=/)")
"""The folder in which Akamai, Bunny and Media CDN put a token that covers relative links.

https://docs.bunny.net/docs/cdn-token-authentication
https://cloud.google.com/media-cdn/docs/generate-signatures
"""


def _by_first_name() -> dict[str, list[SigningScheme]]:
    index = defaultdict(list)
    for scheme in SCHEMES:
        index[next(iter(scheme.required))].append(scheme)
    return dict(index)


_BY_FIRST_NAME = _by_first_name()


def schemes_of(location: str, parameters: Iterable[Parameter]) -> list[SigningScheme]:
    """The schemes that a URL is signed with; `location` is its host and path."""
    values = {parameter.plain_name: parameter.value for parameter in parameters}
    return [
        scheme
        for name in values
        if name in _BY_FIRST_NAME
        for scheme in _BY_FIRST_NAME[name]
        if scheme.has_signed(location, values)
    ]


def is_token(parameter: Parameter) -> bool:
    """Whether the value has the form of a signed token, whatever the parameter's name."""
    return "hmac" in parameter.value and bool(_TOKEN.fullmatch(parameter.value))


def without_token(path: str) -> str:
    """A path without the folder that is a signed token."""
    return _PATH_TOKEN.sub("", path) if "token=" in path or "hmac=" in path else path
