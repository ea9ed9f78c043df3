"""Which two URLs are one picture.

A cover is signed again each time its URL is handed out, and a creator's collage is to show it
once. Yet two pictures that are taken for one lose a cover. So a parameter is left out of the
comparison only where a signing scheme is recognised whose parameter it is; all others may
name the picture (`itemId=`, `media_id=`, `?id=`).
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from collage_core.covers.signing_schemes import Parameter, is_token, schemes_of, without_token
from collage_core.hosts.host_names import comparable

_TRIPLET = re.compile(r"%[0-9A-Fa-f]{2}")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def picture_of(url: str) -> str:
    """The key of the picture that a cover URL shows: equal for two URLs of one picture.

    It may be stored: docs/contracts.md ("Which two URLs are one cover") binds its rule. A
    picture of TikTok is its path, `/obj/1.jpeg`; any other begins with the host, as in
    `cdn.example/1.jpg?id=7`, and has no signature of a known scheme. It is not for logs: the
    query may hold a secret of an unknown scheme. Never raises for a URL that `is_cover_url`
    takes, and needs time in proportion to its length.
    """
    before, _, query = url.partition("?")
    # Nearly all rows end here: TikTok's URLs in the order in which TikTok writes them.
    if (
        "&x-signature=" in query
        and (query.startswith("x-expires=") or "&x-expires=" in query)
        and "%" not in before
        and "#" not in url
        and before.isascii()
    ):
        start = before.find("/", len("http://h"))
        if start > 0 and not before.endswith("/"):
            return before[start:]
    return _picture_of_any(url)


def _picture_of_any(url: str) -> str:
    scheme, _, rest = url.partition("://")
    before, _, query = rest.partition("#")[0].partition("?")
    authority, _, path = before.partition("/")
    host, path = _host(scheme, authority), "/" + _normal(path)
    parameters = list(_parameters(_normal(query)))
    schemes = schemes_of(host + path, parameters)
    # A path that ends in a slash names a folder; then the query must name the picture.
    if path[-1] != "/" and any(scheme.path_alone for scheme in schemes):
        return path
    named = [
        f"{parameter.name}={parameter.value}"
        # Programs write the same parameters in any order, and no server is known to name
        # another picture by it. Those of one name stay in order: which one counts is up to
        # the server.
        for parameter in sorted(parameters, key=lambda parameter: parameter.name)
        if not is_token(parameter) and not any(scheme.changes(parameter) for scheme in schemes)
    ]
    return "?".join(filter(None, [host + without_token(path), "&".join(named)]))


def _normal(text: str) -> str:
    """One spelling of all that RFC 3986, section 6.2.2, takes for the same.

    Bytes beyond ASCII are escaped, as browsers send them (URL Standard, percent-encode sets).
    """
    if not text.isascii():
        text = re.sub(r"[^\x00-\x7f]+", lambda raw: quote(raw[0], errors="surrogatepass"), text)
    return (
        _TRIPLET.sub(lambda triplet: _TRIPLETS[triplet[0].upper()], text) if "%" in text else text
    )


def _triplets() -> dict[str, str]:
    # What delimits nothing means the same with and without escaping; the rest stays escaped.
    plain = re.compile(r'[A-Za-z0-9._~"<>^`{|}-]')
    triplets = {f"%{byte:02X}": chr(byte) for byte in range(256)}
    return {triplet: raw if plain.fullmatch(raw) else triplet for triplet, raw in triplets.items()}


_TRIPLETS = _triplets()


def _parameters(query: str) -> Iterator[Parameter]:
    # As in the URL Standard, "application/x-www-form-urlencoded parsing": `;` separates
    # nothing, `x` and `x=` are the same, and what stands between `&&` is nothing.
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            # `&amp;` stands in addresses that were read off a page's source.
            yield Parameter(name, value, name.lower().removeprefix("amp;"))


def _host(scheme: str, authority: str) -> str:
    """The host as it is compared, with its port unless that is the scheme's own."""
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    port = port.lstrip("0")
    if port == _DEFAULT_PORTS.get(scheme.lower()):
        port = ""
    host = comparable(host)
    if ":" in host:
        host = f"[{host}]"
    return f"{host}:{port}" if port else host
