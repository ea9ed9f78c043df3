"""When a signed URL expires, if it says so itself.

A moment counts only beside the signature that it belongs to: `expires` alone may mean anything.
Only `x-expires` has no other meaning, and counts alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from collage_core.covers.signing.cdns import AKAMAI_TOKENS
from collage_core.covers.signing.scheme import parameters_of

_SECONDS = re.compile(r"[0-9]{1,15}")
_BASIC_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,7})?)?Z)?"
)
_AKAMAI = re.compile(r"(?:^|~)exp=([0-9]{1,15})(?=~)")

_DATE_AND_LIFETIME = ("x-amz", "x-goog", "x-tos", "x-oss")
"""What the names begin with of `-date`, `-expires` and `-signature`: S3 with Signature Version 4,
Google, TOS and OSS. Sources: see `clouds`."""

_UNIX_TIMES = (
    ("x-expires", ()),  # TikTok
    ("x-orig-expires", ("x-orig-sign",)),  # ByteDance
    ("expires", ("signature", "key-pair-id")),  # CloudFront
    ("expires", ("signature", "awsaccesskeyid")),  # S3 with Signature Version 2
    ("expires", ("signature", "googleaccessid")),  # Google Cloud Storage, V2
    ("expires", ("signature", "keyname")),  # Google Cloud CDN
    ("expires", ("signature", "ossaccesskeyid")),  # Alibaba OSS, V1
    ("expires", ("signature", "accesskeyid")),  # Huawei OBS
    ("temp_url_expires", ("temp_url_sig",)),  # OpenStack Swift
)
"""Parameters with seconds since 1970, and those that must stand beside them."""


def has_expired(url: str, *, now: float) -> bool:
    """Whether a URL says that it expired before `now`, in seconds since 1970."""
    expires = expires_at(url)
    return expires is not None and expires < now


def expires_at(url: str) -> float | None:
    """When a URL expires by its own words, in seconds since 1970; None if it does not say.

    Of several moments, the first one counts. A value that cannot be read, or a parameter that is
    there twice with different values, says nothing. Never raises for any text.
    """
    _, _, query = url.partition("#")[0].partition("?")
    return min(_moments(_values(query)), default=None) if query else None


def _values(query: str) -> dict[str, str]:
    """The parameters by their names in lower case, without those that contradict themselves."""
    found: dict[str, set[str]] = defaultdict(set)
    for parameter in parameters_of(query):
        found[unquote(parameter.plain_name).lower()].add(unquote(parameter.value))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _moments(values: dict[str, str]) -> Iterator[float]:
    for name, beside in _UNIX_TIMES:
        value = values.get(name, "")
        if _SECONDS.fullmatch(value) and all(values.get(other) for other in beside):
            yield float(value)
    for start in _DATE_AND_LIFETIME:
        if values.get(f"{start}-signature"):
            yield from _end_of_lifetime(values, start)
    if values.get("sig"):  # Azure
        yield from _iso_moment(values.get("se", ""))
    for name in AKAMAI_TOKENS:
        token = values.get(name, "")
        if "~hmac=" in token and (expires := _AKAMAI.search(token)):
            yield float(expires[1])


def _end_of_lifetime(values: dict[str, str], start: str) -> Iterator[float]:
    date, lifetime = values.get(f"{start}-date", ""), values.get(f"{start}-expires", "")
    if not _BASIC_TIME.fullmatch(date) or not _SECONDS.fullmatch(lifetime):
        return
    try:
        begins = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        yield (begins + timedelta(seconds=int(lifetime))).timestamp()
    except (ValueError, OverflowError):  # the 31st of February, or a lifetime of millennia
        return


def _iso_moment(text: str) -> Iterator[float]:
    if not _ISO_TIME.fullmatch(text):
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    yield (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
