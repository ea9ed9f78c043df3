"""Why a cover was not placed: one closed list of words, from receipts up to monthly reports."""

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from collage_core.contract.fields import END


class Reason(StrEnum):
    """The fixed reasons. HTTP errors add `http_<status>`, written by `http_reason`."""

    # Rejected: the row itself cannot be used; no request is made.
    BAD_ROW = "bad_row"
    NO_CREATOR = "no_creator"
    INVALID_URL = "invalid_url"

    # Failed before the first byte of an answer.
    EXPIRED_URL = "expired_url"
    BLOCKED_ADDRESS = "blocked_address"
    DNS_FAILURE = "dns_failure"
    CONNECT_FAILURE = "connect_failure"
    TIMEOUT = "timeout"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    HOST_UNAVAILABLE = "host_unavailable"
    OUT_OF_TIME = "out_of_time"
    WORKER_DIED = "worker_died"

    # Failed on what was answered.
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TRUNCATED_IMAGE = "truncated_image"
    TOO_MANY_PIXELS = "too_many_pixels"


REJECTIONS = frozenset({Reason.BAD_ROW, Reason.NO_CREATOR, Reason.INVALID_URL})
"""Reasons that make a row `rejected`; all others make it `failed`."""

DEAD_URL = frozenset({Reason.EXPIRED_URL, "http_401", "http_403", "http_404", "http_410"})
"""Reasons that say that a URL is dead: another try does not help, a fresh URL does."""
PASSING = frozenset(
    {
        Reason.DNS_FAILURE,
        Reason.CONNECT_FAILURE,
        Reason.TIMEOUT,
        Reason.HOST_UNAVAILABLE,
        Reason.OUT_OF_TIME,
        Reason.WORKER_DIED,
        Reason.TRUNCATED_IMAGE,
    }
)
"""Reasons that may pass by themselves: the same request may succeed later. With them `http_408`,
`http_429` and `http_5xx`. A fill is about covers that failed for one of these."""

_PASSING_STATUS = re.compile("http_(408|429|5[0-9]{2})")

_HTTP_REASON = "http_[1-9][0-9]{2}"
_PATTERN = rf"^({'|'.join(Reason)}|{_HTTP_REASON}){END}"

ReasonName = Annotated[str, Meta(pattern=_PATTERN)]
"""A reason as it is written, including those that name an HTTP status."""


def http_reason(status: int) -> str:
    """The reason for an HTTP error status: 404 -> "http_404"."""
    return f"http_{status}"


def may_pass(reason: str) -> bool:
    """Whether a cover that failed for this reason may be had later from the same URL."""
    return reason in PASSING or _PASSING_STATUS.fullmatch(reason) is not None


def is_reason(text: str) -> bool:
    """Whether `text` is one of the reasons."""
    return re.search(_PATTERN, text) is not None
