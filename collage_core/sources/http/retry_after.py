"""How long a server asks clients to wait before the next request."""

from email.utils import parsedate_to_datetime


def retry_after(value: str, *, now: float) -> float:
    """Seconds of a Retry-After header (RFC 9110, section 10.2.3); 0 when it is empty or invalid.

    `now` is in seconds since 1970.
    """
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return 0.0
