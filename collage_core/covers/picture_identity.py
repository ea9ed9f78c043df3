"""Which two URLs are the same picture.

A platform signs a cover's URL again for each answer, and a collage must show the cover once. But if
two different pictures are treated as one, a cover is lost. So a parameter is ignored only when it
belongs to a signing scheme that is recognised. Any other parameter may name the picture
(`itemId=`, `media_id=`, `?id=`).
"""

import hashlib
import re
from urllib.parse import quote

from collage_core.covers.signing.recognition import is_token, schemes_of, without_token
from collage_core.covers.signing.scheme import parameters_of
from collage_core.hosts.host_names import canonical_host

_TRIPLET = re.compile(r"%[0-9A-Fa-f]{2}")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_DIGEST_LENGTH = 32


def picture_of(url: str) -> str:
    """The key of the picture that a cover URL shows. Two URLs of one picture have the same key.

    The key may be stored: docs/contracts.md ("Which two URLs are one cover") fixes the rule. For a
    picture of TikTok it is the path, `/obj/1.jpeg`; for any other it begins with the host, as in
    `cdn.example/1.jpg?id=7`, without the signature of a known scheme. Do not log it: its query may
    have the secret of an unknown scheme. Never raises for a URL that `is_cover_url` accepts, and
    takes time in proportion to its length.
    """
    before, _, query = url.partition("?")
    # Nearly all rows end here: TikTok's URLs, with parameters in TikTok's usual order.
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


def picture_digest(url: str) -> str:
    """A digest of the key of the picture that a cover URL shows.

    For names and lists: unlike the key it has one length, and no secret of an unknown scheme.
    """
    picture = picture_of(url).encode("utf-8", "surrogatepass")
    return hashlib.sha256(picture).hexdigest()[:_DIGEST_LENGTH]


def _picture_of_any(url: str) -> str:
    scheme, _, rest = url.partition("://")
    before, _, query = rest.partition("#")[0].partition("?")
    authority, _, path = before.partition("/")
    host, path = _host(scheme, authority), "/" + _normalized(path)
    parameters = list(parameters_of(_normalized(query)))
    schemes = schemes_of(host + path, parameters)
    # A path that ends in a slash is a folder, so the query must name the picture.
    if path[-1] != "/" and any(scheme.path_alone for scheme in schemes):
        return path
    named = [
        f"{parameter.name}={parameter.value}"
        # Programs write the same parameters in any order, and no known server gives that order a
        # meaning. Parameters of one name stay in order: the server decides which one counts.
        for parameter in sorted(parameters, key=lambda parameter: parameter.name)
        if not is_token(parameter) and not any(scheme.changes(parameter) for scheme in schemes)
    ]
    return "?".join(filter(None, [host + without_token(path), "&".join(named)]))


def _normalized(text: str) -> str:
    """Normalize the percent-encoding of a text (RFC 3986, section 6.2.2).

    Bytes beyond ASCII are escaped, as browsers send them (URL Standard, percent-encode sets).
    """
    if not text.isascii():
        text = re.sub(r"[^\x00-\x7f]+", lambda raw: quote(raw[0], errors="surrogatepass"), text)
    return (
        _TRIPLET.sub(lambda triplet: _TRIPLETS[triplet[0].upper()], text) if "%" in text else text
    )


def _triplets() -> dict[str, str]:
    # A character that is not a delimiter means the same escaped and unescaped.
    plain = re.compile(r'[A-Za-z0-9._~"<>^`{|}-]')
    triplets = {f"%{byte:02X}": chr(byte) for byte in range(256)}
    return {triplet: raw if plain.fullmatch(raw) else triplet for triplet, raw in triplets.items()}


_TRIPLETS = _triplets()


def _host(scheme: str, authority: str) -> str:
    """The host in the form in which it is compared, with a port that is not the default."""
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    port = port.lstrip("0")
    if port == _DEFAULT_PORTS.get(scheme.lower()):
        port = ""
    host = canonical_host(host)
    if ":" in host:
        host = f"[{host}]"
    return f"{host}:{port}" if port else host
